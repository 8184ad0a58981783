/**
 * No-ops, ten of them, then a hundred, up to millions: what becomes of the cost of one.
 *
 * @module
 */

import { map, scoop, submit } from "../../mod.ts";
import { median } from "../statistics.ts";
import { whereAmI } from "./elsewhere.ts";
import { answer, areNumbers, numbers, readWorkload } from "./report.ts";

/** Tasks before the first that count. */
const WARM_UP = 20_000;
/** Tasks of all runs of a number that they are repeated for. */
const ENOUGH = 1_000_000;
/** Milliseconds that a task holds its worker, while it is seen who is there. */
const HOLD = 20;

export function noop(x: number): number {
  return x;
}

/** Where it runs, which it tells after a while. */
export async function roll(_: number): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, HOLD));
  return whereAmI();
}

/** Waits until every worker has executed a task. */
async function untilEverybodyIsHere(): Promise<void> {
  const names = new Set<string>();
  while (names.size < scoop.size) {
    for (const name of await map(roll, numbers(2 * scoop.size))) names.add(name);
  }
}

const ALL = {
  map: (tasks: number) => map(noop, numbers(tasks)),
  submit: (tasks: number) => Promise.all(numbers(tasks).map((i) => submit(noop, i))),
};

if (import.meta.main) {
  const { how, tasks, mostRuns } = readWorkload("growth");
  let right = true;
  const once = async (count: number) => {
    const start = performance.now();
    const results = await ALL[how](count);
    const milliseconds = performance.now() - start;
    right &&= areNumbers(results, count);
    return milliseconds;
  };
  await untilEverybodyIsHere();
  await once(WARM_UP);
  const samples: number[] = [];
  for (const count of tasks) {
    const runs = Math.min(mostRuns, Math.max(1, ENOUGH / count));
    const times: number[] = [];
    for (let i = 0; i < runs; i++) times.push(await once(count));
    samples.push(median(times));
  }
  answer({ right, samples });
}
