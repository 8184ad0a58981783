/**
 * Tasks whose times differ 1,000-fold. They wait instead of computing, so that it does not matter
 * what else the machine does. Prints the run's time over that of the best possible schedule of the
 * times that were really taken.
 */

import { setTimeout as delay } from "node:timers/promises";
import { map, scoop } from "../../../mod.ts";

export async function wait(milliseconds: number): Promise<number> {
  const began = performance.now();
  await delay(milliseconds);
  return performance.now() - began;
}

export async function whoami(_: number): Promise<string> {
  await delay(5);
  return scoop.workerName;
}

/** Bounded Pareto, exponent 1.1, from 0.4 to 400 ms; by the xorshift generator. */
function times(count: number): number[] {
  let state = 2463534242;
  return Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const chance = (state >>> 0) / 2 ** 32;
    return 0.4 * (1 - chance * (1 - 1000 ** -1.1)) ** (-1 / 1.1);
  });
}

if (import.meta.main) {
  // Until all workers are there.
  while (new Set(await map(whoami, Array(10).keys())).size < scoop.size);
  const ratios: string[] = [];
  for (let run = 0; run < 3; run++) {
    const began = performance.now();
    const taken = await map(wait, times(1500));
    const whole = performance.now() - began;
    const sum = taken.reduce((a, b) => a + b);
    const best = Math.max(sum / scoop.size, ...taken);
    ratios.push((whole / best).toFixed(3));
  }
  console.log(ratios.sort()[0], ...ratios);
}
