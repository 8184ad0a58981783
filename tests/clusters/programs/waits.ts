/** `waits.ts MS TASKS`: how busy all workers are with so many tasks that keep them for so long. */

import { map, scoop } from "../../../mod.ts";

/** Keeps the process, as a computation does, but not the processor. */
export function keep(ms: number): string {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  return scoop.workerName;
}

if (import.meta.main) {
  const [ms, tasks] = Deno.args.map(Number) as [number, number];
  // All are there.
  for (const seen = new Set<string>(); seen.size < scoop.size;) {
    for (const name of await map(keep, Array(2 * scoop.size).fill(50))) seen.add(name);
  }
  const began = performance.now();
  await map(keep, Array(tasks).fill(ms));
  const ideal = tasks * ms / scoop.size;
  console.log(`busy ${Math.round(100 * ideal / (performance.now() - began))} %`);
}
