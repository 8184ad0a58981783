/**
 * Memory of a worker that has executed a task and waits for the next.
 *
 * @module
 */

import { submit } from "../../mod.ts";
import { keepPlace, untilAllHere } from "./elsewhere.ts";
import { answer, readWorkload } from "./report.ts";

/** Milliseconds that the worker has nothing to do. */
const IDLE = 500;

/** Bytes of the process that runs this. */
export function resident(): number {
  return Deno.memoryUsage().rss;
}

/** Runs on the origin and keeps its place. */
export async function residentElsewhere(): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, IDLE));
  return (await keepPlace(submit(resident))).result;
}

if (import.meta.main) {
  readWorkload("idle");
  await untilAllHere();
  answer({ right: true, bytes: await submit(residentElsewhere) });
}
