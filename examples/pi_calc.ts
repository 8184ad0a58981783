// deno run -A cli.ts -n 4 examples/pi_calc.ts [tasks] [tries per task]
/**
 * Pi by the Monte Carlo method: points thrown at a square, and how many of them hit the quarter of
 * a circle in it. Every task throws its own points, so the tasks have nothing to wait for and the
 * program is as fast as there are processors. A task's seed is an argument of it: whichever worker
 * runs it, pi comes out the same. It begins in `startup`, so that it can be compiled to one binary:
 *
 * ```sh
 * deno task compile examples/pi_calc.ts
 * ./pi_calc -n 4
 * ```
 *
 * @module
 */

import { map, startup } from "../mod.ts";

/** Throws `tries` points at the unit square; returns how many are within 1 of the corner. */
export function countHits(seed: number, tries: number): number {
  const random = seededRandom(seed);
  let hits = 0;
  for (let i = 0; i < tries; i++) {
    const x = random();
    const y = random();
    if (x * x + y * y < 1) hits++;
  }
  return hits;
}

async function calcPi(tasks: number, tries: number): Promise<number> {
  const seeds = Array.from({ length: tasks }, (_, i) => i);
  let hits = 0;
  for await (const n of map(countHits, seeds, Array(tasks).fill(tries))) hits += n;
  return 4 * hits / (tasks * tries);
}

/** Numbers from 0 to 1 by the generator "sfc32"; a seed always gives the same ones. */
function seededRandom(seed: number): () => number {
  let [a, b, c, count] = [0x9e3779b9, 0x243f6a88, seed, 1];
  function next(): number {
    const sum = (a + b + count++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }
  for (let i = 0; i < 12; i++) next();
  return next;
}

async function main(tasks = 300, tries = 1_000_000): Promise<void> {
  console.log(`pi = ${await calcPi(tasks, tries)}`);
}

await startup(main, ...Deno.args.map(Number));
