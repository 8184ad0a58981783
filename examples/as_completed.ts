// deno run -A cli.ts -n 4 examples/as_completed.ts [below]
/**
 * Unordered processing: futures are taken as they are done, whichever is first. Here that is a
 * search for the longest Collatz chain, where it does not matter who reports first.
 *
 * @module
 */

import { asCompleted, submit } from "../mod.ts";

/** A number and the length of its chain: n, then n/2 or 3n + 1, and so on down to 1. */
export interface Chain {
  start: number;
  length: number;
}

/** The longest chain that starts at one of `from` … `to - 1`. */
export function longestChain(from: number, to: number): Chain {
  const longest = { start: 0, length: 0 };
  for (let start = from; start < to; start++) {
    let length = 1;
    for (let n = start; n !== 1; length++) n = n % 2 === 0 ? n / 2 : 3 * n + 1;
    if (length > longest.length) Object.assign(longest, { start, length });
  }
  return longest;
}

if (import.meta.main) {
  const below = Number(Deno.args[0] ?? 1_000_000);
  const step = Math.ceil(below / 40);
  const launches = [];
  for (let from = 1; from < below; from += step) {
    launches.push(submit(longestChain, from, Math.min(from + step, below)));
  }
  let best: Chain = { start: 0, length: 0 };
  for await (const future of asCompleted(launches)) {
    const chain = await future;
    if (chain.length > best.length || (chain.length === best.length && chain.start < best.start)) {
      best = chain;
    }
  }
  console.log(`below ${below}, ${best.start} has the longest chain: ${best.length} numbers`);
}
