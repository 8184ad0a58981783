/**
 * Reads the command's arguments by the table of its options.
 *
 * @module
 */

import { Command, CommanderError, InvalidArgumentError, Option } from "npm:commander@^15.0.0";
import { completionsFor, SHELLS } from "./completions.ts";
import { OPTIONS } from "./option_table.ts";
import type { OptionRow } from "./option_table.ts";
import { collectPermissions, PERMISSION_FLAGS } from "./permissions.ts";
import type { Permissions } from "./permissions.ts";
import { UsageError } from "./usage_error.ts";
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
  /** -20 (first in line) to 19 (last). */
  readonly nice: number | undefined;
  /** -1 quiet, 0 as usual, 1 or 2. */
  readonly verbosity: number;
  /** The file that takes all output. */
  readonly log: string | undefined;
  readonly debug: boolean;
  readonly config: string | undefined;
  readonly importMap: string | undefined;
  /** Undefined for the one that runs this command. */
  readonly denoExecutable: string | undefined;
  /** The folder for processor profiles. */
  readonly profile: string | undefined;
  readonly permissions: Permissions;
}

/** Whose allocation of hosts to use. */
export type SchedulerChoice = "auto" | "none" | "slurm" | "sge" | "pbs";

/** What the arguments ask the command to do. */
export type Request =
  | { readonly kind: "run"; readonly options: RunOptions }
  | { readonly kind: "print"; readonly text: string };

const TRY_HELP = "try: scoop --help";
const HELP_END = `
Everything after the program's name belongs to the program. All of deno run's
--deny-… and --ignore-… flags are taken as well. "scoop completions <shell>"
prints completions for bash, zsh or fish.
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
      nice: values.nice === undefined ? undefined : Number(values.nice),
      verbosity: values.quiet ? -1 : values.debug ? 2 : Math.min(verbose, 2),
      log: values.log,
      debug: Boolean(values.debug),
      config: values.config,
      importMap: values.importMap,
      denoExecutable: values.denoExecutable,
      profile: values.profile,
      permissions: permissionsOf(values),
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
  if (values.ship && values.path) exclude("ship", "path");
}

/**
 * Separates our own arguments from the program's. Only ours may reach commander, which would look
 * at what follows the program's name too, and would take the word after `--allow-read` for its
 * value, which Deno does not.
 */
function splitAtProgram(args: readonly string[]) {
  const own: string[] = [];
  let i = 0;
  for (; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--") {
      i++;
      break;
    }
    if (!arg.startsWith("-") || arg === "-") break;
    const words = arg.startsWith("--") ? [spellOut(arg)] : letters(arg);
    const last = words.at(-1)!;
    if (rowOf(last)?.several && !last.includes("=")) {
      while (i + 1 < args.length && !args[i + 1]!.startsWith("-")) words.push(last, args[++i]!);
      if (words.length === 1) throw new UsageError(`${last} needs a value: ${last} <host>...`);
      own.push(...words.slice(1));
      continue;
    }
    own.push(...words);
    if (takesNextWord(last) && i + 1 < args.length) own.push(args[++i]!);
  }
  return { own, program: args[i], rest: args.slice(i + 1) };
}

/** The same option in the one form that commander reads as Deno does. */
function spellOut(arg: string): string {
  if (/^--permission-set\b/.test(arg)) throw noPermissionSets("--permission-set");
  const row = rowOf(arg);
  if (!row?.optional) return arg;
  // To Deno the bare flag means everything; an empty list, as from `=$UNSET`, must not.
  if (arg.endsWith("=")) throw new UsageError(`--${row.long} has an empty value`);
  return arg.includes("=") ? arg : `${arg}=`;
}

/** Short options, of which one word may hold several, as long ones: `-vRn4`, `-R=data`. */
function letters(arg: string): string[] {
  const words: string[] = [];
  for (let i = 1; i < arg.length; i++) {
    const letter = arg[i]!;
    if (letter === "P") throw noPermissionSets("-P");
    const row = OPTIONS.find((row) => row.short === letter);
    if (!row) throw new UsageError(`unknown option "-${letter}"`, TRY_HELP);
    const rest = arg.slice(i + 1);
    if (rest.startsWith("=")) return [...words, spellOut(`--${row.long}${rest}`)];
    if (row.value !== undefined && !row.optional) {
      return [...words, `--${row.long}${rest ? `=${rest}` : ""}`];
    }
    words.push(spellOut(`--${row.long}`));
  }
  return words;
}

/** The option that an argument such as `--log` or `--log=file` names. */
function rowOf(arg: string): OptionRow | undefined {
  const name = arg.slice(2).split("=")[0];
  return OPTIONS.find((row) => row.long === name || row.alias === name);
}

function takesNextWord(arg: string): boolean {
  const row = rowOf(arg);
  return row?.value !== undefined && !row.optional && !arg.includes("=");
}

function noPermissionSets(name: string): UsageError {
  return new UsageError(`${name} is not supported: give --allow-… flags instead`);
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
  // A name that begins with "no-" means the opposite of another option to commander.
  if (long.startsWith("no-")) option.negate = false;
  if (row.value === undefined) {
    return row.long === "verbose" ? option.argParser(count) : option;
  }
  if (row.permission) return option.argParser(collect);
  return row.several
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
