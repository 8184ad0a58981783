/**
 * How late a program knows of results, and how late its own I/O is, while every worker is busy with
 * tasks of 3 ms. Prints the milliseconds as JSON; the arguments are how many tasks, and of how many
 * milliseconds.
 */

import { submit } from "../../../mod.ts";
import { everybody } from "../../api/programs/checks.ts";

/** Pause of the program between two operations, and how long one of them is asked to take. */
const PAUSE = 5;

/** Computes, and returns when it ended. Clocks of one machine agree. */
export function compute(milliseconds: number): number {
  const began = performance.now();
  while (performance.now() - began < milliseconds);
  return performance.timeOrigin + performance.now();
}

/** Looks a file up, again and again; how many milliseconds each took. */
async function watchFiles(goesOn: () => boolean): Promise<number[]> {
  const took: number[] = [];
  while (goesOn()) {
    const began = performance.now();
    await Deno.lstat(new URL(import.meta.url));
    took.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
  return took;
}

function quantile(numbers: number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return Math.round(100 * sorted[Math.floor(part * (sorted.length - 1))]!) / 100;
}

function figures(numbers: number[]) {
  const [p50, p99, most] = [0.5, 0.99, 1].map((part) => quantile(numbers, part));
  return { p50, p99, most };
}

if (import.meta.main) {
  const [tasks = 1200, milliseconds = 3] = Deno.args.map(Number);
  await everybody();
  let busy = true;
  const watch = watchFiles(() => busy);
  const began = performance.now();
  const late: number[] = [];
  await Promise.all(Array.from({ length: tasks }, async () => {
    const ended = await submit(compute, milliseconds).result();
    late.push(performance.timeOrigin + performance.now() - ended);
  }));
  const took = performance.now() - began;
  busy = false;
  const operations = await watch;
  const whole = { took: Math.round(took), rounds: operations.length };
  console.log(JSON.stringify({ late: figures(late), io: figures(operations), ...whole }));
}
