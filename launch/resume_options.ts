/**
 * Which file a program's results are kept in, and what `scoop resume` is asked to do with one.
 *
 * @module
 */

import { resolve } from "node:path";
import { readVariable } from "../wire/variables.ts";
import { UsageError } from "./usage_error.ts";

/** What `scoop resume` is asked to do. */
export interface ResumeRequest {
  readonly file: string;
  readonly action: "list" | "forget";
  /** Of the results to be forgotten; undefined for all. */
  readonly key: string | undefined;
}

const RESUME_USAGE = "usage: scoop resume FILE --list, or scoop resume FILE --forget [KEY]";

/**
 * Reads the arguments after `scoop resume`.
 *
 * @throws {UsageError} when they make no sense
 */
export function readResume(args: readonly string[]): ResumeRequest {
  const [file, action, key, ...more] = args;
  const known = action === "--list" ? key === undefined : action === "--forget";
  if (!file || file.startsWith("-") || !known || key === "" || more.length > 0) {
    throw new UsageError(
      "scoop resume takes a file of results, and what to do with it",
      `${RESUME_USAGE}\na program of this name is run as ./resume`,
    );
  }
  return { file, action: action === "--list" ? "list" : "forget", key };
}

/**
 * The absolute path of the file that the options name, or the variable SCOOP_RESUME if they name
 * none; undefined when nothing is kept.
 */
export function resultPath(named: string | undefined): string | undefined {
  const name = named ?? readVariable("SCOOP_RESUME");
  return name ? resolve(name) : undefined;
}

/** The value of --resume among an Executor's flags, as a path. */
export function resumeFlag(flags: readonly string[]): string | undefined {
  const at = flags.findLastIndex((flag) => /^--resume(=|$)/.test(flag));
  if (at < 0) return undefined;
  const value = flags[at] === "--resume" ? flags[at + 1] : flags[at]!.slice("--resume=".length);
  // What is wrong with the flags is told by whoever reads them all.
  return value ? resolve(value) : undefined;
}
