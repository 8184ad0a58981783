/**
 * How a compiled program or command starts itself again.
 *
 * @module
 */

import { readVariable } from "../wire/variables.ts";

const SELF = "SCOOP_SELF";

/**
 * Whether this process can be started again as itself: it is compiled, or the environment variable
 * SCOOP_SELF says how.
 */
export function isSelfMade(): boolean {
  return Deno.build.standalone || readVariable(SELF) !== undefined;
}

/** The words that start it: of SCOOP_SELF, a JSON array, else this executable alone. */
export function selfCommand(): string[] {
  const words = readVariable(SELF);
  return words === undefined ? [Deno.execPath()] : JSON.parse(words);
}
