/**
 * The command's options: one table, from which --help and the parsing come.
 *
 * @module
 */

import { Command, CommanderError, InvalidArgumentError, Option } from "npm:commander@^15.0.0";
import { collectPermissions, PERMISSION_FLAGS } from "./permissions.ts";
import type { Permissions } from "./permissions.ts";
import config from "../deno.json" with { type: "json" };

/** One option of the command. */
export interface OptionRow {
  /** The long form without dashes. */
  readonly long: string;
  /** The letter of the short form. */
  readonly short?: string;
  /** Another long form, kept for those who know it. */
  readonly alias?: string;
  /** What the value is called; absent when the option takes none. */
  readonly value?: string;
  /** What kind of thing the value is, for completions. */
  readonly kind?: "number" | "file" | "host" | "list";
  /** True when the value may be left out; it is then always joined on with "=". */
  readonly optional?: boolean;
  /** What it does, for --help. */
  readonly text: string;
  /** True when --help leaves it out. */
  readonly hidden?: boolean;
  /** True for Deno's own permission flags. */
  readonly permission?: boolean;
  /** Says what is wrong with a value, as the end of a sentence: "must be …". */
  check?(value: string): string | undefined;
}

/** Every option, in the order --help shows them. */
export const OPTIONS: readonly OptionRow[] = [
  {
    long: "workers",
    short: "n",
    value: "N",
    kind: "number",
    text: "number of workers, the origin among them (default: one per processor)",
    check: (value) => wholeNumber(value, 1, Infinity) ? undefined : "a whole number, 1 or more",
  },
  {
    long: "nice",
    value: "N",
    kind: "number",
    text: "niceness to run the program with, -20 to 19",
    check: (value) => wholeNumber(value, -20, 19) ? undefined : "a whole number from -20 to 19",
  },
  {
    long: "verbose",
    short: "v",
    text: "say what happens, and which process each line is from; -vv says more",
  },
  { long: "quiet", short: "q", text: "print what the program prints and nothing else" },
  {
    long: "log",
    value: "file",
    kind: "file",
    text: "write all output to this file instead; it is replaced",
  },
  { long: "debug", text: "-vv, and the whole stack of errors" },
  {
    long: "config",
    value: "file",
    kind: "file",
    text: "the program's deno.json (default: the nearest one above it)",
  },
  { long: "import-map", value: "file", kind: "file", text: "the program's import map" },
  {
    long: "deno-executable",
    value: "file",
    kind: "file",
    text: "the Deno to run the program with (default: the one that runs this command)",
  },
  {
    long: "broker-hostname",
    alias: "external-hostname",
    value: "name",
    kind: "host",
    text: "the name or address under which other hosts reach this one",
  },
  { long: "help", short: "h", text: "print this and exit" },
  { long: "version", text: "print the version and exit" },
  { long: "no-prompt", text: "as in deno run; always on", hidden: true, permission: true },
  ...PERMISSION_FLAGS.map(({ name, short, values, text }): OptionRow => ({
    long: name,
    text,
    permission: true,
    hidden: !name.startsWith("allow"),
    ...(short ? { short } : {}),
    ...(values ? { value: values, kind: "list" as const, optional: true } : {}),
  })),
];

/** What the user asked for, checked and with its defaults. */
export interface RunOptions {
  /** The program as the user named it. */
  readonly program: string;
  /** What belongs to the program, untouched. */
  readonly args: readonly string[];
  /** Number of workers, the origin among them. */
  readonly workers: number;
  /** -20 (first in line) to 19 (last). */
  readonly nice: number | undefined;
  /** -1 quiet, 0 as usual, 1 or 2. */
  readonly verbosity: number;
  /** The file that takes all output. */
  readonly log: string | undefined;
  readonly debug: boolean;
  readonly config: string | undefined;
  readonly importMap: string | undefined;
  readonly denoExecutable: string;
  readonly brokerHostname: string | undefined;
  readonly permissions: Permissions;
}

/** What the arguments ask the command to do. */
export type Request =
  | { readonly kind: "run"; readonly options: RunOptions }
  | { readonly kind: "print"; readonly text: string };

/** The user's input cannot be worked with; the message says why in one line. */
export class UsageError extends Error {
  override name = "UsageError";
  /** A second line that says where to look, or nothing. */
  readonly hint: string;

  constructor(message: string, hint = "") {
    super(message);
    this.hint = hint;
  }
}

const TRY_HELP = "try: scoop --help";
const HELP_END = `
Everything after the program's name belongs to the program. All of deno run's
--deny-… and --ignore-… flags are taken as well.
`;
const USAGE = "[options] <program> [arguments...]";

/**
 * Reads the command's arguments.
 *
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
export function parseArguments(args: readonly string[]): Request {
  const { own, program, rest } = splitAtProgram(args);
  const command = createCommand();
  try {
    command.parse(own, { from: "user" });
  } catch (error) {
    throw error instanceof CommanderError ? explain(error) : error;
  }
  const values = command.opts();
  if (values.help) return { kind: "print", text: command.helpInformation() + HELP_END };
  if (values.version) return { kind: "print", text: `scoop ${config.version}\n` };
  if (!program) throw new UsageError("no program given", `usage: scoop ${USAGE}`);
  const verbose = Number(values.verbose ?? 0);
  if (values.quiet && (verbose > 0 || values.debug)) {
    throw new UsageError(`--quiet and --${values.debug ? "debug" : "verbose"} exclude each other`);
  }
  return {
    kind: "run",
    options: {
      program,
      args: rest,
      workers: Number(values.workers ?? navigator.hardwareConcurrency),
      nice: values.nice === undefined ? undefined : Number(values.nice),
      verbosity: values.quiet ? -1 : values.debug ? 2 : Math.min(verbose, 2),
      log: values.log,
      debug: Boolean(values.debug),
      config: values.config,
      importMap: values.importMap,
      denoExecutable: values.denoExecutable ?? (Deno.build.standalone ? "deno" : Deno.execPath()),
      brokerHostname: values.brokerHostname ?? values.externalHostname,
      permissions: permissionsOf(values),
    },
  };
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
    own.push(...words);
    const last = words.at(-1)!;
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
      optionTerm: (option) => option.flags.replace(/ \[(.*)\]$/, "[=<$1>]"),
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
  return row.permission
    ? option.argParser(collect)
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
      const meant = /Did you mean (?:one of )?(\S+?)[,?]/.exec(error.message)?.[1];
      const question = meant ? ` (did you mean "${meant}"?)` : "";
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

function wholeNumber(text: string, least: number, most: number): boolean {
  return /^-?\d+$/.test(text) && Number(text) >= least && Number(text) <= most &&
    Number.isSafeInteger(Number(text));
}
