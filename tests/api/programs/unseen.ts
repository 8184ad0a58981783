/** Failures that nobody looks at, and others that somebody does. */

import { asCompleted, join, map, mapReduce, scoop, submit, wait } from "../../../mod.ts";
import { fail, sleep } from "./checks.ts";

export function add(a: number, b: number): number {
  return a + b;
}

export function failAll(x: number): number {
  fail(`map ${x}`);
}

/** Fails at once, but for the second, so that the third is there before it. */
export async function failUnevenly(x: number): Promise<void> {
  if (x === 11) await sleep(1000);
  fail(`map ${x}`);
}

export async function failLater(): Promise<void> {
  await sleep(100);
  fail("late");
}

/** Spawns a task that fails and does not care. */
export async function spawnAndForget(milliseconds: number): Promise<string> {
  await wait([submit(fail, "of a task")]);
  await sleep(milliseconds);
  return scoop.workerName;
}

if (import.meta.main) {
  // These are to be reported.
  await wait([submit(fail, "once\nand more")]);
  await wait([submit(fail, "thrice"), submit(fail, "thrice"), submit(fail, "thrice")]);
  await asCompleted([submit(fail, "gone past")]).next();
  const results = map(failAll, [1, 2]);
  await results.next().catch(() => {});
  await join([submit(fail, "seen"), submit(fail, "second of a join")]).catch(() => {});
  const late = submit(failLater);
  await late.result({ timeout: 5 }).catch(() => {});
  await wait([late]);
  let forgotten = 0;
  const workers = new Set<string>();
  while (workers.size < scoop.size) {
    const names = await map(spawnAndForget, Array(2 * scoop.size).fill(10));
    for (const name of names) workers.add(name);
    forgotten += names.length;
  }

  // These are not.
  await submit(fail, "awaited").catch(() => {});
  await submit(fail, "asked for").exception();
  await Promise.all([submit(fail, "in all"), submit(fail, "in all")]).catch(() => {});
  await map(failAll, [3, 4, 5]).catch(() => {});
  await mapReduce(failAll, add, [6, 7, 8, 9]).catch(() => {});
  submit(fail, "cancelled").cancel();
  await map(failUnevenly, [10, 11, 12]).catch(() => {});
  await sleep(100);
  console.log(forgotten);
}
