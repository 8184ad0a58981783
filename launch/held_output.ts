/**
 * What a worker writes on stderr while it imports the program: held back, so that a fault which
 * befalls all workers is told once.
 *
 * @module
 */

import { withoutMarks } from "../telemetry/marks.ts";
import type { Output } from "./output.ts";

/** What is held back at most; with more of it, all is passed on. */
const MOST_HELD = 64 << 10;
/** The last of what was written, held back or not, that is remembered. */
const TAIL = 8 << 10;

/** See the module's text. */
export interface HeldOutput extends Output {
  /** Passes on what was held back, and from now on everything at once. */
  release(): void;
  /** Forgets what is held back, and what would be: it has been told otherwise. */
  drop(): void;
  /** The last that was written, without marks. */
  words(): string;
}

/**
 * An output in front of another one.
 *
 * @param output undefined for nowhere
 */
export function holdBack(output: Output | undefined): HeldOutput {
  let held: { bytes: Uint8Array; writer: unknown; at: number }[] = [];
  let heldBytes = 0;
  let holds = true;
  let dropped = false;
  let tail = new Uint8Array();

  function remember(bytes: Uint8Array) {
    const all = new Uint8Array(tail.length + bytes.length);
    all.set(tail);
    all.set(bytes, tail.length);
    tail = all.slice(-TAIL);
  }

  function release() {
    holds = false;
    for (const { bytes, writer, at } of held) void output?.write(bytes, writer, at);
    held = [];
  }

  return {
    write(bytes, writer, at = Date.now()) {
      // Of what comes in large pieces only the end can be of interest.
      remember(bytes.subarray(-TAIL));
      if (dropped) return Promise.resolve();
      if (!holds) return output?.write(bytes, writer, at) ?? Promise.resolve();
      held.push({ bytes, writer, at });
      heldBytes += bytes.length;
      if (heldBytes > MOST_HELD) release();
      return Promise.resolve();
    },
    flush: () => output?.flush() ?? Promise.resolve(),
    release,
    drop() {
      dropped = holds;
      held = [];
    },
    words: () => withoutMarks(new TextDecoder().decode(tail)).trimEnd(),
  };
}
