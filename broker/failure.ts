/**
 * How the owner of a bundle is told that it came to its end without having been executed.
 *
 * @module
 */

import { encodeEach } from "../wire/codec.ts";
import type { ResultMessage } from "../wire/messages.ts";
import { Withdrawn } from "../wire/withdrawn.ts";
import { cutResult } from "./payloads.ts";
import { stretchOf } from "./records.ts";
import type { Part, Stretch } from "./records.ts";

/** The outcome of all tasks of a bundle: an error that the broker has found. */
export function failureOf(
  { owner, id, base, count }: Stretch,
  error: Error,
): ResultMessage {
  // The broker's own stack would tell nobody anything.
  error.stack = `${error.name}: ${error.message}`;
  const failed = Array.from({ length: count }, (_, i) => i);
  return {
    type: "result",
    result: { owner, id, base, count, elapsed: 0, failed },
    payload: encodeEach(new Array(count).fill(error)),
  };
}

/** The outcome of all tasks of a bundle that nobody wants any more, as a worker would report it. */
export function nothingOf({ owner, id, base, count }: Stretch): ResultMessage {
  return {
    type: "result",
    result: { owner, id, base, count, elapsed: 0, failed: [] },
    payload: encodeEach(new Array(count).fill(Withdrawn.notBegun)),
  };
}

/** The outcomes of some of the tasks of a message; an error if it cannot be cut. */
export function someOf(
  message: ResultMessage,
  part: Part,
  base: number,
  count: number,
): ResultMessage {
  try {
    return cutResult(message, base, count);
  } catch (error) {
    return failureOf({ ...stretchOf(part), base, count }, error as Error);
  }
}
