/** Tasks with large arrays that take their time: every result is checked. */

import { map } from "../../../mod.ts";

/** 1.2 MB. */
const LENGTH = 150_000;

function numbers(first: number): Float64Array {
  return new Float64Array(LENGTH).fill(first);
}

/** Twice what it was given, after a while; what it was given is spoilt at once. */
export function doubled(array: Float64Array): Float64Array {
  const first = array[0]!;
  const right = array.length === LENGTH && array.every((value) => value === first);
  array.fill(NaN);
  const end = performance.now() + 100;
  while (performance.now() < end);
  return numbers(right ? 2 * first : NaN);
}

if (import.meta.main) {
  const arrays = Array.from({ length: 60 }, (_, i) => numbers(i));
  console.log("it begins");
  const results = await map(doubled, arrays);
  const right = results.every((array, i) => array.every((value) => value === 2 * i));
  console.log(right ? "all is right" : "wrong");
}
