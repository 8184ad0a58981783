/**
 * One task after the other: how long from `submit` until the result is there.
 *
 * @module
 */

import { scoop, submit } from "../../mod.ts";
import type { Answer } from "../workload.ts";
import { remoteTrip, untilAllHere, whereAmI } from "./elsewhere.ts";
import { answer, readWorkload } from "./report.ts";

/** Tasks that were to run at home, and did not. */
let away = 0;

/**
 * The program awaits at once, so its worker runs the task itself, unless another gets hold of it
 * first: that is told, and not counted.
 */
async function localTrip(): Promise<number> {
  for (;;) {
    const start = performance.now();
    const name = await submit(whereAmI);
    const milliseconds = performance.now() - start;
    if (name === scoop.workerName) return milliseconds;
    away++;
  }
}

async function measure(
  trip: () => Promise<number>,
  count: number,
  pause: number,
): Promise<Answer> {
  const samples: number[] = [];
  away = 0;
  for (let i = 0; i < count; i++) {
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    samples.push(await trip());
  }
  const note = away > 0 ? `${away} tasks beside ${count} ran elsewhere` : undefined;
  return { samples, right: true, ...(note !== undefined && { note }) };
}

if (import.meta.main) {
  const { where, samples, pause } = readWorkload("latency");
  await untilAllHere();
  const trip = where === "local" ? localTrip : remoteTrip;
  await measure(trip, Math.ceil(samples / 4), pause);
  answer(await measure(trip, samples, pause));
}
