/** A program with workers of its own, to be looked at. */

import { Executor } from "../../../mod.ts";

/** Computes for so many milliseconds. */
export function work(ms: number): number {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
}

if (import.meta.main) {
  await using pool = new Executor({ workers: 2, dashboard: 0 });
  for await (const _ of pool.map(work, Array<number>(1_000).fill(20)));
}
