/**
 * How a compiled program or command starts itself again.
 *
 * @module
 */

/**
 * Whether this process can be started again as itself: it is compiled, or the environment variable
 * SCOOP_SELF says how.
 */
export function isSelfMade(): boolean {
  return Deno.build.standalone || Deno.env.get("SCOOP_SELF") !== undefined;
}

/** The words that start it: of SCOOP_SELF, a JSON array, else this executable alone. */
export function selfCommand(): string[] {
  const words = Deno.env.get("SCOOP_SELF");
  return words === undefined ? [Deno.execPath()] : JSON.parse(words);
}
