/**
 * Submits a function that does nothing, one future for each call.
 *
 * @module
 */

import { type Future, submit } from "../../mod.ts";
import type { Answer } from "../workload.ts";
import { untilAllHere } from "./elsewhere.ts";
import { answer, areNumbers, readWorkload } from "./report.ts";

export function noop(x: number): number {
  return x;
}

async function once(tasks: number): Promise<Answer> {
  const start = performance.now();
  const futures: Future<number>[] = [];
  for (let i = 0; i < tasks; i++) futures.push(submit(noop, i));
  const results: number[] = [];
  for (const future of futures) results.push(await future);
  const seconds = (performance.now() - start) / 1000;
  return { seconds, right: areNumbers(results, tasks) };
}

if (import.meta.main) {
  const { tasks, warmUp } = readWorkload("submit");
  await untilAllHere();
  await once(warmUp);
  answer(await once(tasks));
}
