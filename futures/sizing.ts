/**
 * How many tasks go into one bundle.
 *
 * @module
 */

import type { Source } from "./work.ts";

/** Tasks in one bundle, at most. */
export const MOST_TASKS = 4096;
/** Milliseconds of work in one bundle: long enough to hide its dispatch, short enough to balance. */
export const BUNDLE_TIME = 7;

/**
 * Tasks to take from `source`, which has `remaining` tasks, for one bundle: one while nothing is
 * known of its function, then {@link BUNDLE_TIME} of work, but never more than leaves two bundles
 * for each worker.
 */
export function bundleSize(source: Source, remaining: number, workers: number): number {
  if (source.chunkSize > 0) return source.chunkSize;
  const { handle } = source;
  if (!handle.known) return 1;
  const byTime = handle.mean > 0 ? Math.floor(BUNDLE_TIME / handle.mean) : MOST_TASKS;
  const fair = remaining === Infinity ? MOST_TASKS : Math.ceil(remaining / (2 * workers));
  return Math.max(1, Math.min(byTime, fair, MOST_TASKS));
}
