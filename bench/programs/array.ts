/**
 * A large array that travels to another worker and back.
 *
 * @module
 */

import { scoop, submit } from "../../mod.ts";
import type { Answer } from "../workload.ts";
import { elsewhere, untilAllHere } from "./elsewhere.ts";
import { answer, readWorkload } from "./report.ts";

/** Returns the array with its first element raised by one; 1,000 more if it has not travelled. */
export function touch(array: Float64Array): Float64Array {
  array[0]! += scoop.isOrigin ? 1001 : 1;
  return array;
}

async function measure(bytes: number, count: number): Promise<Answer> {
  const array = Float64Array.from({ length: bytes / 8 }, (_, i) => i);
  const samples: number[] = [];
  let right = true;
  for (let i = 0; i < count; i++) {
    const trip = await elsewhere(() => submit(touch, array), ([first]) => first !== 1001);
    samples.push(trip.milliseconds);
    right &&= isTouched(trip.result, array.length);
  }
  return { samples, right };
}

function isTouched(array: Float64Array, length: number): boolean {
  return array.length === length && array[0] === 1 &&
    array.every((value, i) => i === 0 || value === i);
}

if (import.meta.main) {
  const { bytes, trips } = readWorkload("array");
  await untilAllHere();
  await measure(bytes, Math.ceil(trips / 4));
  answer(await measure(bytes, trips));
}
