/**
 * Flags of the command, as an Executor takes them.
 *
 * @module
 */

import { wrongArgument } from "../wire/user_stack.ts";

/** What an Executor is told that the command would be told by flags. */
interface Flags {
  readonly flags?: readonly string[];
  readonly dashboard?: boolean | number | string;
}

/**
 * The flags.
 *
 * @throws {TypeError} when they are no array of texts
 */
export function flagsOf({ flags = [], dashboard = false }: Flags): readonly string[] {
  if (!Array.isArray(flags) || !flags.every((flag) => typeof flag === "string")) {
    throw wrongArgument('flags must be an array of texts, such as ["--max-tasks", "100"]');
  }
  if (dashboard === false) return flags;
  return [...flags, dashboard === true ? "--dashboard" : `--dashboard=${dashboard}`];
}
