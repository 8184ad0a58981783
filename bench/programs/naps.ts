/**
 * Tasks that do nothing but await a timer: how many do so at a time.
 *
 * @module
 */

import { map, task } from "../../mod.ts";
import type { Answer } from "../workload.ts";
import { untilAllHere } from "./elsewhere.ts";
import { answer, areNumbers, numbers, readWorkload } from "./report.ts";

/** As many at a time as the pools beside it are given. */
const CONCURRENCY = 1_000;

export const nap = task(async (x: number, milliseconds: number): Promise<number> => {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return x;
}, { name: "nap", concurrency: CONCURRENCY });

async function once(tasks: number, milliseconds: number): Promise<Answer> {
  const inputs = numbers(tasks);
  const start = performance.now();
  const results = await map(nap, inputs, inputs.map(() => milliseconds));
  const seconds = (performance.now() - start) / 1000;
  return { seconds, right: areNumbers(results, tasks) };
}

if (import.meta.main) {
  const { tasks, milliseconds } = readWorkload("naps");
  await untilAllHere();
  await once(Math.ceil(tasks / 10), milliseconds);
  answer(await once(tasks, milliseconds));
}
