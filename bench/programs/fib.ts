/**
 * Tasks that spawn tasks and wait for them.
 *
 * @module
 */

import { submit } from "../../mod.ts";
import type { Answer } from "../workload.ts";
import { untilAllHere } from "./elsewhere.ts";
import { answer, readWorkload } from "./report.ts";

export async function fib(n: number): Promise<number> {
  if (n < 2) return n;
  const before = submit(fib, n - 1);
  const beforeThat = submit(fib, n - 2);
  return await before + await beforeThat;
}

async function once(n: number): Promise<Answer> {
  const start = performance.now();
  const result = await submit(fib, n);
  const seconds = (performance.now() - start) / 1000;
  return { seconds, right: result === known(n) };
}

/** A Fibonacci number, added up. */
export function known(n: number): number {
  let [a, b] = [0, 1];
  for (let i = 0; i < n; i++) [a, b] = [b, a + b];
  return a;
}

if (import.meta.main) {
  const { n, warmUp } = readWorkload("fib");
  await untilAllHere();
  await once(warmUp);
  answer(await once(n));
}
