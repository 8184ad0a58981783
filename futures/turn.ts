/**
 * Turns: who is executing, and who waits for whom.
 *
 * A turn is one task being executed, or the user's program itself. A worker gives the processor to
 * one turn at a time. The turn that begins to wait for a future of ours gives its place up, so that
 * its worker runs other tasks meanwhile; it is what makes nesting of any depth safe. Which turn a
 * call of ours comes from is known from asynchronous context (measured: 0.25 µs to enter one, 1 ns
 * to read it, and `then` of an awaited object sees the context of the `await`).
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { globalState } from "./global_state.ts";
import type { Group } from "./local_queue.ts";
import type { Runtime } from "./runtime.ts";

/** One task being executed, or the program. */
export interface Turn {
  /** The task's function, for messages; "program" for the program itself. */
  readonly label: string;
  /** Turns are numbered as they begin. */
  readonly number: number;
  /** How many futures it waits for now. */
  waiting: number;
  /** True once it has ended: it holds no place any more, whatever its leftovers still do. */
  over: boolean;
  /** What it spawned and nobody has begun. */
  group: Group | undefined;
  /** Milliseconds measured so far, or -1 when this turn is not measured. */
  spent: number;
  /** When the current stretch began, for a measured turn. */
  since: number;
  /** Where it belongs, if not to the runtime of this process. */
  readonly runtime: Runtime | undefined;
}

const numbers = globalState("turnNumbers", () => ({ last: 0 }));

/** A turn that has just begun. */
export function newTurn(label: string, measured: boolean, runtime?: Runtime): Turn {
  return {
    label,
    number: ++numbers.last,
    waiting: 0,
    over: false,
    group: undefined,
    spent: measured ? 0 : -1,
    since: 0,
    runtime,
  };
}

const context = globalState("turns", () => new AsyncLocalStorage<Turn>());

/** The turn whose code is running, or undefined outside of every task. */
export function currentTurn(): Turn | undefined {
  return context.getStore();
}

/** Calls `fn` as a part of `turn`; outside of every task when that is undefined. */
export function runInTurn<A, R>(turn: Turn | undefined, fn: (argument: A) => R, argument: A): R {
  return context.run(turn as Turn, fn, argument);
}
