/**
 * Reads the command's arguments by the table of its options.
 *
 * @module
 */

import { Command, CommanderError, InvalidArgumentError, Option } from "npm:commander@^15.0.0";
import { completionsFor, SHELLS } from "./completions.ts";
import { readDashboard } from "./dashboard_option.ts";
import type { DashboardAddress } from "./dashboard_option.ts";
import { INSPECT_FLAGS, readInspected } from "./deno_flags.ts";
import type { DenoFlags } from "./deno_flags.ts";
import { readVariables } from "./env_files.ts";
import { OPTIONS } from "./option_table.ts";
import type { OptionRow } from "./option_table.ts";
import { collectPermissions, PERMISSION_FLAGS } from "./permissions.ts";
import type { Permissions } from "./permissions.ts";
import { readResume } from "./resume_options.ts";
import type { ResumeRequest } from "./resume_options.ts";
import { misplaced, rowOf, splitAtProgram, TRY_HELP } from "./split_arguments.ts";
import { UsageError } from "./usage_error.ts";
import type { LogFormat } from "../telemetry/log_entry.ts";
import { readSize } from "../wire/sizes.ts";
import config from "../deno.json" with { type: "json" };

/** What the user asked for, checked and with its defaults. */
export interface RunOptions {
  /** The program as the user named it. */
  readonly program: string;
  /** What belongs to the program, untouched. */
  readonly args: readonly string[];
  /** Number of workers, the origin among them; undefined for what the hosts suggest. */
  readonly workers: number | undefined;
  /** As the user named them; empty when none were. */
  readonly hosts: readonly string[];
  readonly hostfile: string | undefined;
  readonly brokers: number;
  /** The program's folder on other hosts. */
  readonly path: string | undefined;
  readonly ship: boolean;
  readonly tunnel: boolean;
  readonly brokerHostname: string | undefined;
  readonly sshExecutable: string;
  readonly scheduler: SchedulerChoice;
  readonly requireAll: boolean;
  readonly dryRun: boolean;
  readonly prolog: string | undefined;
  /** Variables for the origin and all workers. */
  readonly env: Readonly<Record<string, string>>;
  /** -20 (first in line) to 19 (last). */
  readonly nice: number | undefined;
  /** Bytes that a worker may use; undefined for as many as it likes. */
  readonly maxMemory: number | undefined;
  /** Tasks that a worker may run before it is replaced; undefined for any number. */
  readonly maxTasks: number | undefined;
  /** Seconds before the end of a scheduler's job from which on no tasks are begun. */
  readonly drain: number | undefined;
  /** -1 quiet, 0 as usual, 1 or 2. */
  readonly verbosity: number;
  /** The file that takes all output. */
  readonly log: string | undefined;
  readonly logFormat: LogFormat;
  readonly debug: boolean;
  readonly config: string | undefined;
  readonly importMap: string | undefined;
  /** Undefined for the one that runs this command. */
  readonly denoExecutable: string | undefined;
  /** The folder for processor profiles. */
  readonly profile: string | undefined;
  /** Where the page that shows the run is served; undefined for nowhere. */
  readonly dashboard: DashboardAddress | undefined;
  /** Whether to tell how far the run has come; undefined to decide by what stderr is. */
  readonly progress: boolean | undefined;
  /** The file in which results are kept, as the user named it or as an absolute path. */
  readonly resume: string | undefined;
  readonly permissions: Permissions;
  /** Deno's other flags, for the origin and the workers. */
  readonly denoFlags: DenoFlags;
  /** Flags of ours that are among the program's arguments, perhaps by mistake. */
  readonly misplaced: readonly string[];
}

/** Whose allocation of hosts to use. */
export type SchedulerChoice = "auto" | "none" | "slurm" | "sge" | "pbs" | "lsf";

/** What the arguments ask the command to do. */
export type Request =
  | { readonly kind: "run"; readonly options: RunOptions }
  | { readonly kind: "print"; readonly text: string }
  | { readonly kind: "resume"; readonly request: ResumeRequest };

const HELP_END = `
Everything after the program's name belongs to the program. All of deno run's
--deny-…, --ignore-… and --unstable-… flags are taken as well. "scoop
completions <shell>" prints completions for bash, zsh or fish; "scoop resume
FILE --list" shows what a file of --resume holds, "scoop resume FILE --forget
[KEY]" removes it.
`;
const USAGE = "[options] <program> [arguments...]";

/**
 * Reads the command's arguments.
 *
 * @param self the program, if that is no argument: all that follows the options belongs to it
 * @throws {UsageError} when they make no sense
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseArguments } from "./options.ts";
 * const request = parseArguments(["-n", "4", "-R=data", "prog.ts", "--help"]);
 * assert(request.kind === "run");
 * assert.equal(request.options.workers, 4);
 * assert.deepEqual(request.options.args, ["--help"]);
 * ```
 */
