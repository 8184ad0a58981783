/**
 * One task after the other: how long from `submit` until the result is there.
 *
 * @module
 */

import { scoop, submit } from "../../mod.ts";
import type { Answer } from "../workload.ts";
import { remoteTrip, untilAllHere, whereAmI } from "./elsewhere.ts";
import { answer, readWorkload } from "./report.ts";

/** The program awaits at once, so its worker runs the task itself. */
async function localTrip(): Promise<number> {
  const start = performance.now();
  const name = await submit(whereAmI);
  const milliseconds = performance.now() - start;
  if (name !== scoop.workerName) throw new Error(`the task ran on ${name}`);
  return milliseconds;
}

async function measure(
  trip: () => Promise<number>,
  count: number,
  pause: number,
): Promise<Answer> {
  const samples: number[] = [];
  for (let i = 0; i < count; i++) {
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    samples.push(await trip());
  }
  return { samples, right: true };
}

if (import.meta.main) {
  const { where, samples, pause } = readWorkload("latency");
  await untilAllHere();
  const trip = where === "local" ? localTrip : remoteTrip;
  await measure(trip, Math.ceil(samples / 4), pause);
  answer(await measure(trip, samples, pause));
}
