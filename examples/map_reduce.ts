// deno run -A cli.ts -n 4 examples/map_reduce.ts [file]
/**
 * Counts the words of a text: each line is mapped to its words, and the counts of neighbouring
 * lines are added where they were made, so that few of them have to travel. A file of your own
 * has to be readable: `deno run -A cli.ts -n 4 --allow-read=. examples/map_reduce.ts story.txt`.
 *
 * @module
 */

import { mapReduce } from "../mod.ts";

type Counts = Map<string, number>;

/** How often each word is in a line. */
export function countWords(line: string): Counts {
  const counts: Counts = new Map();
  for (const word of line.toLowerCase().match(/[\p{L}']+/gu) ?? []) {
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

/** The counts of two texts together. */
export function addCounts(a: Counts, b: Counts): Counts {
  const sum = new Map(a);
  for (const [word, count] of b) sum.set(word, (sum.get(word) ?? 0) + count);
  return sum;
}

if (import.meta.main) {
  const file = Deno.args[0] ?? new URL("data/house.txt", import.meta.url);
  const lines = (await Deno.readTextFile(file)).split("\n");
  const counts = await mapReduce(countWords, addCounts, lines);
  const byCount = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  for (const [word, count] of byCount.slice(0, 10)) {
    console.log(`${String(count).padStart(5)} ${word}`);
  }
}
