/**
 * How computations let the rest of the process in.
 *
 * Deno serves asynchronous operations, such as the waiting for sockets, when its event loop goes to
 * sleep, and otherwise only now and then. While JavaScript computes in slices of 5 ms, an operation
 * of 10 ms completes (median and worst in ms, of the calmest runs on two processors)
 *
 * - after 160 and 430 where the yield is `setImmediate`, after 650 and more with `MessageChannel`;
 * - after 15 and 40 with `setTimeout(0)`, which loses 20 to 30 % of the processor;
 * - after 10 in one run and 650 in the next where it is an operation that is over before the event
 *   loop gets to sleep: a digest, a look at a file, an empty call;
 * - after 10.2 and 15 where it is an operation that sleeps for a moment. A breath takes 0.12 ms
 *   then, and 97.6 % of the processor are left.
 *
 * Timers fire on time in all cases, and tell nothing.
 *
 * @module
 */

import { LIMITS } from "./limits.ts";
import { setTimeout } from "./timers.ts";

/** Sleeps for a moment; undefined as long as nobody knows a way. */
let sleep: (() => Promise<unknown>) | undefined;

/** From now on, to breathe is to await what `operation` returns: it must sleep for a moment. */
export function breatheBy(operation: () => Promise<unknown>): void {
  sleep = operation;
}

/** The same, unless another way is known: that is a better one. */
export function breatheAtLeastBy(operation: () => Promise<unknown>): void {
  sleep ??= operation;
}

/** What the digest is made of; never changed. */
const ONE_BYTE = new Uint8Array(1);

/** When a process without a better way last slept, by a timer. */
let sleptAt = 0;

/**
 * Lets the event loop serve whatever waits: timers, and above all asynchronous operations. It
 * resolves always.
 */
export async function breathe(): Promise<void> {
  try {
    if (sleep !== undefined) await sleep();
    else if (performance.now() - sleptAt < LIMITS.breathSleepMs) {
      await crypto.subtle.digest("SHA-1", ONE_BYTE);
    } else {
      await new Promise((resolve) => setTimeout(resolve, 0));
      sleptAt = performance.now();
    }
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/** Calls `next` after a breath. */
export function breatheThen(next: () => void): void {
  void breathe().then(next);
}
