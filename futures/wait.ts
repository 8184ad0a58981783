/**
 * Waiting for several futures: `wait`, `asCompleted`, `join`.
 *
 * @module
 */

import { TimeoutError } from "../wire/errors.ts";
import { Future } from "./future.ts";
import { homeOf, outcomeOf } from "./future.ts";
import { Stage } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import type { Runtime } from "./runtime.ts";
import { checkTimeout, waitAsTurn } from "./waiting.ts";
import { wrongArgument } from "../wire/user_stack.ts";

/** When {@link wait} returns. */
export type ReturnWhen = "FIRST_COMPLETED" | "FIRST_EXCEPTION" | "ALL_COMPLETED";

/** {@link wait} returns when any future is done. */
export const FIRST_COMPLETED = "FIRST_COMPLETED" as const;
/** {@link wait} returns when any future has failed, or all are done. */
export const FIRST_EXCEPTION = "FIRST_EXCEPTION" as const;
/** {@link wait} returns when all futures are done. */
export const ALL_COMPLETED = "ALL_COMPLETED" as const;

/** What {@link wait} found. */
export interface WaitResult<R> {
  /** Futures that have ended or were cancelled. */
  done: Set<Future<R>>;
  /** The others. */
  notDone: Set<Future<R>>;
}

/**
 * Waits until futures are done.
 *
 * @param options `timeout`: milliseconds to wait at most (0 only looks); for ever by default.
 * `returnWhen`: {@link ALL_COMPLETED} by default.
 * @returns which are done and which are not. It does not reject when the time is over.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { submit, wait } from "@scoop/futures";
 *
 * const futures = [1, 4, 9].map((x) => submit(Math.sqrt, x));
 * const { done, notDone } = await wait(futures);
 * assert(done.size === 3 && notDone.size === 0);
 * ```
 */
export async function wait<R>(
  futures: Iterable<Future<R>>,
  options: { timeout?: number; returnWhen?: ReturnWhen } = {},
): Promise<WaitResult<R>> {
  const all = new Set(checked(futures, "wait()"));
  const { returnWhen = ALL_COMPLETED } = options;
  if (![FIRST_COMPLETED, FIRST_EXCEPTION, ALL_COMPLETED].includes(returnWhen)) {
    throw wrongArgument(
      `returnWhen must be FIRST_COMPLETED, FIRST_EXCEPTION or ALL_COMPLETED, got ${returnWhen}`,
    );
  }
  const timeout = checkTimeout(options.timeout);
  const outcomes = [...all].map((future) => outcomeOf(future));
  if (timeout !== 0 && !outcomes.some((outcome) => isEnough(outcome, returnWhen))) {
    const pending = outcomes.filter((outcome) => !outcome.done);
    await untilEnough(pending, returnWhen, timeout, homeOfAll(all));
  }
  const done = new Set<Future<R>>();
  const notDone = new Set<Future<R>>();
  for (const future of all) (future.done() ? done : notDone).add(future);
  return { done, notDone };
}

/** Where the first of these futures is at home; where they are from several, any will do. */
function homeOfAll<R>(futures: Iterable<Future<R>>): Runtime | undefined {
  for (const future of futures) return homeOf(future);
  return undefined;
}

/** True when this one outcome ends the wait. */
function isEnough({ done, stage }: Outcome<unknown>, returnWhen: ReturnWhen): boolean {
  if (returnWhen === FIRST_COMPLETED) return done;
  return returnWhen === FIRST_EXCEPTION && stage === Stage.failed;
}

async function untilEnough(
  pending: readonly Outcome<unknown>[],
  returnWhen: ReturnWhen,
  timeout: number | undefined,
  home: Runtime | undefined,
): Promise<void> {
  if (pending.length === 0) return;
  let open = pending.length;
  let listeners: (() => void)[] = [];
  try {
    await waitAsTurn<void>(
      "wait()",
      (resolve) => {
        listeners = pending.map((outcome) => () => {
          if (--open === 0 || isEnough(outcome, returnWhen)) resolve();
        });
        for (const [i, outcome] of pending.entries()) outcome.listen(listeners[i]!);
      },
      timeout,
      home,
    );
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error;
  } finally {
    // Whoever waits again and again leaves nothing behind.
    if (open > 0) { for (const [i, outcome] of pending.entries()) outcome.unlisten(listeners[i]!); }
  }
}

