/** Tasks of 20 ms; says when it begins, and prints the sum of the results and who gave them. */

import { scoop, withOptions } from "../../../mod.ts";
import { everybody, range, spin } from "../../api/programs/checks.ts";

export function work(i: number): [number, string] {
  spin(20);
  return [i, scoop.workerName];
}

if (import.meta.main) {
  const tasks = Number(Deno.args[0]);
  await everybody();
  console.log("begins");
  const workers = new Set<string>();
  let sum = 0;
  for await (const [i, worker] of withOptions({ chunkSize: 2 }).map(work, range(tasks))) {
    sum += i;
    workers.add(worker);
  }
  console.log(sum, [...workers].sort().join(" "));
}
