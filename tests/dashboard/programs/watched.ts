/** A program to be looked at: tasks that spawn others, some of which may fail. */

import { map, mapAsCompleted, scoop, submit } from "../../../mod.ts";

/** Computes for so many milliseconds. */
export function work(ms: number): number {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
}

/** The same, but not for those of 13 milliseconds. */
export function unlucky(ms: number): number {
  if (ms === 13) throw new RangeError("13 is not allowed");
  return work(ms);
}

/** Spawns and waits. */
export async function family(children: number): Promise<number> {
  let sum = 0;
  for await (const ms of map(work, Array<number>(children).fill(20))) sum += ms;
  return sum;
}

/** The pid of the worker. */
export function whoAmI(): [string, number] {
  return [scoop.workerName, Deno.pid];
}

if (import.meta.main) {
  const [mode, families = "40"] = Deno.args;
  let sum = 0;
  if (mode === "failing") {
    const tries = Array.from({ length: 300 }, (_, i) => submit(unlucky, i % 10 === 0 ? 13 : 20));
    for (const each of tries) sum += await each.result().catch(() => 0);
  }
  const sizes = Array<number>(Number(families)).fill(10);
  for await (const part of mapAsCompleted(family, sizes)) sum += part;
  console.log(sum);
  if (mode === "failing") throw new TypeError("it was all in vain");
}
