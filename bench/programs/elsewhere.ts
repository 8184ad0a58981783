/**
 * Tasks that run on another worker than the one that spawned them.
 *
 * A worker that waits for a future runs other tasks meanwhile, so it would run the awaited one
 * itself. Here a task on the origin waits in a way the library does not see: it keeps its place,
 * and what it spawns has to travel.
 *
 * @module
 */

import { type Future, scoop, submit } from "../../mod.ts";

/** Waits for a future and keeps this worker's place; the second is when it was done. */
export function keepPlace<R>(future: Future<R>): Promise<{ result: R; at: number }> {
  return new Promise((resolve, reject) => {
    future.addDoneCallback(() => {
      const at = performance.now();
      future.result().then((result) => resolve({ result, at }), reject);
    });
  });
}

/** Where a task runs. */
export function whereAmI(): string {
  return scoop.workerName;
}

/** @returns the name of another worker, as soon as there is one that executes tasks. */
export async function meetOther(): Promise<string> {
  const { result } = await keepPlace(submit(whereAmI));
  return result;
}

/** Waits until another worker is up, so that its start is not part of what is measured. */
export async function untilAllHere(): Promise<void> {
  const other = await submit(meetOther);
  if (other === scoop.workerName) throw new Error("the task ran at home, it had to travel");
}
