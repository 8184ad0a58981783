/** One of 3,000 short tasks never ends. Prints the sum of the results and the other outcomes. */

import { Executor } from "../../../mod.ts";
import { range, spin } from "../../api/programs/checks.ts";

const TASKS = 3000;

export function work(i: number): number {
  if (i === TASKS / 2) { for (;;); }
  spin(0.3);
  return i;
}

if (import.meta.main) {
  await using pool = new Executor({ workers: 2, flags: ["-A"] });
  await pool.ready;
  const results = pool.withOptions({ timeout: 2000 }).map(work, range(TASKS));
  const outcomes = await Promise.allSettled(range(TASKS).map(() => results.next()));
  let sum = 0;
  const failed: string[] = [];
  for (const [i, one] of outcomes.entries()) {
    if (one.status === "fulfilled") sum += one.value.value as number;
    else failed.push(`${i} ${(one.reason as Error).name}`);
  }
  console.log(JSON.stringify({ sum, failed }));
}
