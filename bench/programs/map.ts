/**
 * Maps a function that does nothing.
 *
 * @module
 */

import { map } from "../../mod.ts";
import type { Answer } from "../workload.ts";
import { untilAllHere } from "./elsewhere.ts";
import { answer, areNumbers, numbers, readWorkload } from "./report.ts";

export function noop(x: number): number {
  return x;
}

async function once(tasks: number): Promise<Answer> {
  const inputs = numbers(tasks);
  const start = performance.now();
  const results = await map(noop, inputs);
  const seconds = (performance.now() - start) / 1000;
  return { seconds, right: areNumbers(results, tasks) };
}

if (import.meta.main) {
  const { tasks, warmUp } = readWorkload("map");
  await untilAllHere();
  await once(warmUp);
  answer(await once(tasks));
}
