/** Large arrays go to other workers and come back; each is looked at as a whole. */

import { map } from "../../../mod.ts";

/** Elements of 8 bytes: from just enough to lie in shared memory to 16 MB. */
const LENGTHS = [40_000, 524_287, 524_289, 2_000_000];

/** The array with all elements raised by one, and another of its length. */
export function raised(array: Float64Array): [Float64Array, Uint8Array] {
  return [array.map((x) => x + 1), new Uint8Array(array.length).fill(7)];
}

if (import.meta.main) {
  const inputs = LENGTHS.flatMap((length) =>
    [1, 2, 3].map((x) => new Float64Array(length).fill(x))
  );
  const results = await map(raised, inputs);
  for (const [i, [array, bytes]] of results.entries()) {
    const { length } = inputs[i]!;
    const right = array.length === length && bytes.length === length &&
      array.every((x) => x === inputs[i]![0]! + 1) && bytes.every((byte) => byte === 7);
    if (!right) console.log(`${length} elements came back as others`);
  }
  console.log(`${results.length} arrays`);
}
