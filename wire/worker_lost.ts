/**
 * How the loss of a task is told, by whoever gives it up: the broker, or the origin for its own.
 *
 * @module
 */

import { WorkerLostError } from "./errors.ts";

/** V8 ends a process that has used up its heap by a trap, which its parent sees in either form. */
const OUT_OF_MEMORY = /^(?:signal SIGTRAP|exit code 133)$/;

/** How a process ended, as one would say it: "signal SIGTRAP" is what V8 does without memory. */
export function howEnded(reason: string): string {
  return OUT_OF_MEMORY.test(reason) ? `out of memory: V8's heap is full, ${reason}` : reason;
}

/**
 * What the owner of a task is told that was lost with its worker once too often.
 *
 * @param worker that was lost last; empty when nobody knows
 */
export function workerLost(
  label: string,
  attempts: number,
  reason: string,
  worker = "",
): WorkerLostError {
  const times = attempts === 1 ? "once" : `${attempts} times`;
  const name = worker === "" ? "" : `, ${worker},`;
  const error = new WorkerLostError(
    `the worker that ran ${label}${name} was lost (${
      howEnded(reason)
    }); the task was tried ${times}`,
  );
  return ofTask(error, { name: label, index: undefined, worker, attempts });
}

/** Notes in an error which task it is of, as `error.task`. */
export function ofTask<E extends Error>(error: E, task: Readonly<Record<string, unknown>>): E {
  const property = { value: task, writable: true, configurable: true, enumerable: false };
  return Object.defineProperty(error, "task", property);
}
