/**
 * Divides the command's arguments: which are its own, which name the program, which are the
 * program's.
 *
 * @module
 */

import { unstableFeature } from "./deno_flags.ts";
import { OPTIONS, valueForm } from "./option_table.ts";
import type { OptionRow } from "./option_table.ts";
import { UsageError } from "./usage_error.ts";

/** What a second line of an error says when an option is unknown. */
export const TRY_HELP = "try: scoop --help";

/** The arguments, divided. */
export interface SplitArguments {
  /** Our own, spelled out: long options, each in the one form that parseArgs reads as Deno does. */
  readonly own: readonly string[];
  /** What Deno calls unstable, by name. */
  readonly unstable: readonly string[];
  /** The program, if one was named. */
  readonly program: string | undefined;
  /** What belongs to the program, untouched. */
  readonly rest: readonly string[];
  /** Whether `--` has said where our own end. */
  readonly marked: boolean;
}

/**
 * Separates our own arguments from the program's. Only ours may reach Node's parseArgs, which would
 * look at what follows the program's name too, and would take the word after `--allow-read` for its
 * value, which Deno does not.
 *
 * @throws {UsageError} when one of ours makes no sense
 */
export function splitAtProgram(args: readonly string[]): SplitArguments {
  const own: string[] = [];
  const unstable: string[] = [];
  let marked = false;
  let i = 0;
  for (; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--") {
      marked = true;
      i++;
      break;
    }
    if (!arg.startsWith("-") || arg === "-") break;
    const feature = unstableFeature(arg);
    if (feature !== undefined) {
      unstable.push(feature);
      continue;
    }
    const words = arg.startsWith("--") ? [spellOut(arg)] : letters(arg);
    const last = words.at(-1)!;
    if (rowOf(last)?.several && !last.includes("=")) {
      while (i + 1 < args.length && !args[i + 1]!.startsWith("-")) words.push(last, args[++i]!);
      if (words.length === 1) throw new UsageError(`${last} needs a value: ${last} <host>...`);
      own.push(...words.slice(1));
      continue;
    }
    own.push(...words);
    if (!takesNextWord(last) || i + 1 >= args.length) continue;
    if (isForgotten(last, args[i + 1]!)) throw withoutValue(rowOf(last)!, last);
    own.push(args[++i]!);
  }
  return { own, unstable, program: args[i], rest: args.slice(i + 1), marked };
}

/** The same option in the one form that parseArgs reads as Deno does. */
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
export function rowOf(arg: string): OptionRow | undefined {
  const name = arg.slice(2).split("=")[0];
  return OPTIONS.find((row) => row.long === name || row.alias === name);
}

/** What is wrong when an option has no value. */
export function withoutValue({ short, value }: OptionRow, given: string): UsageError {
  const name = short ? `-${short}` : given;
  return new UsageError(`${name} needs a value: ${name} ${valueForm(value!)}`);
}

/** Whether a value is missing: an option of ours stands where a file's name should. */
function isForgotten(arg: string, next: string): boolean {
  const { kind } = rowOf(arg)!;
  if (kind !== "file" && kind !== "folder") return false;
  return next.startsWith("--") ? rowOf(next) !== undefined : spelled(next).length > 0;
}

function takesNextWord(arg: string): boolean {
  const row = rowOf(arg);
  return row?.value !== undefined && !row.optional && !arg.includes("=");
}

function noPermissionSets(name: string): UsageError {
  return new UsageError(`${name} is not supported: give --allow-… flags instead`);
}

/**
 * Flags of ours among the program's arguments: whoever wrote them may have meant the command. What
 * comes after `--` was put there on purpose, and every program may have a --help and a --version.
 *
 * @param args what belongs to the program
 * @returns as they were written, without their values; each once
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { misplaced } from "./split_arguments.ts";
 * assert.deepEqual(misplaced(["-n", "4", "--nonsense", "--allow-net=a", "--", "-v"]), [
 *   "-n",
 *   "--allow-net",
 * ]);
 * ```
 */
export function misplaced(args: readonly string[]): string[] {
  const end = args.indexOf("--");
  const found = args.slice(0, end < 0 ? args.length : end).filter((arg, i) =>
    isOurs(arg, args[i + 1])
  ).map((arg) => arg.startsWith("--") ? arg.split("=")[0]! : arg.replace(/(=|\d).*/, ""));
  return [...new Set(found)];
}

/** Whether a word would have been one of our flags, and its value one that we take. */
function isOurs(arg: string, next: string | undefined): boolean {
  if (unstableFeature(arg) !== undefined) return true;
  const words = /^--[a-z]/.test(arg) ? [arg] : spelled(arg);
  const following = next?.startsWith("-") ? undefined : next;
  return words.length > 0 && words.every((word) => {
    const row = rowOf(word);
    if (row === undefined || /^(help|version)$/.test(row.long)) return false;
    const given = word.includes("=");
    if (row.value === undefined) return !given;
    const value = given ? word.slice(word.indexOf("=") + 1) : row.optional ? undefined : following;
    // A word of several letters, "-path", is more likely one of the program's own.
    if (!arg.startsWith("--") && given && value && !/^-\w+(=|\d)/.test(arg)) return false;
    if (value === undefined) return row.optional === true;
    return value === "" ? row.optional === true : row.check?.(value) === undefined;
  });
}

/** The long options that a word of short ones stands for; none if it is no such word. */
function spelled(arg: string): string[] {
  if (!/^-[A-Za-z]/.test(arg)) return [];
  try {
    return letters(arg);
  } catch {
    return [];
  }
}
