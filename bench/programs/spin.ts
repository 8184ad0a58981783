/**
 * Tasks that keep a processor busy for a given time.
 *
 * @module
 */

import { map } from "../../mod.ts";
import type { Answer } from "../workload.ts";
import { untilAllHere } from "./elsewhere.ts";
import { answer, areNumbers, numbers, readWorkload } from "./report.ts";

export function spin(x: number, milliseconds: number): number {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
  return x;
}

async function once(tasks: number, milliseconds: number): Promise<Answer> {
  const inputs = numbers(tasks);
  const lengths = inputs.map(() => milliseconds);
  const start = performance.now();
  const results = await map(spin, inputs, lengths);
  const seconds = (performance.now() - start) / 1000;
  return { seconds, right: areNumbers(results, tasks) };
}

if (import.meta.main) {
  const { tasks, milliseconds } = readWorkload("spin");
  await untilAllHere();
  await once(Math.ceil(tasks / 10), milliseconds);
  answer(await once(tasks, milliseconds));
}