export function parseArguments(args: readonly string[], self?: string): Request {
  if (self === undefined && args[0] === "completions" && args.length === 2) {
    return { kind: "print", text: completionsOf(args[1]!) };
  }
  if (self === undefined && args[0] === "resume") {
    return { kind: "resume", request: readResume(args.slice(1)) };
  }
  const split = splitAtProgram(args);
  const { own } = split;
  const program = self ?? split.program;
  const rest = self === undefined || split.program === undefined
    ? split.rest
    : [split.program, ...split.rest];
  const command = createCommand();
  try {
    command.parse(own, { from: "user" });
  } catch (error) {
    throw error instanceof CommanderError ? explain(error) : error;
  }
  const values = command.opts();
  if (values.help) return { kind: "print", text: command.helpInformation() + HELP_END };
  if (values.version) return { kind: "print", text: `scoop ${config.version}\n` };
  const hosts = hostsOf(values);
  if (!program) throw noProgram(hosts);
  checkCombination(values, hosts);
  const verbose = Number(values.verbose ?? 0);
  return {
    kind: "run",
    options: {
      program,
      args: rest,
      workers: values.workers === undefined ? undefined : Number(values.workers),
      hosts,
      hostfile: values.hostfile,
      brokers: Number(values.brokers ?? 1),
      path: values.path,
      ship: Boolean(values.ship),
      tunnel: Boolean(values.tunnel),
      brokerHostname: values.brokerHostname ?? values.externalHostname,
      sshExecutable: values.sshExecutable ?? "ssh",
      scheduler: values.scheduler ?? "auto",
      requireAll: Boolean(values.requireAll),
      dryRun: Boolean(values.dryRun),
      prolog: values.prolog,
      env: readVariables(values.env ?? []),
      nice: values.nice === undefined ? undefined : Number(values.nice),
      maxMemory: values.maxMemory && readSize(values.maxMemory),
      maxTasks: values.maxTasks && Number(values.maxTasks),
      drain: values.drain && Number(values.drain),
      verbosity: values.quiet ? -1 : values.debug ? 2 : Math.min(verbose, 2),
      log: values.log,
      logFormat: values.logFormat ?? "text",
      debug: Boolean(values.debug),
      config: values.config,
      importMap: values.importMap,
      denoExecutable: values.denoExecutable,
      profile: values.profile,
      dashboard: values.dashboard && readDashboard(values.dashboard[0]),
      progress: values.noProgress ? false : values.progress ? true : undefined,
      resume: values.resume,
      permissions: permissionsOf(values),
      denoFlags: denoFlagsOf(values, split.unstable),
      misplaced: split.marked ? [] : misplaced(rest),
    },
  };
}

function completionsOf(shell: string): string {
  const known = SHELLS.find((name) => name === shell);
  if (known !== undefined) return completionsFor(known);
  throw new UsageError(
    `there are completions for ${SHELLS.join(", ")}, not for "${shell}"`,
    "a program of this name is run as ./completions",
  );
}

/** Hosts in the order they were named, whether by --hosts or by --host, commas or blanks between. */
function hostsOf(values: Record<string, unknown>): string[] {
  const words = [...(values.hosts ?? []) as string[], ...(values.host ?? []) as string[]];
  return words.flatMap((word) => word.split(",")).filter((word) => word !== "");
}

function noProgram(hosts: readonly string[]): UsageError {
  const last = hosts.at(-1);
  if (last === undefined || !/[./\\]([cm]?[jt]sx?)$/.test(last)) {
    return new UsageError("no program given", `usage: scoop ${USAGE}`);
  }
  return new UsageError(
    `no program given: --hosts takes every word up to the next option, ${last} as well`,
    `put -- before the program: scoop --hosts ${hosts.slice(0, -1).join(" ")} -- ${last}`,
  );
}

/** Options that contradict each other. */
function checkCombination(values: Record<string, unknown>, hosts: readonly string[]): void {
  const exclude = (one: string, other: string) => {
    throw new UsageError(`--${one} and --${other} exclude each other`);
  };
  if (values.quiet && values.debug) exclude("quiet", "debug");
  if (values.quiet && values.verbose) exclude("quiet", "verbose");
  if (hosts.length > 0 && values.hostfile) exclude("hosts", "hostfile");
  const named = hosts.length > 0 ? "hosts" : values.hostfile ? "hostfile" : undefined;
  const scheduler = values.scheduler as string | undefined;
  if (named && scheduler && !/^(auto|none)$/.test(scheduler)) exclude(named, "scheduler");
  if (values.logFormat && !values.log) {
    throw new UsageError("--log-format is of the file of --log: name that as well");
  }
  if (values.ship && values.path) exclude("ship", "path");
  if (values.progress && values.noProgress) exclude("progress", "no-progress");
  if (values.check !== undefined && values.noCheck !== undefined) exclude("check", "no-check");
}

