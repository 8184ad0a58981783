/** Rounds of tasks with large results, on workers that are replaced after each two of them. */

import { setTimeout as delay } from "node:timers/promises";
import { withOptions } from "../../../mod.ts";

/** 2 MB. */
const BYTES = 2_000_000;

export function filled(x: number): Uint8Array {
  const end = performance.now() + 30;
  while (performance.now() < end);
  return new Uint8Array(BYTES).fill(x);
}

if (import.meta.main) {
  for (let round = 0; round < 3; round++) {
    const inputs = Array.from({ length: 24 }, (_, i) => i);
    const results = await withOptions({ chunkSize: 1 }).map(filled, inputs);
    const right = results.every((bytes, i) => bytes.every((byte) => byte === i));
    if (!right) console.log("a result is another's");
  }
  console.log("all rounds are over");
  await delay(15_000);
}
