/**
 * Memory of a worker that has executed a task and waits for the next.
 *
 * @module
 */

import { scoop, submit } from "../../mod.ts";
import { elsewhere, untilAllHere } from "./elsewhere.ts";
import { answer, readWorkload } from "./report.ts";

/** Milliseconds that the worker has nothing to do. */
const IDLE = 500;

/** Bytes of the process that runs this. */
export function resident(): { worker: string; bytes: number } {
  return { worker: scoop.workerName, bytes: Deno.memoryUsage().rss };
}

if (import.meta.main) {
  readWorkload("idle");
  await untilAllHere();
  await new Promise((resolve) => setTimeout(resolve, IDLE));
  const { result } = await elsewhere(
    () => submit(resident),
    ({ worker }) => worker !== scoop.workerName,
  );
  answer({ right: true, bytes: result.bytes });
}
