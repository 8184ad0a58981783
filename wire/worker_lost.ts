/**
 * How the loss of a task is told, by whoever gives it up: the broker, or the origin for its own.
 *
 * @module
 */

import { WorkerLostError } from "./errors.ts";

/** What the owner of a task is told that was lost with its worker once too often. */
export function workerLost(label: string, attempts: number, reason: string): WorkerLostError {
  const times = attempts === 1 ? "once" : `${attempts} times`;
  return new WorkerLostError(
    `the worker that ran ${label} was lost (${reason}); the task was tried ${times}`,
  );
}
