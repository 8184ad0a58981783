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
const NOTHING: string[] = [];
const NO_FRAMES: Uint8Array[] = [];

/** Returns a function that makes headers share what they have in common. */
export function createInterner(): (bundle: BundleHeader, payload: Encoded) => void {
  const addresses = new Map<string, FunctionAddress>();
  const texts = new Map<string, string>();

  function text(value: string): string {
    const known = texts.get(value);
    if (known !== undefined) return known;
    if (texts.size < MOST) texts.set(value, value);
    return value;
  }

  return (bundle, payload) => {
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
