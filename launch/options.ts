/**
 * Reads the command's arguments by the table of its options.
 *
 * @module
 */

import { completionsFor, SHELLS } from "./completions.ts";
import { readDashboard } from "./dashboard_option.ts";
import type { DashboardAddress } from "./dashboard_option.ts";
import { INSPECT_FLAGS, readInspected } from "./deno_flags.ts";
import type { DenoFlags } from "./deno_flags.ts";
import { readVariables } from "./env_files.ts";
import { helpText, USAGE } from "./help.ts";
import { readValues } from "./option_values.ts";
import { OPTIONS } from "./option_table.ts";
import type { OptionValues } from "./option_values.ts";
import { collectPermissions, PERMISSION_FLAGS } from "./permissions.ts";
import type { Permissions } from "./permissions.ts";
import { readResume } from "./resume_options.ts";
import type { ResumeRequest } from "./resume_options.ts";
import { misplaced, splitAtProgram } from "./split_arguments.ts";
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
  if (self === undefined && args[0] === "completions") {
    return { kind: "print", text: completionsOf(args.slice(1)) };
  }
  if (self === undefined && args[0] === "resume") {
    return { kind: "resume", request: readResume(args.slice(1)) };
  }
  const split = splitAtProgram(args);
  const program = self ?? split.program;
  const rest = self === undefined || split.program === undefined
    ? split.rest
    : [split.program, ...split.rest];
  const values = readValues(split.own);
  if (values.has("help")) return { kind: "print", text: helpText() };
  if (values.has("version")) return { kind: "print", text: `scoop ${config.version}\n` };
  const hosts = hostsOf(values);
  if (!program) throw noProgram(values, hosts);
  checkCombination(values, hosts);
  return {
    kind: "run",
    options: {
      program,
      args: rest,
      workers: values.numberOf("workers"),
      hosts,
      hostfile: values.of("hostfile"),
      brokers: values.numberOf("brokers") ?? 1,
      path: values.of("path"),
      ship: values.has("ship"),
      tunnel: values.has("tunnel"),
      brokerHostname: values.of("broker-hostname"),
      sshExecutable: values.of("ssh-executable") ?? "ssh",
      scheduler: values.of("scheduler") as SchedulerChoice | undefined ?? "auto",
      requireAll: values.has("require-all"),
      dryRun: values.has("dry-run"),
      prolog: values.of("prolog"),
      env: readVariables(values.all("env")),
      nice: values.numberOf("nice"),
      maxMemory: sizeOf(values, "max-memory"),
      maxTasks: values.numberOf("max-tasks"),
      drain: values.numberOf("drain"),
      verbosity: verbosityOf(values),
      log: values.of("log"),
      logFormat: values.of("log-format") as LogFormat | undefined ?? "text",
      debug: values.has("debug"),
      config: values.of("config"),
      importMap: values.of("import-map"),
      denoExecutable: values.of("deno-executable"),
      profile: values.of("profile"),
      dashboard: dashboardOf(values),
      progress: values.has("no-progress") ? false : values.has("progress") ? true : undefined,
      resume: values.of("resume"),
      permissions: permissionsOf(values),
      denoFlags: denoFlagsOf(values, split.unstable),
      misplaced: split.marked ? [] : misplaced(rest),
    },
  };
}

function completionsOf(words: readonly string[]): string {
  const known = SHELLS.find((name) => name === words[0]);
  if (known !== undefined && words.length === 1) return completionsFor(known);
  const shells = SHELLS.join(", ");
  throw new UsageError(
    words.length === 1
      ? `there are completions for ${shells}, not for "${words[0]}"`
      : `completions takes one shell: ${shells}`,
    "a program of this name is run as ./completions",
  );
}

/** Hosts in the order they were named, with commas or blanks between. */
function hostsOf(values: OptionValues): string[] {
  return values.all("hosts").flatMap((word) => word.split(",")).filter((word) => word !== "");
}

function verbosityOf(values: OptionValues): number {
  if (values.has("quiet")) return -1;
  return values.has("debug") ? 2 : Math.min(values.count("verbose"), 2);
}

function sizeOf(values: OptionValues, name: string): number | undefined {
  const value = values.of(name);
  return value === undefined ? undefined : readSize(value);
}

function dashboardOf(values: OptionValues): DashboardAddress | undefined {
  const where = values.of("dashboard");
  return where === undefined ? undefined : readDashboard(where);
}

/** What looks like a program. */
const PROGRAM = /[./\\][cm]?[jt]sx?$/;

function noProgram(values: OptionValues, hosts: readonly string[]): UsageError {
  const last = hosts.at(-1);
  if (last !== undefined && PROGRAM.test(last)) {
    return new UsageError(
      `no program given: --hosts takes every word up to the next option, ${last} as well`,
      `put -- before the program: scoop --hosts ${hosts.slice(0, -1).join(" ")} -- ${last}`,
    );
  }
  for (const { long } of OPTIONS) {
    const value = values.of(long);
    if (value !== undefined && PROGRAM.test(value)) {
      return new UsageError(`no program given: ${value} was taken for the value of --${long}`);
    }
  }
  return new UsageError("no program given", `usage: scoop ${USAGE}`);
}

/** Options that contradict each other. */
function checkCombination(values: OptionValues, hosts: readonly string[]): void {
  const exclude = (one: string, other: string) => {
    throw new UsageError(`--${one} and --${other} exclude each other`);
  };
  const both = (one: string, other: string) => {
    if (values.has(one) && values.has(other)) exclude(one, other);
  };
  both("quiet", "debug");
  both("quiet", "verbose");
  const named = hosts.length > 0 ? "hosts" : values.has("hostfile") ? "hostfile" : undefined;
  if (named === "hosts" && values.has("hostfile")) exclude("hosts", "hostfile");
  const scheduler = values.of("scheduler");
  if (named && scheduler && !/^(auto|none)$/.test(scheduler)) exclude(named, "scheduler");
  if (values.has("log-format") && !values.has("log")) {
    throw new UsageError("--log-format is of the file of --log: name that as well");
  }
  both("ship", "path");
  both("progress", "no-progress");
  both("check", "no-check");
}

function permissionsOf(values: OptionValues): Permissions {
  const given = PERMISSION_FLAGS.flatMap(({ name }) =>
    values.all(name).map((text) => [name, text] as const)
  );
  try {
    return collectPermissions(given);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function denoFlagsOf(values: OptionValues, unstable: readonly string[]): DenoFlags {
  const heap = sizeOf(values, "heap");
  const check = values.of("check");
  // To check nothing is what happens anyway; to leave out what is remote is to check the rest.
  const local = values.of("no-check") === "remote";
  return {
    envFiles: values.all("env-file").map((file) => file || ".env"),
    v8Flags: values.all("v8-flags"),
    ...(heap === undefined ? {} : { heap }),
    unstable: [...new Set(unstable)],
    check: check === "all" ? "all" : check !== undefined || local ? "own" : undefined,
    frozen: values.has("frozen") ? values.of("frozen") !== "false" : undefined,
    cachedOnly: values.has("cached-only"),
    inspect: INSPECT_FLAGS.flatMap((flag) =>
      values.all(flag).map((text) => readInspected(flag, text)!)
    ),
  };
}
