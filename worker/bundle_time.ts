/**
 * How long the bundles take that a worker is sent, as it learns from those that it begins.
 *
 * @module
 */

import type { Work } from "../futures/work.ts";

/** A bundle, with the milliseconds that what nobody has begun of it should take; 0 for unknown. */
type Bundle = Work & { readonly expected: number };

/** See the module's text. */
export class BundleTime {
  /** Running mean of a bundle's expected milliseconds; 0 while nothing is known. */
  ms = 0;
  /** The last bundle begun, if nothing was known of its function. */
  #unlearned: Bundle | undefined;

  /** A bundle is taken to be executed. */
  taken(work: Bundle): void {
    if (work.next > 0) return;
    this.#learn(work.expected);
    this.#unlearned = work.expected === 0 ? work : undefined;
  }

  /** What was not known when a bundle was begun may be known now. */
  learnLate(): void {
    const work = this.#unlearned;
    if (!work?.handle.known) return;
    this.#unlearned = undefined;
    this.#learn(work.handle.mean * work.count);
  }

  #learn(expected: number): void {
    if (expected === 0) return;
    this.ms = this.ms === 0 ? expected : this.ms + (expected - this.ms) / 4;
  }
}
