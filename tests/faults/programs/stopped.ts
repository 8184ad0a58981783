/** A program with work for a few seconds; it says whether somebody was replaced. */

import { map, scoop } from "../../../mod.ts";

/** The name of the worker, and what it was given. */
export async function work(i: number): Promise<[string, number]> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return [scoop.workerName, i];
}

/** Returns when every worker has executed something. */
async function everyone(): Promise<void> {
  const names = new Set<string>();
  while (names.size < scoop.size) {
    for (const [name] of await map(work, Array(20).fill(0))) names.add(name);
  }
}

if (import.meta.main) {
  await everyone();
  console.log("begins");
  const names = new Set<string>();
  const numbers: number[] = [];
  for await (const [name, i] of map(work, Array.from({ length: 600 }, (_, i) => i))) {
    names.add(name);
    numbers.push(i);
  }
  const right = numbers.every((number, i) => number === i) && numbers.length === 600;
  // A replacement would have another name.
  const same = [...names].every((name) => /^(origin|worker-[12])$/.test(name));
  console.log(right && same ? "nobody was lost" : `wrong: ${[...names]}`);
}
