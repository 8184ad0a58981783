/**
 * The payloads of bundles: where small ones are kept, and how they are cut, unopened.
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";
import { LIMITS } from "../wire/limits.ts";
import type { ResultMessage } from "../wire/messages.ts";
import { cutArray, joinArray, splitArray } from "../wire/split.ts";
import type { Bundle, Part } from "./records.ts";

/**
 * Bodies up to this many bytes lie together in one piece of memory: each has 200 bytes otherwise, or
 * keeps the whole batch that it came in.
 */
export const LARGEST_ON_SHELF = LIMITS.batchedBytes;
export const SHELF_BYTES = 64 * 1024;
/** Of a payload without binary data. */
export const NO_FRAMES: Uint8Array[] = [];

/** Where the bodies of small payloads are kept. */
export class Shelf {
  #bytes = new Uint8Array(SHELF_BYTES);
  #used = 0;

  /** Keeps a payload. */
  place({ body, frames }: Encoded): Pick<Bundle, "body" | "start" | "end" | "frames"> {
    if (frames.length === 0) frames = NO_FRAMES;
    if (body.length > LARGEST_ON_SHELF) return { body, start: 0, end: body.length, frames };
    if (this.#used + body.length > SHELF_BYTES) {
      this.#bytes = new Uint8Array(SHELF_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    this.#bytes.set(body, start);
    this.#used += body.length;
    return { body: this.#bytes, start, end: this.#used, frames };
  }
}

/** The elements of bodies that were cut: a bundle that is run again task by task is walked once. */
const elements = new WeakMap<Bundle, Uint8Array[]>();

/**
 * The payload of a part.
 *
 * @throws {Error} when it is to be cut and is no well-formed list
 */
export function payloadOf({ bundle, base, count }: Part): Encoded {
  const { body, start, end, frames } = bundle;
  const whole = start === 0 && end === body.length ? body : body.subarray(start, end);
  if (count === bundle.count) return { body: whole, frames };
  let all = elements.get(bundle);
  if (all === undefined) elements.set(bundle, all = splitArray(whole));
  const first = base - bundle.base;
  return { body: joinArray(all.slice(first, first + count)), frames };
}

/** The arguments of some of so many calls; undefined when they cannot be cut out. */
export function cutPayload(
  payload: Encoded,
  of: number,
  first: number,
  count: number,
): Encoded | undefined {
  if (count === of) return payload;
  const { body, frames } = payload;
  try {
    return { body: cutArray(body, first, first + count), frames };
  } catch {
    return undefined;
  }
}

/**
 * The outcomes of some of the tasks that a message is about.
 *
 * @throws {Error} when its payload is no well-formed list
 */
export function cutResult(message: ResultMessage, base: number, count: number): ResultMessage {
  const { result, payload } = message;
  const first = base - result.base;
  const body = cutArray(payload.body, first, first + count);
  const failed = result.failed.map((i) => i - first).filter((i) => i >= 0 && i < count);
  // In this order: whatever came, what leaves is a number that can be read.
  const elapsed = result.elapsed * (count / result.count);
  return {
    type: "result",
    result: { ...result, base, count, elapsed, failed },
    payload: { body, frames: payload.frames },
  };
}
