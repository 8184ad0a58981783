/** Shows the niceness of the origin and of another worker. */

import { getPriority } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { map, scoop } from "../../../mod.ts";

export async function niceness(_: unknown): Promise<[string, number]> {
  await delay(5);
  return [scoop.workerName, getPriority()];
}

if (import.meta.main) {
  const seen = new Map<string, number>();
  while (seen.size < 2) {
    for (const [name, nice] of await map(niceness, Array(10))) seen.set(name, nice);
  }
  for (const name of [...seen.keys()].sort()) console.log(`${name} ${seen.get(name)}`);
}
