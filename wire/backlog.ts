/**
 * What is under way between this process and others because the system had no room for it: its
 * buffers take some 200 kB of a connection within a host, and what is more goes on only while the
 * event loop runs, here and there. (libzmq has a thread that goes on whatever JavaScript does; a
 * message takes three changes of threads for it.)
 *
 * So whoever is about to compute for long lets what is unsent leave first, and takes in all that has
 * been held back for it. Beside tasks of 3 s, results of 2 MB came 3 s late without.
 *
 * @module
 */

import { LIMITS } from "./limits.ts";

/** Those whose other side has yet to take what this process has sent. */
const behind = new Set<object>();
/** Bytes that have come since somebody asked. */
let come = 0;

/** A connection has so many bytes that have not left. */
export function noteUnsent(connection: object, bytes: number): void {
  if (bytes > LIMITS.roomBytes) behind.add(connection);
  else if (behind.size > 0) behind.delete(connection);
}

/** Whether more is unsent than the system can be expected to take by itself. */
export function isBehind(): boolean {
  return behind.size > 0;
}

/** So many bytes have come. */
export function noteCome(bytes: number): void {
  come += bytes;
}

/** How many have come since this was asked last. */
export function takeCome(): number {
  const bytes = come;
  come = 0;
  return bytes;
}
