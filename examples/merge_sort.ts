// deno run -A cli.ts -n 4 examples/merge_sort.ts [numbers] [threshold]
/**
 * Merge sort by divide and conquer: each half is a task, and halves itself, until what is left is
 * sorted faster than it is sent. Typed arrays travel as they are, without being encoded.
 *
 * @module
 */

import { submit } from "../mod.ts";

/** Sorts numbers; arrays of up to `threshold` at once, longer ones by halves. */
export async function mergeSort(numbers: Float64Array, threshold: number): Promise<Float64Array> {
  if (numbers.length <= threshold) return numbers.sort();
  const middle = numbers.length >> 1;
  const left = submit(mergeSort, numbers.subarray(0, middle), threshold);
  const right = submit(mergeSort, numbers.subarray(middle), threshold);
  return merge(await left, await right);
}

function merge(a: Float64Array, b: Float64Array): Float64Array {
  const merged = new Float64Array(a.length + b.length);
  let i = 0;
  let j = 0;
  for (let k = 0; k < merged.length; k++) {
    merged[k] = j === b.length || (i < a.length && a[i]! <= b[j]!) ? a[i++]! : b[j++]!;
  }
  return merged;
}

if (import.meta.main) {
  const [count = 2_000_000, threshold = 250_000] = Deno.args.map(Number);
  // Multiples of the golden ratio, without what is before the point, are well shuffled.
  const numbers = Float64Array.from({ length: count }, (_, i) => (i * 1.618033988749895) % 1);
  const sorted = await submit(mergeSort, numbers, threshold);
  const inOrder = sorted.every((number, i) => i === 0 || sorted[i - 1]! <= number);
  console.log(`${sorted.length} numbers, ${inOrder ? "in order" : "not in order"}`);
  console.log(`least ${sorted[0]}, median ${sorted[count >> 1]}, greatest ${sorted.at(-1)}`);
}
