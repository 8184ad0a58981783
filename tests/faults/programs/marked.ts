/** Sends a text around, for so long and until so many workers have had it. */

import assert from "node:assert/strict";
import { map, scoop } from "../../../mod.ts";

/** What a worker makes of a text. */
export async function marked(text: string): Promise<[worker: string, text: string]> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return [scoop.workerName, `${text}!`];
}

if (import.meta.main) {
  const [text, workers, milliseconds] = Deno.args;
  const seen = new Set<string>();
  const began = performance.now();
  let rounds = 0;
  while (seen.size < Number(workers) || performance.now() - began < Number(milliseconds)) {
    for (const [worker, answer] of await map(marked, Array(20).fill(text))) {
      assert.equal(answer, `${text}!`);
      seen.add(worker);
    }
    if (++rounds === 1) console.log("running");
  }
  console.log(`done by ${[...seen].sort().join(", ")}`);
}
