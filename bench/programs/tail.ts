/**
 * Many short tasks, and a few that are many times as long: whoever gets one of these late is
 * waited for by all others.
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

async function once(lengths: number[]): Promise<Answer> {
  const start = performance.now();
  const results = await map(spin, lengths.keys(), lengths);
  const seconds = (performance.now() - start) / 1000;
  return { seconds, right: areNumbers(results, lengths.length) };
}

if (import.meta.main) {
  const { tasks, milliseconds, times, long } = readWorkload("tail");
  const isLong = new Set(long);
  await untilAllHere();
  await once(numbers(Math.ceil(tasks / 10)).map(() => milliseconds));
  answer(await once(numbers(tasks).map((i) => milliseconds * (isLong.has(i) ? times : 1))));
}
