/** A program for workers that are started by hand: it waits for as many as it is told. */

import assert from "node:assert/strict";
import { map, scoop, startup } from "../../../mod.ts";

/** Who executes a task, and what it knows. */
export async function whoAmI(milliseconds: number): Promise<[string, boolean, string]> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return [scoop.workerName, scoop.isOrigin, scoop.brokerName];
}

async function main(workers: number): Promise<string> {
  const seen = new Map<string, string>();
  while (seen.size < workers) {
    for (const [name, isOrigin, broker] of await map(whoAmI, Array(4 * workers).fill(10))) {
      seen.set(name, `${name} ${isOrigin ? "is" : "is not"} the origin, ${broker}`);
    }
  }
  assert.ok(scoop.isRunning);
  assert.equal(scoop.size, workers);
  return [...seen.values()].sort().join("\n");
}

const told = await startup(main, Number(Deno.args[0]));
if (told !== undefined) console.log(told);
