// deno run -A cli.ts -n 4 examples/map_as_completed.ts [numbers…]
/**
 * Results in the order in which they are ready: the smallest factor of each of some numbers. Some
 * take a thousand times longer than others, and nobody has to wait for them to see the rest.
 *
 * @module
 */

import { mapAsCompleted } from "../mod.ts";

/** The smallest factor of `n` above 1, and `n` itself, since results come in any order. */
export function smallestFactor(n: number): { n: number; factor: number } {
  if (n % 2 === 0) return { n, factor: 2 };
  for (let i = 3; i * i <= n; i += 2) {
    if (n % i === 0) return { n, factor: i };
  }
  return { n, factor: n };
}

if (import.meta.main) {
  // The greatest prime below 2^53, and Mersenne numbers: 2^11 - 1, 2^23 - 1, …
  const mersenne = [11, 23, 29, 31, 37, 41, 43, 47].map((power) => 2 ** power - 1);
  const numbers = Deno.args.length > 0 ? Deno.args.map(Number) : [2 ** 53 - 111, ...mersenne];
  for await (const { n, factor } of mapAsCompleted(smallestFactor, numbers)) {
    console.log(factor === n ? `${n} is prime` : `${n} = ${factor} × ${n / factor}`);
  }
}
