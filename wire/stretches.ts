/**
 * Indices of tasks that follow each other, as one stretch.
 *
 * @module
 */

/** So many tasks from an index on. */
export interface IndexStretch {
  readonly base: number;
  readonly count: number;
}

/** Indices as stretches, in order: 4, 2, 3, 7 are 2 to 4, and 7. */
export function stretchesOf(indices: Iterable<number>): IndexStretch[] {
  return joined([...indices].map((base) => ({ base, count: 1 })));
}

/** The same with stretches that may touch and overlap. */
export function joined(stretches: readonly IndexStretch[]): IndexStretch[] {
  const all: { base: number; count: number }[] = [];
  for (const { base, count } of [...stretches].sort((a, b) => a.base - b.base)) {
    const last = all.at(-1);
    if (last === undefined || base > last.base + last.count) all.push({ base, count });
    else last.count = Math.max(last.count, base + count - last.base);
  }
  return all;
}
