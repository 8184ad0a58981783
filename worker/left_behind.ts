/**
 * What a task leaves behind: a promise that nobody handles, a timer that throws. Deno ends the
 * process for it, as it would end a program; by then the task that did it may be long over. So
 * whoever reads of it is told first which task it was, on which worker.
 *
 * A rejection is told in the asynchronous context of its promise (measured, Deno 2.9.6). An error
 * thrown by a timer is told outside of every context; so timers note whose they are when they throw.
 *
 * @module
 */

import { currentTurn } from "../futures/turn.ts";
import type { Turn } from "../futures/turn.ts";
import { describeError } from "../wire/error_values.ts";

/** Whose timer has just thrown. */
let thrower: { error: unknown; turn: Turn } | undefined;

/**
 * Has every error that ends this process told with its task. To be called behind the program, which
 * may have listeners of its own that see to it.
 *
 * @param worker its name
 * @param report tells a person
 */
export function tellLeftBehind(worker: string, report: (text: string) => void): void {
  const tell = (what: string, error: unknown, turn: Turn | undefined) => {
    report(ending(what, error, turn, worker));
  };
  addEventListener("unhandledrejection", (event) => {
    if (isOthers(event)) return;
    tell("a promise rejected", event.reason, currentTurn());
  });
  addEventListener("error", (event) => {
    if (isOthers(event)) return;
    const turn = thrower?.error === event.error ? thrower?.turn : undefined;
    tell("an error thrown", event.error, currentTurn() ?? turn);
  });
  globalThis.setTimeout = noting(globalThis.setTimeout);
  globalThis.setInterval = noting(globalThis.setInterval);
}

function ending(what: string, error: unknown, turn: Turn | undefined, worker: string): string {
  const task = turn === undefined ? "" : ` by task ${turn.label}`;
  const [line = ""] = describeError(error).split("\n", 1);
  return `${worker} ends: ${what}${task} on ${worker} was not caught: ${line}`;
}

/** The same in the process of the program, whose own errors and timers are its own affair. */
export function tellLeftByTasks(report: (text: string) => void): void {
  addEventListener("unhandledrejection", (event) => {
    const turn = currentTurn();
    if (turn === undefined || isOthers(event)) return;
    report(ending("a promise rejected", event.reason, turn, "origin"));
  });
}

/** Somebody has seen to it, and the process goes on. */
function isOthers(event: Event): boolean {
  return event.defaultPrevented;
}

// deno-lint-ignore no-explicit-any
type SetTimer = (...args: any[]) => unknown;

/** Timers whose callbacks, when they throw, note the task they belong to. */
function noting<F extends SetTimer>(set: F): F {
  const replaced = (callback: unknown, ...rest: unknown[]) => {
    const turn = currentTurn();
    if (turn === undefined || typeof callback !== "function") {
      return Reflect.apply(set, globalThis, [callback, ...rest]);
    }
    const noted = (...args: unknown[]) => {
      try {
        return Reflect.apply(callback, globalThis, args);
      } catch (error) {
        thrower = { error, turn };
        throw error;
      }
    };
    return Reflect.apply(set, globalThis, [noted, ...rest]);
  };
  return Object.defineProperties(replaced, Object.getOwnPropertyDescriptors(set)) as unknown as F;
}
