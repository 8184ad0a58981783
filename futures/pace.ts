/**
 * How an executor gets its time: the one place where it meets the event loop. The simulation brings
 * another.
 *
 * @module
 */

import { isBehind } from "../wire/backlog.ts";
import { breatheThen } from "../wire/breath.ts";
import { drainSockets } from "../wire/receiver.ts";
import { setTimeout } from "../wire/timers.ts";

/** See the module's text. */
export interface Pace {
  /** Milliseconds, from any beginning. */
  now(): number;
  /** Calls `run` when the code that runs now has let go. */
  soon(run: () => void): void;
  /** Calls `run` when everybody else had a turn: timers, sockets, and operations of the user's. */
  later(run: () => void): void;
  /** Calls `run` when what has arrived for this process was taken in; nobody else has a turn. */
  drain(run: () => void): void;
  /** Whether something is yet to leave this process that leaves only while the event loop runs. */
  isBehind(): boolean;
  /** Calls `run` after so many milliseconds, unless the returned function is called before. */
  after(milliseconds: number, run: () => void): () => void;
}

/** The longest time a timer takes; beyond it, it fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Calls `run` after any number of milliseconds, as long as a run of months.
 *
 * @returns a function that takes it back
 */
export function afterMilliseconds(milliseconds: number, run: () => void): () => void {
  let left = milliseconds;
  let timer: ReturnType<typeof setTimeout>;
  const wait = () => {
    const part = Math.min(left, LONGEST_TIMER);
    left -= part;
    timer = setTimeout(left > 0 ? wait : run, part);
  };
  wait();
  return () => clearTimeout(timer);
}

/** The event loop of this process. */
export const EVENT_LOOP: Pace = {
  now: () => performance.now(),
  soon: queueMicrotask,
  // Between two slices of tasks what has arrived is taken in, whatever the event loop does.
  later: (run) => breatheThen(() => void drainSockets().then(run, run)),
  drain: (run) => void drainSockets().then(run, run),
  isBehind,
  after: afterMilliseconds,
};
