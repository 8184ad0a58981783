/**
 * What a program that was started by hand does when something of its run is lost; the first
 * argument says what it does.
 */

import { setTimeout as delay } from "node:timers/promises";
import { map, scoop, submit, wait, withOptions } from "../../../mod.ts";

export async function long(x: number): Promise<number> {
  await delay(600_000);
  return x;
}

export function loop(_: unknown): never {
  console.log(`loops in ${scoop.workerName}`);
  for (;;);
}

export async function name(_: unknown): Promise<string> {
  await delay(5);
  return scoop.workerName;
}

/** Returns when every one of so many workers has executed something. */
async function everyone(size: number): Promise<void> {
  const names = new Set<string>();
  while (names.size < size) for (const worker of await map(name, Array(20))) names.add(worker);
}

if (import.meta.main) {
  const [what] = Deno.args;
  await everyone(3);
  console.log("all are here");
  if (what === "loop everywhere") await withOptions({ chunkSize: 1 }).map(loop, Array(60));
  if (what === "crash") {
    // The error must end the program although tasks of it are under way.
    void submit(long, 1);
    void submit(long, 2);
    setTimeout(() => {
      throw new RangeError("a mistake of the program");
    }, 100);
    await delay(600_000);
  }
  const results = [submit(long, 1), submit(long, 2)];
  // Until both run on workers the program awaits nothing of ours, so that the origin begins none.
  while (!results.every((future) => future.running())) await delay(10);
  console.log("both are running");
  try {
    console.log(await Promise.race(results));
  } catch (error) {
    const { name, message } = error as Error;
    console.log(`${name}: ${message}`);
  }
  console.log((await wait(results)).done.size);
  try {
    console.log(await submit(Math.hypot, 3, 4));
  } catch (error) {
    console.log("afterwards", (error as Error).name);
  }
}
