/**
 * How the loss of a task is told, by whoever gives it up: the broker, or the origin for its own.
 *
 * @module
 */

import { WorkerLostError } from "./errors.ts";

/** V8 ends a process that has used up its heap by a trap, which its parent sees in either form. */
const OUT_OF_MEMORY = /^(?:signal SIGTRAP|exit code 133)$/;
/** On some processors, and in some builds, it does so otherwise; so does much else. */
const PERHAPS = /^(?:signal SIG(?:ABRT|ILL|SEGV)|exit code 13[249])$/;
/** What it writes before that. */
const ITS_WORDS = /Fatal (?:JavaScript|process) out of memory|JavaScript heap out of memory/;

/**
 * How a process ended, as one would say it: "signal SIGTRAP" is what V8 does without memory.
 *
 * @param words what it wrote last, if that is known
 */
export function howEnded(reason: string, words = ""): string {
  const is = OUT_OF_MEMORY.test(reason) || (PERHAPS.test(reason) && ITS_WORDS.test(words));
  return is ? `out of memory: V8's heap is full, ${reason}` : reason;
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
  // One that is to run only once, when nobody knows whether it had begun.
  const tried = attempts === 0
    ? "the task may have begun, and is not to run twice"
    : `the task was tried ${times}`;
  const name = worker === "" ? "" : `, ${worker},`;
  const error = new WorkerLostError(
    `the worker that ran ${label}${name} was lost (${howEnded(reason)}); ${tried}`,
  );
  return ofTask(error, { name: label, index: undefined, worker, attempts });
}

/** How a worker tells on stderr that it cannot import the program, to whoever started it too. */
export const CANNOT_IMPORT = "cannot import the program: ";

/** Notes in an error which task it is of, as `error.task`. */
export function ofTask<E extends Error>(error: E, task: Readonly<Record<string, unknown>>): E {
  const property = { value: task, writable: true, configurable: true, enumerable: false };
  return Object.defineProperty(error, "task", property);
}
