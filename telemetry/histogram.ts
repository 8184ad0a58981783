/**
 * How long things took, in buckets of which each is a quarter of a power of two wide: a value is told
 * to within 19 %, from a microsecond to a day, in at most 150 small numbers.
 *
 * @module
 */

/** Buckets for each doubling. */
const PER_DOUBLING = 4;
/** Everything below this many milliseconds is in the first bucket. */
const LEAST_MS = 0.001;
/** Number of buckets: the last one takes everything over 2^37 µs, which is over a day. */
export const BUCKETS = 37 * PER_DOUBLING;

/** The bucket of a duration in milliseconds. */
export function bucketOf(ms: number): number {
  if (!(ms > LEAST_MS)) return 0;
  return Math.min(BUCKETS - 1, Math.ceil(Math.log2(ms / LEAST_MS) * PER_DOUBLING));
}

/** The longest duration of a bucket, in milliseconds. */
export function upperBound(bucket: number): number {
  return LEAST_MS * 2 ** (bucket / PER_DOUBLING);
}

/** Durations, counted by bucket. */
export class Histogram {
  /** Number of durations by bucket; what is missing at the end is 0. */
  readonly counts: number[] = [];
  /** Number of durations. */
  total = 0;
  /** Their sum in milliseconds. */
  sum = 0;

  /** Counts a duration `times` times. */
  add(ms: number, times = 1): void {
    this.#count(bucketOf(ms), times);
    this.sum += ms * times;
  }

  #count(bucket: number, times: number): void {
    while (this.counts.length <= bucket) this.counts.push(0);
    this.counts[bucket]! += times;
    this.total += times;
  }

  /** Pairs of a bucket and its number, for the wire. */
  pairs(): number[] {
    return this.counts.flatMap((count, bucket) => count > 0 ? [bucket, count] : []);
  }

  /** Takes in such pairs; what is no bucket, or no number of durations, is left out. */
  addPairs(pairs: readonly number[]): void {
    for (let i = 0; i + 1 < pairs.length; i += 2) {
      const [bucket, count] = [pairs[i]!, pairs[i + 1]!];
      if (!Number.isInteger(bucket) || bucket < 0 || bucket >= BUCKETS || !(count > 0)) continue;
      this.#count(bucket, count);
      this.sum += upperBound(Math.max(0, bucket - 0.5)) * count;
    }
  }
}
