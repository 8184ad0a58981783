/**
 * How a run stood over time: a sample a second at first, and fewer the longer it lasts, so that a
 * picture of a week takes as much memory as one of ten minutes.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";

/** How the run stood at one time. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Tasks that had returned, and that had failed, by then. */
  readonly done: number;
  readonly failed: number;
  /** Tasks known and without an outcome. */
  readonly queued: number;
  /** Workers, and how many of them were busy: the sum of the shares of their time. */
  readonly workers: number;
  readonly busy: number;
  /** Bytes of memory of all workers and brokers. */
  readonly rss: number;
  /** The longest that any event loop was late, in milliseconds. */
  readonly lagMs: number;
}

/** See the module's text. */
export class Series {
  readonly samples: Sample[] = [];
  /** Milliseconds between the samples that are kept. */
  everyMs: number = LIMITS.sampleMs;
  /** Changed whenever old samples were thinned out. */
  thinned = 0;

  /** Adds one; the last one is replaced as long as it is too young to be kept beside it. */
  add(sample: Sample): void {
    const { samples } = this;
    const before = samples.at(-2);
    if (before !== undefined && samples.at(-1)!.at - before.at < this.everyMs * 0.9) samples.pop();
    samples.push(sample);
    if (samples.length <= LIMITS.mostSamples) return;
    this.everyMs *= 2;
    this.thinned++;
    const kept = samples.filter((_, i) => i % 2 === 0 || i === samples.length - 1);
    samples.splice(0, samples.length, ...kept);
  }
}
