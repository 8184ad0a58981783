/**
 * Keeps one copy of what every bundle of a function repeats. A million queued bundles would
 * otherwise hold a million copies of the function's address.
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";
import type { BundleHeader, FunctionAddress } from "../wire/messages.ts";

/** Functions remembered; a program that makes up more than this has them copied. */
const MOST = 10_000;
/** Bodies up to this many bytes lie together in one piece of memory: each has 300 bytes otherwise. */
const SMALL = 512;
const SHELF = 64 * 1024;
const NOTHING: string[] = [];
const NO_FRAMES: Uint8Array[] = [];

/** Returns a function that makes headers share what they have in common. */
export function createInterner(): (bundle: BundleHeader, payload: Encoded) => void {
  const addresses = new Map<string, FunctionAddress>();
  const texts = new Map<string, string>();
  let shelf = new Uint8Array(SHELF);
  let used = 0;

  function text(value: string): string {
    const known = texts.get(value);
    if (known !== undefined) return known;
    if (texts.size < MOST) texts.set(value, value);
    return value;
  }

  function packed(body: Uint8Array): Uint8Array {
    if (body.length > SMALL) return body;
    if (used + body.length > SHELF) {
      shelf = new Uint8Array(SHELF);
      used = 0;
    }
    const place = shelf.subarray(used, used + body.length);
    place.set(body);
    used += body.length;
    return place;
  }

  return (bundle, payload) => {
    payload.body = packed(payload.body);
    const { fn } = bundle;
    const key = Object.values(fn).join("\n");
    const known = addresses.get(key);
    if (known !== undefined) bundle.fn = known;
    else if (addresses.size < MOST) addresses.set(key, fn);
    bundle.owner = text(bundle.owner);
    bundle.label = text(bundle.label);
    if (bundle.needs.length === 0) bundle.needs = NOTHING;
    if (payload.frames.length === 0) payload.frames = NO_FRAMES;
  };
}
