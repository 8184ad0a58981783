/**
 * Who prints, before each line of it: "[worker-2] ", "[worker-2 square#17] ".
 *
 * @module
 */

import { linePrefix } from "../telemetry/log_entry.ts";
import { createMarkReader } from "../telemetry/marks.ts";

const NEWLINE = 10;

/**
 * A function that puts prefixes into a stream, piece by piece.
 *
 * @param token the word of the stream's marks, which are taken out; without it there are none
 */
export function createPrefixes(
  name: string,
  token: string | undefined,
): (bytes: Uint8Array) => Uint8Array[] {
  const encoder = new TextEncoder();
  const read = token === undefined ? undefined : createMarkReader(token);
  const own = encoder.encode(linePrefix(name, undefined));
  // True when the next byte begins a line, so that it wants a prefix.
  let fresh = true;

  function add(parts: Uint8Array[], bytes: Uint8Array, head: Uint8Array) {
    for (let start = 0; start < bytes.length;) {
      const newline = bytes.indexOf(NEWLINE, start);
      const end = newline < 0 ? bytes.length : newline + 1;
      if (fresh) parts.push(head);
      parts.push(bytes.subarray(start, end));
      fresh = newline >= 0;
      start = end;
    }
  }

  return (bytes) => {
    const parts: Uint8Array[] = [];
    if (read === undefined) add(parts, bytes, own);
    else {
      read(bytes, {
        text: (piece, task) =>
          add(parts, piece, task === undefined ? own : encoder.encode(linePrefix(name, task))),
      });
    }
    return parts;
  };
}
