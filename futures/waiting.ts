/**
 * Waiting as a turn: the one way in which a task gives its place up.
 *
 * @module
 */

import { TimeoutError } from "../wire/errors.ts";
import { afterMilliseconds } from "./pace.ts";
import { rejectWhereAwaited } from "./place.ts";
import { callingTurn, runtimeOf } from "./runtime.ts";
import type { Runtime } from "./runtime.ts";
import { wrongArgument } from "../wire/user_stack.ts";

/**
 * Waits for something that futures of ours will bring about, and lets the worker run other tasks
 * meanwhile.
 *
 * @param start begins the wait: it is given what to call at the end of it.
 * @param timeout milliseconds, or undefined to wait as long as it takes.
 * @param home the runtime of what is waited for, if that is known.
 * @param given the timeout that the user gave, if this is only what is left of it.
 * @throws {TimeoutError} when `timeout` is over first.
 */
export function waitAsTurn<T>(
  what: string,
  start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
  timeout?: number,
  home?: Runtime,
  given = timeout,
): Promise<T> {
  const turn = callingTurn(what, home);
  const { executor } = runtimeOf(turn);
  executor.block(turn);
  return new Promise<T>((resolve, reject) => {
    let over = false;
    let disarm: (() => void) | undefined;
    const once = <A>(tell: (argument: A) => void) => (argument: A) => {
      if (over) return;
      over = true;
      disarm?.();
      executor.unblock(turn);
      tell(argument);
    };
    const fail = once((error) => rejectWhereAwaited(error, resolve, reject));
    if (timeout !== undefined) {
      disarm = afterMilliseconds(
        timeout,
        () => fail(new TimeoutError(`${what} took longer than ${given} ms`)),
      );
    }
    start(once(resolve), fail);
  });
}

/**
 * Checks a timeout given by a user.
 *
 * @throws {TypeError} when it is no number of milliseconds, 0 or more.
 */
export function checkTimeout(timeout: number | undefined): number | undefined {
  if (timeout === undefined || timeout === Infinity) return undefined;
  if (typeof timeout !== "number" || !(timeout >= 0)) {
    throw wrongArgument(`timeout must be a number of milliseconds, 0 or more, got ${timeout}`);
  }
  return timeout;
}
