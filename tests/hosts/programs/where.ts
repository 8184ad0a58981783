/** Prints how many tasks each worker did, then what it read and its arguments; exit code 7. */

import { map, scoop } from "../../../mod.ts";

export function where(milliseconds: number): string {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
  return scoop.workerName;
}

if (import.meta.main) {
  const [tasks = "60", ...args] = Deno.args;
  console.log("begins");
  const counts = new Map<string, number>();
  for await (const name of map(where, Array(Number(tasks)).fill(20))) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  for (const [name, count] of [...counts].sort()) console.log(name, count);
  const input = await new Response(Deno.stdin.readable).text();
  console.log(scoop.size, scoop.workerName, input.trim(), ...args);
  Deno.exit(7);
}
