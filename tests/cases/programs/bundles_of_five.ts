/**
 * Tasks of 60 ms to 0.9 s in bundles of five. Prints the broker of each worker that it sees, as
 * soon as it has ended a task, and at the end how many results came, each once, and their sum.
 */

import { scoop, withOptions } from "../../../mod.ts";
import { range, sleep } from "../../api/programs/checks.ts";

const TASKS = 150;

export async function work(i: number): Promise<[number, string, string]> {
  await sleep(i % 5 === 0 ? 900 : 60);
  return [i, scoop.workerName, scoop.brokerName];
}

if (import.meta.main) {
  const workers = new Set<string>();
  const seen: number[] = [];
  const { mapAsCompleted } = withOptions({ chunkSize: 5 });
  for await (const [i, worker, broker] of mapAsCompleted(work, range(TASKS))) {
    seen.push(i);
    if (workers.has(worker)) continue;
    workers.add(worker);
    console.log(`${worker} of ${broker}, origin of ${scoop.brokerName}`);
  }
  console.log(`${new Set(seen).size} of ${seen.length}, ${seen.reduce((a, b) => a + b)}`);
}