/**
 * Goes through futures in the order in which they become done; those that are done already first.
 *
 * @param options `timeout`: milliseconds from now after which reading on rejects; none by default.
 * @returns the futures themselves, done. TypeScript takes what a `for await` loop over futures yields
 * for their results; there `await future` is right for both, and `future.done()` needs a cast.
 * @throws {TimeoutError} when not all are done in time.
 *
 * @example
 * ```ts
 * import { asCompleted, submit } from "@scoop/futures";
 *
 * const futures = [1, 4, 9].map((x) => submit(Math.sqrt, x));
 * for await (const future of asCompleted(futures)) console.log(await future);
 * ```
 */
export function asCompleted<R>(
  futures: Iterable<Future<R>>,
  options: { timeout?: number } = {},
): AsyncIterableIterator<Future<R>> {
  const all = new Set(checked(futures, "asCompleted()"));
  return new CompletedReader(all, checkTimeout(options.timeout));
}

class CompletedReader<R> implements AsyncIterableIterator<Future<R>> {
  #ready: Future<R>[] = [];
  #left: number;
  #waiting: (() => boolean)[] = [];
  readonly #timeout: number | undefined;
  readonly #end: number;
  readonly #home: Runtime | undefined;

  constructor(futures: Set<Future<R>>, timeout: number | undefined) {
    this.#home = homeOfAll(futures);
    this.#left = futures.size;
    this.#timeout = timeout;
    this.#end = timeout === undefined ? Infinity : performance.now() + timeout;
    for (const future of futures) {
      outcomeOf(future).listen(() => {
        this.#ready.push(future);
        while (this.#waiting.length > 0 && this.#waiting[0]!()) this.#waiting.shift();
      });
    }
  }

  next(): Promise<IteratorResult<Future<R>>> {
    if (this.#waiting.length === 0) {
      const step = this.#step();
      if (step !== undefined) return Promise.resolve(step);
    }
    const left = this.#end === Infinity ? undefined : Math.max(0, this.#end - performance.now());
    return waitAsTurn(
      "asCompleted()",
      (resolve) => {
        this.#waiting.push(() => {
          const step = this.#step();
          if (step !== undefined) resolve(step);
          return step !== undefined;
        });
      },
      left,
      this.#home,
      this.#timeout,
    );
  }

  return(): Promise<IteratorResult<Future<R>>> {
    this.#left = 0;
    this.#ready = [];
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #step(): IteratorResult<Future<R>> | undefined {
    if (this.#left === 0) return { value: undefined, done: true };
    const future = this.#ready.shift();
    if (future === undefined) return undefined;
    this.#left--;
    return { value: future, done: false };
  }
}

/**
 * The result of a future, or the results of several in their order.
 *
 * @throws whatever the task threw; of several, the first in order that failed.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { join, submit } from "@scoop/futures";
 *
 * assert(await join(submit(Math.sqrt, 9)) === 3);
 * const roots = await join([submit(Math.sqrt, 1), submit(Math.sqrt, 4)]);
 * assert(roots.join() === "1,2");
 * ```
 */
export function join<R>(future: Future<R>): Promise<R>;
/** The results of a list of futures, each of its type. */
export function join<T extends readonly Future<unknown>[] | []>(
  futures: T,
): Promise<{ -readonly [K in keyof T]: ResultOf<T[K]> }>;
/** The results of several futures, in their order. */
export function join<R>(futures: Iterable<Future<R>>): Promise<R[]>;
export async function join(
  futures: Future<unknown> | Iterable<Future<unknown>>,
): Promise<unknown> {
  if (futures instanceof Future) return await futures;
  const all = [...checked(futures, "join()")];
  await wait(all);
  const results: unknown[] = [];
  for (const future of all) results.push(await future);
  return results;
}

/** The type of a future's result. */
export type ResultOf<F> = F extends Future<infer R> ? R : never;

function* checked<R>(futures: Iterable<Future<R>>, call: string): Generator<Future<R>> {
  if (typeof futures?.[Symbol.iterator] !== "function") {
    throw wrongArgument(`${call} needs an iterable of futures`);
  }
  for (const future of futures) {
    if (!(future instanceof Future)) {
      throw wrongArgument(`${call} needs futures, as submit() returns them, got ${typeof future}`);
    }
    yield future;
  }
}