function createCommand(): Command {
  const command = new Command("scoop")
    .usage(USAGE)
    .description("Runs a program that uses SCOOP's futures on many processes.")
    .helpOption(false)
    .exitOverride()
    .configureOutput({ writeOut: () => {}, writeErr: () => {} })
    .configureHelp({
      optionTerm: ({ flags }) =>
        flags.replace(/ \[(.*)\]$/, "[=<$1>]").replace(/ <(.*)\.\.\.>$/, " <$1>..."),
    });
  for (const row of OPTIONS) {
    for (const long of [row.long, ...(row.alias ? [row.alias] : [])]) {
      command.addOption(optionOf(row, long));
    }
  }
  return command;
}

function optionOf(row: OptionRow, long: string): Option {
  const isAlias = long !== row.long;
  const names = row.short && !isAlias ? `-${row.short}, --${long}` : `--${long}`;
  const value = row.value === undefined ? "" : row.optional ? ` [${row.value}]` : ` <${row.value}>`;
  const option = new Option(names + value, row.text);
  if (row.hidden || isAlias) option.hideHelp();
  if (row.permission) option.helpGroup("Permissions (Deno's own, for the origin and the workers):");
  if (row.deno) option.helpGroup("Other flags of Deno's, for the origin and the workers:");
  // A name that begins with "no-" means the opposite of another option to commander.
  if (long.startsWith("no-")) option.negate = false;
  if (row.value === undefined) {
    return row.long === "verbose" ? option.argParser(count) : option;
  }
  if (row.permission) return option.argParser(collect);
  if (row.optional) {
    return option.argParser((text, before?: string[]) =>
      collect(text === "" ? "" : valueOf(row, text), row.repeated ? before : undefined)
    );
  }
  return row.several || row.repeated
    ? option.argParser((text, before?: string[]) => collect(valueOf(row, text), before))
    : option.argParser((text) => valueOf(row, text));
}

const count = (_text: string, before: number | undefined) => (before ?? 0) + 1;
const collect = (text: string, before: string[] | undefined) => [...(before ?? []), text];

function valueOf(row: OptionRow, text: string): string {
  const name = row.short ? `-${row.short}` : `--${row.long}`;
  if (text === "") throw new InvalidArgumentError(`${name} has an empty value`);
  const expected = row.check?.(text);
  if (expected) throw new InvalidArgumentError(`${name} must be ${expected}, not "${text}"`);
  return text;
}

function permissionsOf(values: Record<string, unknown>): Permissions {
  const given: [string, string][] = [];
  for (const { name } of PERMISSION_FLAGS) {
    const value = values[new Option(`--${name}`).attributeName()];
    for (const text of Array.isArray(value) ? value : value ? [""] : []) given.push([name, text]);
  }
  try {
    return collectPermissions(given);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** Values of options that may have none are lists, in which "" stands for the option alone. */
function denoFlagsOf(
  values: Record<string, string[] | undefined> & { heap?: string },
  unstable: readonly string[],
): DenoFlags {
  const { envFile = [], v8Flags = [], check, noCheck, cachedOnly, heap } = values;
  const frozen = values.frozen ?? values.frozenLockfile;
  const checked = check ? (check[0] === "all" ? "all" : "own") : noCheck?.[0] ? "own" : undefined;
  return {
    envFiles: envFile.map((file) => file || ".env"),
    v8Flags,
    ...(heap === undefined ? {} : { heap: readSize(heap)! }),
    unstable: [...new Set(unstable)],
    check: checked,
    frozen: frozen && frozen[0] !== "false",
    cachedOnly: Boolean(cachedOnly),
    inspect: INSPECT_FLAGS.flatMap((flag) => {
      const given = values[new Option(`--${flag}`).attributeName()] ?? [];
      return given.map((text) => readInspected(flag, text)!);
    }),
  };
}

/** What commander found wrong, in our words. */
function explain(error: CommanderError): UsageError {
  const named = /option '(.*)'/s.exec(error.message)?.[1] ?? "";
  switch (error.code) {
    case "commander.unknownOption": {
      const name = named.split("=")[0]!;
      if (name !== named && rowOf(name)) return new UsageError(`${name} takes no value`);
      const meant = /Did you mean (?:one of )?(.*)\?/.exec(error.message)?.[1]?.split(", ") ?? [];
      const names = meant.map((each) => `"${each}"`).join(" or ");
      const question = names && ` (did you mean ${names}?)`;
      return new UsageError(`unknown option "${name}"${question}`, TRY_HELP);
    }
    case "commander.optionMissingArgument": {
      const name = named.split(/,? /)[0];
      return new UsageError(`${name} needs a value: ${name} ${named.split(" ").at(-1)}`);
    }
    case "commander.invalidArgument":
      return new UsageError(error.message.replace(/^.*? is invalid\. /s, ""));
    default:
      return new UsageError(error.message.replace(/^error: /, ""), TRY_HELP);
  }
}
