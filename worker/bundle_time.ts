/**
 * How long the bundles take that a worker is sent, as it learns from those that it begins.
 *
 * @module
 */

import { LONG_BUNDLE_TIME } from "../futures/sizing.ts";
import type { Work } from "../futures/work.ts";

/** A bundle, with the milliseconds that what nobody has begun of it should take; 0 for unknown. */
type Bundle = Work & { readonly expected: number };

/**
 * A bundle of several short tasks has a whole number of them, so it may take so many times
 * {@link LONG_BUNDLE_TIME}; what has one task of that length is something else.
 */
const LONGEST = 1.4;

/** See the module's text. */
export class BundleTime {
  /** Running mean of a bundle's expected milliseconds; 0 while nothing is known. */
  ms = 0;
  /** The last bundle begun, if nothing was known of its function. */
  #unlearned: Bundle | undefined;

  /** A bundle is taken to be executed. */
  taken(work: Bundle): void {
    if (work.next > 0) return;
    this.#learn(work.expected, work.count);
    this.#unlearned = work.expected === 0 ? work : undefined;
  }

  /** What was not known when a bundle was begun may be known now. */
  learnLate(): void {
    const work = this.#unlearned;
    if (!work?.handle.known) return;
    this.#unlearned = undefined;
    this.#learn(work.handle.mean * work.count, work.count);
  }

  #learn(expected: number, tasks: number): void {
    if (expected === 0) return;
    // It is to count as what it was made to be: of three tasks of 10.2 ms the next bundle was never
    // there in time, and a worker waited for it 1 ms of every 32.
    const isFull = tasks > 1 && expected <= LONGEST * LONG_BUNDLE_TIME;
    if (isFull) expected = Math.min(expected, LONG_BUNDLE_TIME);
    this.ms = this.ms === 0 ? expected : this.ms + (expected - this.ms) / 4;
  }
}
