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

import { asyncContext } from "./async_context.ts";
import { globalState } from "./global_state.ts";

/**
 * What a turn does: it runs; its task has returned a promise, or it is the program, and it holds the
 * processor between two steps of its code ("suspended"); it does so without doing anything, while
 * tasks that it spawned are not done, or it does not hold the processor between two steps, so that it
 * lets others run ("idle"); it waits for a future of
 * ours; it has ended. Only {@link ./turns.ts} moves it.
 */
export type TurnState = "running" | "suspended" | "idle" | "waiting" | "over";

/** A task or a `map` that a turn has spawned and that is not done. */
export interface Spawn {
  readonly turn: Turn;
  /** Its neighbours among what its turn has spawned; only {@link ./spawned.ts} moves them. */
  before: Spawn | undefined;
  after: Spawn | undefined;
  /** Nobody wants it any more, begun or not. */
  stop(reason: unknown, graceMs: number): void;
}

/** One task being executed, or the program. */
export interface Turn {
  /** The task's function, for messages; "program" for the program itself. */
  readonly label: string;
  /** Turns are numbered as they begin. */
  readonly number: number;
  /** The task's own number, since tasks may share a turn, one after the other; 0 for the program. */
  task: number;
  state: TurnState;
  /** How many futures it waits for now. */
  waiting: number;
  /** True when its end is that of a promise: it goes on in steps. */
  promised: boolean;
  /** Between two steps it does not hold the processor: see {@link ./overlap.ts}. */
  overlaps: boolean;
  /** It has called us since somebody last looked whether it is idle. */
  touched: boolean;
  /** Where it stands among the suspended, -1 when it is none; {@link ./suspended_turns.ts} knows. */
  place: number;
  /** How many of the things it spawned (tasks, maps) are not done. */
  open: number;
  /** The newest of these. */
  spawned: Spawn | undefined;
  /** It is to end, and why. */
  stopped: { readonly reason: unknown } | undefined;
  /** Tells its task so, if that has asked for its signal. */
  controller: AbortController | undefined;
  /** Its task was spawned by a turn that had ended when it began: nobody waits for it there. */
  orphan: boolean;
  /** What it spawned and nobody has begun, as {@link ./local_queue.ts} keeps it. */
  group: { readonly priority: number; readonly waits: boolean } | undefined;
  /** Called when it is over, if somebody wants to know. */
  ended: (() => void) | undefined;
  /** Milliseconds measured so far, or -1 when this turn is not measured. */
  spent: number;
  /** When it began, and when its current stretch did, for a measured turn. */
  began: number;
  since: number;
  /** Names what it does, to those who show the run; shared by tasks that ran in one go. */
  block: { id: number } | undefined;
  /** The runtime it belongs to, if not that of this process; {@link ./runtime.ts} knows what it is. */
  readonly home: object | undefined;
}

const numbers = globalState("turnNumbers", () => ({ last: 0, task: 0 }));

/** A turn that has just begun. */
export function newTurn(label: string, measured: boolean, home?: object): Turn {
  return {
    label,
    number: ++numbers.last,
    task: 0,
    state: "running",
    waiting: 0,
    promised: false,
    overlaps: false,
    touched: false,
    place: -1,
    open: 0,
    spawned: undefined,
    stopped: undefined,
    controller: undefined,
    orphan: false,
    group: undefined,
    ended: undefined,
    spent: measured ? 0 : -1,
    began: 0,
    since: 0,
    block: undefined,
    home,
  };
}

/** The number of the task that begins now. */
export function nextTask(): number {
  return ++numbers.task;
}

const context = globalState("turns", () => asyncContext<Turn>());

/** The turn whose code is running, or undefined outside of every task. */
export function currentTurn(): Turn | undefined {
  return context.get();
}

/** Calls `fn` as a part of `turn`; outside of every task when that is undefined. */
export function runInTurn<A, R>(turn: Turn | undefined, fn: (argument: A) => R, argument: A): R {
  return context.run(turn, fn, argument);
}

/**
 * Calls `fn` as the beginning of `turn`. What storages of the program's own (`AsyncLocalStorage`)
 * hold does not go with tasks, since it cannot go to other processes: it is the same for all.
 */
export function beginTurn<A, R>(turn: Turn, fn: (argument: A) => R, argument: A): R {
  return context.runAlone(turn, fn, argument);
}

/** Whether another task may begin in this turn: not when the last has left something in a storage. */
export function isTurnUntouched(): boolean {
  return context.isAlone();
}
