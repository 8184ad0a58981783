/**
 * One task after the other: how long from `submit` until the result is there.
 *
 * @module
 */

import { scoop, submit } from "../../mod.ts";
import { type Answer, PAUSE } from "../workload.ts";
import { keepPlace, untilAllHere, whereAmI } from "./elsewhere.ts";
import { answer, readWorkload } from "./report.ts";

/** Runs on the origin and keeps its place, so that the tasks travel. */
export async function remote(count: number): Promise<Answer> {
  const samples: number[] = [];
  let right = scoop.isOrigin;
  for (let i = 0; i < count; i++) {
    await pause();
    const start = performance.now();
    const { result, at } = await keepPlace(submit(whereAmI));
    samples.push(at - start);
    if (result === scoop.workerName) right = false;
  }
  return { samples, right };
}

/** The program waits, so its worker is free to run the task itself. */
async function local(count: number): Promise<Answer> {
  const samples: number[] = [];
  let right = true;
  for (let i = 0; i < count; i++) {
    await pause();
    const start = performance.now();
    const name = await submit(whereAmI);
    samples.push(performance.now() - start);
    if (name !== scoop.workerName) right = false;
  }
  return { samples, right };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, PAUSE));
}

if (import.meta.main) {
  const { where, samples } = readWorkload("latency");
  await untilAllHere();
  const measure = (count: number) => where === "local" ? local(count) : submit(remote, count);
  await measure(Math.ceil(samples / 4));
  answer(await measure(samples));
}
