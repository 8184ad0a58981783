/**
 * Options by their names: one that there is not would be passed over, and its author would wonder.
 *
 * @module
 */

/**
 * @param call what the options were given to, for the message
 * @throws {TypeError} when there is no option of a name that was given, or it are no options
 */
export function refuseUnknown(call: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${call}: options must be an object, got ${options}`);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new TypeError(`${call}: no option is called "${name}"; there are ${known.join(", ")}`);
  }
}
