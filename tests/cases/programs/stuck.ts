/**
 * A bundle of six tasks, one of which is stuck; which, and how, are the arguments. Prints the
 * outcomes as JSON, in order.
 */

import { scoop, withOptions } from "../../../mod.ts";
import { everybody, range, sleep, spin } from "../../api/programs/checks.ts";

const TASKS = 6;

/** Task 0 leaves a mark, or fails on the origin, where nobody could end the task that is stuck. */
export async function work(i: number, stuck: number, how: string, mark: string): Promise<number> {
  if (i === 0 && scoop.isOrigin) throw new Error("on the origin");
  if (i === 0) Deno.writeTextFileSync(mark, "begun");
  if (i === stuck) {
    if (how === "sync") { for (;;); }
    await new Promise((resolve) => setTimeout(resolve, 1e9));
  }
  spin(100);
  return i;
}

/** The outcomes of all, or undefined when it was the origin that took the bundle. */
async function outcomes(stuck: number, how: string, mark: string) {
  const same = <T>(value: T) => Array<T>(TASKS).fill(value);
  const results = withOptions({ timeout: 500, chunkSize: TASKS, retries: 0 })
    .map(work, range(TASKS), same(stuck), same(how), same(mark));
  // Whoever awaits a result helps; so nothing is awaited before another worker has begun.
  for (let waits = 0; Deno.statSync(mark).size === 0 && waits < 500; waits++) await sleep(10);
  const settled = await Promise.allSettled(range(TASKS).map(() => results.next()));
  if (Deno.statSync(mark).size === 0) return undefined;
  return settled.map((one) =>
    one.status === "fulfilled" ? one.value.value : (one.reason as Error).name
  );
}

if (import.meta.main) {
  const [stuck, how] = Deno.args;
  await everybody();
  let told: unknown[] | undefined;
  while (told === undefined) {
    const mark = Deno.makeTempFileSync();
    told = await outcomes(Number(stuck), how!, mark);
    Deno.removeSync(mark);
  }
  console.log(JSON.stringify(told));
}
