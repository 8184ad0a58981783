/**
 * Tasks that run on another worker than the one that spawned them.
 *
 * A program that submits a task and awaits it at once frees its own worker, which then runs the
 * task itself: that is quickest. Here the program goes on for a moment before it awaits, so a task
 * leaves for a worker that is known to be free. Nothing forces it to; what ran at home is tried
 * again and not counted.
 *
 * @module
 */

import { type Future, scoop, submit } from "../../mod.ts";

/** Steps of the microtask queue that the program goes on for. */
const MOMENT = 4;
/** Milliseconds in which the news that another worker is free should arrive. */
const NEWS = 20;
/** Tries after which something must be wrong. */
const MOST_TRIES = 500;

/**
 * Calls `spawn` until its task has run elsewhere.
 *
 * @param isElsewhere tells by the result where it ran
 * @returns the result, and the milliseconds from the call until it was there
 * @throws {Error} when the task runs at home every time
 */
export async function elsewhere<R>(
  spawn: () => Future<R>,
  isElsewhere: (result: R) => boolean,
): Promise<{ result: R; milliseconds: number }> {
  for (let i = 0; i < MOST_TRIES; i++) {
    const start = performance.now();
    const future = spawn();
    for (let step = 0; step < MOMENT; step++) await null;
    const result = await future;
    const milliseconds = performance.now() - start;
    if (isElsewhere(result)) return { result, milliseconds };
    await new Promise((resolve) => setTimeout(resolve, NEWS));
  }
  throw new Error("the task never ran on another worker");
}

/** The name of the worker that runs this. */
export function whereAmI(): string {
  return scoop.workerName;
}

/** A no-op on another worker: the milliseconds from `submit` to its result. */
export async function remoteTrip(): Promise<number> {
  const trip = await elsewhere(() => submit(whereAmI), (name) => name !== scoop.workerName);
  return trip.milliseconds;
}

/** Waits until another worker is up, so that its start is not part of what is measured. */
export async function untilAllHere(): Promise<void> {
  await remoteTrip();
}
