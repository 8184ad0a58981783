/** Shows `Deno.args` as the origin and as other workers see it. */

import { setTimeout as delay } from "node:timers/promises";
import { map, scoop } from "../../../mod.ts";

export async function args(_: unknown): Promise<[string, string[]]> {
  await delay(5);
  return [scoop.workerName, Deno.args];
}

if (import.meta.main) {
  console.log(JSON.stringify(["origin", Deno.args]));
  let seen: string[] | undefined;
  while (seen === undefined) {
    const all = await map(args, Array(10));
    seen = all.find(([name]) => name !== "origin")?.[1];
  }
  console.log(JSON.stringify(["worker", seen]));
}
