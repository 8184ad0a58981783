/**
 * Which names somebody may have meant who wrote another.
 *
 * @module
 */

/** Slips of the keyboard that are taken for one. */
const MOST_SLIPS = 3;
/** How much of a word may be slips. */
const MOST_OF_IT = 0.6;

/**
 * The names nearest to a word, if any is near, in their alphabetical order.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { similarOnes } from "./similar.ts";
 * assert.deepEqual(similarOnes("wrokers", ["hosts", "workers", "brokers"]), ["brokers", "workers"]);
 * assert.deepEqual(similarOnes("frobnicate", ["hosts", "workers", "brokers"]), []);
 * ```
 */
export function similarOnes(word: string, names: readonly string[]): string[] {
  const near = names.map((name) => ({ name, slips: slipsBetween(word, name) }))
    .filter(({ name, slips }) =>
      slips <= MOST_SLIPS && slips < MOST_OF_IT * Math.max(word.length, name.length)
    );
  const fewest = Math.min(...near.map(({ slips }) => slips));
  return near.filter(({ slips }) => slips === fewest).map(({ name }) => name).toSorted();
}

/**
 * How many letters were left out, added, exchanged for another or for their neighbour: the optimal
 * string alignment distance.
 */
function slipsBetween(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, j) => j);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      let slips = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (swapped) slips = Math.min(slips, beforeLast[j - 2]! + 1);
      row.push(slips);
    }
    [beforeLast, last] = [last, row];
  }
  return last.at(-1)!;
}
