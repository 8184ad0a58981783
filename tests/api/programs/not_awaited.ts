/** A program that awaits nothing at its top level: only what it waits for keeps it alive. */

import { map, mapAsCompleted, submit } from "../../../mod.ts";

/** Lets go once, then holds the processor for so long that whoever executes it yields after it. */
export async function longer(x: number): Promise<number> {
  await Promise.resolve();
  for (const end = performance.now() + 7; performance.now() < end;);
  return x;
}

async function main(): Promise<void> {
  const inputs = Array.from({ length: 12 }, (_, x) => x);
  const all = await map(longer, inputs);
  let completed = 0;
  for await (const x of mapAsCompleted(longer, inputs)) completed += x;
  let one = 0;
  for (const x of inputs) one += await submit(longer, x);
  console.log(all.length, completed, one);
}

if (import.meta.main) main();
