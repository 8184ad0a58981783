/**
 * Large arrays as arguments, a different one for each task.
 *
 * @module
 */

import { map } from "../../mod.ts";
import type { Answer } from "../workload.ts";
import { untilAllHere } from "./elsewhere.ts";
import { answer, areNumbers, numbers, readWorkload } from "./report.ts";

/** The first element, if the last is the index that it should be. */
export function first(array: Float64Array): number {
  return array.at(-1) === array.length - 1 ? array[0]! : NaN;
}

async function once(bytes: number, tasks: number): Promise<Answer> {
  const arrays = numbers(tasks).map((number) => {
    const array = Float64Array.from({ length: bytes / 8 }, (_, i) => i);
    array[0] = number;
    return array;
  });
  const start = performance.now();
  const results = await map(first, arrays);
  const seconds = (performance.now() - start) / 1000;
  return { seconds, right: areNumbers(results, tasks) };
}

if (import.meta.main) {
  const { bytes, tasks } = readWorkload("arguments");
  await untilAllHere();
  await once(bytes, Math.ceil(tasks / 4));
  answer(await once(bytes, tasks));
}
