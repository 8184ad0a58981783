/**
 * JSON as Deno's configuration may have it: with comments, and with commas before closing brackets.
 * No package does it: it would be loaded in each start of the command, for the one name that is
 * looked for.
 *
 * @module
 */

/** Strings, comments, and commas that nothing follows. */
const PARTS =
  /"(?:[^"\\]|\\.)*"|\/\/.*|\/\*[\s\S]*?\*\/|,(?=(?:\s|\/\/.*|\/\*[\s\S]*?\*\/)*[}\]])/g;

/**
 * What a text says.
 *
 * @throws {SyntaxError} when it makes no sense
 */
export function parseJsonc(text: string): unknown {
  return JSON.parse(text.replace(PARTS, (part) => part.startsWith('"') ? part : ""));
}
