/**
 * A function's text as proof that two processes mean the same function.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** The first 16 hexadecimal digits of the SHA-256 of the function's text. */
// deno-lint-ignore ban-types
export function hashOf(fn: Function): string {
  const text = Function.prototype.toString.call(fn);
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
