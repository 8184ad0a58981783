/** A million tasks from an endless generator. Prints the sum of the results and the memory. */

import { map } from "../../../mod.ts";

export function half(x: number): number {
  return x / 2;
}

function* numbers(): Generator<number> {
  for (let i = 0;; i++) yield i;
}

if (import.meta.main) {
  const memory: number[] = [];
  let sum = 0;
  let count = 0;
  for await (const y of map(half, numbers())) {
    sum += y;
    if (++count % 250_000 === 0) memory.push(Math.round(Deno.memoryUsage().rss / 1e6));
    if (count === 1_000_000) break;
  }
  console.log(JSON.stringify({ sum, memory }));
}
