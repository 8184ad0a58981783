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
  return Deno.build.standalone || toldSelf() !== undefined;
}

/** Nothing where the environment may not be read; what that keeps from working is told later. */
function toldSelf(): string | undefined {
  const variable = "SCOOP_SELF";
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}

/** The words that start it: of SCOOP_SELF, a JSON array, else this executable alone. */
export function selfCommand(): string[] {
  const words = toldSelf();
  return words === undefined ? [Deno.execPath()] : JSON.parse(words);
}
