/** Tasks with large arrays that take their time: every result is checked. */

import { setTimeout as delay } from "node:timers/promises";
import { map, scoop } from "../../../mod.ts";

/** 1.2 MB. */
const LENGTH = 150_000;

function numbers(first: number): Float64Array {
  return new Float64Array(LENGTH).fill(first);
}

/** Twice what it was given, after a while; what it was given is spoilt at once. */
export function doubled(array: Float64Array): Float64Array {
  const first = array[0]!;
  const right = array.length === LENGTH && array.every((value) => value === first);
  array.fill(NaN);
  const end = performance.now() + 100;
  while (performance.now() < end);
  return numbers(right ? 2 * first : NaN);
}

export async function name(_: unknown): Promise<string> {
  await delay(5);
  return scoop.workerName;
}

/** Returns when every one of three workers has executed something: whoever is killed has joined. */
async function everyone(): Promise<void> {
  const names = new Set<string>();
  while (names.size < 3) {
    // A former run's results would not tell who is there now.
    const inputs = Array<number>(20).fill(Math.random());
    for (const worker of await map(name, inputs)) names.add(worker);
  }
}

if (import.meta.main) {
  await everyone();
  const arrays = Array.from({ length: 60 }, (_, i) => numbers(i));
  console.log("it begins");
  const results = await map(doubled, arrays);
  const right = results.every((array, i) => array.every((value) => value === 2 * i));
  console.log(right ? "all is right" : "wrong");
}
