/**
 * Options by their names: one that there is not would be passed over, and its author would wonder.
 *
 * @module
 */

import { wrongArgument } from "../wire/user_stack.ts";

/**
 * Refuses options that there are not.
 *
 * @param call what the options were given to, for the message; empty to leave that out
 * @throws {TypeError} when there is no option of a name that was given, or these are no options
 */
export function refuseUnknown(call: string, options: object, known: readonly string[]): void {
  const place = call && `${call}: `;
  if (typeof options !== "object" || options === null) {
    throw wrongArgument(`${place}options must be an object, got ${options}`);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw wrongArgument(`${place}no option is called "${name}"; there are ${known.join(", ")}`);
  }
}
