/**
 * How many tasks go into one bundle.
 *
 * @module
 */

import type { Source } from "./work.ts";

/** Tasks in one bundle, at most. */
export const MOST_TASKS = 4096;
/** Milliseconds of work in one bundle that hide its dispatch, and still balance. */
export const BUNDLE_TIME = 7;
/**
 * Milliseconds of work in one bundle while there is plenty: measured with tasks of 1 ms and 100 µs
 * on two of two processors, 6 and 10 % more is done per second with 20 ms than with 7, and 0.5 %
 * more with 30 than with 20; tasks of unlike length end less evenly with 100.
 */
export const LONG_BUNDLE_TIME = 30;
/** There is plenty while so many bundles are left for each worker. */
const PLENTY = 8;

/**
 * Tasks to take from `source`, which has `remaining` tasks, for one bundle: one while nothing is
 * known of its function or it takes long, else {@link LONG_BUNDLE_TIME} of work, which becomes
 * {@link BUNDLE_TIME} towards the end, but never more than leaves two bundles for each worker.
 */
export function bundleSize(source: Source, remaining: number, workers: number): number {
  if (source.chunkSize > 0) return source.chunkSize;
  const { handle } = source;
  if (!handle.known || handle.mean >= LONG_BUNDLE_TIME) return 1;
  const share = remaining * handle.mean / (PLENTY * workers);
  const time = Math.min(Math.max(share, BUNDLE_TIME), LONG_BUNDLE_TIME);
  const byTime = handle.mean > 0 ? Math.round(time / handle.mean) : MOST_TASKS;
  const fair = remaining === Infinity ? MOST_TASKS : Math.ceil(remaining / (2 * workers));
  return Math.max(1, Math.min(byTime, fair, MOST_TASKS));
}
