/**
 * A large array that travels to another worker and back.
 *
 * @module
 */

import { scoop, submit } from "../../mod.ts";
import type { Answer } from "../workload.ts";
import { keepPlace, untilAllHere } from "./elsewhere.ts";
import { answer, readWorkload } from "./report.ts";

/** Returns the array with its first element raised by one; 1,000 more if it has not travelled. */
export function touch(array: Float64Array): Float64Array {
  array[0]! += scoop.isOrigin ? 1001 : 1;
  return array;
}

/** Runs on the origin and keeps its place, so that the arrays travel. */
export async function trips(bytes: number, count: number): Promise<Answer> {
  const array = Float64Array.from({ length: bytes / 8 }, (_, i) => i);
  const samples: number[] = [];
  let right = true;
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    const { result, at } = await keepPlace(submit(touch, array));
    samples.push(at - start);
    right &&= isTouched(result, array.length);
  }
  return { samples, right };
}

function isTouched(array: Float64Array, length: number): boolean {
  return array.length === length && array[0] === 1 &&
    array.every((value, i) => i === 0 || value === i);
}

if (import.meta.main) {
  const { bytes, trips: count } = readWorkload("array");
  await untilAllHere();
  await submit(trips, bytes, Math.ceil(count / 4));
  answer(await submit(trips, bytes, count));
}
