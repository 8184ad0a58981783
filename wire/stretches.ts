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

/** What of a stretch is in none of others. */
export function gapsIn(
  { base, count }: IndexStretch,
  others: readonly IndexStretch[],
): IndexStretch[] {
  const gaps: IndexStretch[] = [];
  const end = base + count;
  let at = base;
  for (const other of joined(others)) {
    const next = Math.min(other.base, end);
    if (next > at) gaps.push({ base: at, count: next - at });
    at = Math.max(at, other.base + other.count);
  }
  if (at < end) gaps.push({ base: at, count: end - at });
  return gaps;
}
