/** Large arguments and results under way, while workers are killed from outside. */

import { withOptions } from "../../../mod.ts";

const SIZE = 16 << 20;

export function plusOne(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte) => byte + 1);
}

if (import.meta.main) {
  console.log("begins");
  const inputs = function* () {
    for (let i = 0; i < 12; i++) yield new Uint8Array(SIZE).fill(i);
  };
  let right = 0;
  let i = 0;
  for await (const bytes of withOptions({ retries: 50, chunkSize: 1 }).map(plusOne, inputs())) {
    i++;
    if (bytes.length === SIZE && bytes.at(0) === i && bytes.at(-1) === i) right++;
  }
  console.log(`${right} right of ${i}`);
}
