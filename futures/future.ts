/**
 * The handle of one task's outcome, in the sense of PEP 3148.
 *
 * @module
 */

import { refuseUnknown } from "./known_options.ts";
import { describeError } from "../wire/error_values.ts";
import { LIMITS } from "../wire/limits.ts";
import { currentTurn, runInTurn } from "./turn.ts";
import type { Turn } from "./turn.ts";
import { runtimeOf } from "./runtime.ts";
import type { Runtime } from "./runtime.ts";
import { Stage } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import { checkTimeout, waitAsTurn } from "./waiting.ts";
import { wrongArgument } from "../wire/user_stack.ts";

/** What a future asks of the task behind it. */
export interface FutureTask<R> {
  readonly id: string;
  readonly outcome: Outcome<R>;
  /** Keeps the task from running, or ends it within so many milliseconds if it runs. */
  cancel(reason?: unknown, graceMs?: number): boolean;
  /** Who spawned it. */
  readonly turn: Turn;
}

/** What {@link Future.cancel} takes. */
export interface CancelOptions {
  /** Whether a task that has begun is to end; false by default. */
  running?: boolean;
  /** Milliseconds it has to end by itself before its worker is replaced; 1000 by default. */
  grace?: number;
}

/** The runtime that brings a future's outcome about; for this folder only. */
export let homeOf: (future: Future<unknown>) => Runtime;

/** What stands behind a future; for this folder only, so that users see PEP 3148 and no more. */
export let outcomeOf: <R>(future: Future<R>) => Outcome<R>;

/**
 * The outcome of one task, to come or there: what {@link submit} returns.
 *
 * It can be awaited like a promise. A task that awaits a future lets its worker run other tasks
 * meanwhile. After {@link https://peps.python.org/pep-3148/#future-objects | PEP 3148}.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { submit } from "@scoop/futures";
 *
 * const future = submit((x: number) => x * 2, 21);
 * assert(await future === 42);
 * assert(future.done());
 * ```
 */
export class Future<R> implements Promise<R> {
  /** What makes a future a `Promise` to TypeScript, and names it where values are printed. */
  readonly [Symbol.toStringTag] = "Future";
  readonly #task: FutureTask<R>;

  static {
    outcomeOf = (future) => future.#task.outcome;
    homeOf = (future) => runtimeOf(future.#task.turn);
  }

  /** Futures come from `submit`; there is no other use for this. */
  constructor(task: FutureTask<R>) {
    this.#task = task;
  }

  /** A name for the task that is unique in the run, such as "origin:12". */
  get id(): string {
    return this.#task.id;
  }

  /** True when the task has ended, well or not, or was cancelled. */
  done(): boolean {
    return this.#task.outcome.done;
  }

  /** True when the task is known to be executing. News from other workers takes a moment. */
  running(): boolean {
    return this.#task.outcome.stage === Stage.running;
  }

  /** True when the task was cancelled. */
  cancelled(): boolean {
    return this.#task.outcome.stage === Stage.cancelled;
  }

  /**
   * Cancels the task if it has not begun. A task that waits on another worker is taken back; should
   * it begin there in this very moment, its outcome is thrown away.
   *
   * With `{ running: true }` a task that has begun is to end as well: its `scoop.signal` is aborted,
   * what it spawned is cancelled in the same way, and if it has not ended after `grace` milliseconds,
   * its worker is replaced. Nobody else's task is lost by that. On the origin, and where it runs on
   * the worker that spawned it, there is the signal alone.
   *
   * @returns true when the future is cancelled now; false when it is done, or, without `running`,
   * when it is running.
   * @throws {TypeError} when `grace` is no number of milliseconds.
   *
   * @example
   * ```ts
   * import assert from "node:assert/strict";
   * import { CancelledError, submit } from "@scoop/futures";
   *
   * const future = submit(() => new Promise<void>((resolve) => setTimeout(resolve, 5_000)));
   * setTimeout(() => future.cancel({ running: true }), 10);
   * await assert.rejects(future.result(), CancelledError);
   * ```
   */
  cancel(options: CancelOptions = {}): boolean {
    refuseUnknown("cancel()", options, ["running", "grace"]);
    const { running = false, grace = LIMITS.graceMs } = options;
    if (!(Number.isFinite(grace) && grace >= 0)) {
      throw wrongArgument(`grace must be a number of milliseconds from 0, got ${grace}`);
    }
    return this.#task.cancel(undefined, running ? grace : undefined);
  }

  /**
   * The task's result.
   *
   * @param options `timeout`: milliseconds to wait at most; for ever by default.
   * @throws {TimeoutError} when there is no result in time. The task goes on.
   * @throws {CancelledError} when the future was cancelled.
   * @throws whatever the task threw.
   */
  async result(options: { timeout?: number } = {}): Promise<R> {
    const timeout = checkTimeout(options.timeout);
    if (timeout !== undefined && !this.done()) await this.#ended(timeout);
    return await this;
  }

  /**
   * What the task threw, or undefined when it ended well.
   *
   * @param options `timeout`: milliseconds to wait at most; for ever by default.
   * @throws {TimeoutError} when the task has not ended in time.
   * @throws {CancelledError} when the future was cancelled.
   */
  async exception(options: { timeout?: number } = {}): Promise<unknown> {
    const { outcome } = this.#task;
    const timeout = checkTimeout(options.timeout);
    if (!outcome.done) await this.#ended(timeout);
    if (outcome.stage === Stage.cancelled) throw outcome.value;
    return outcome.stage === Stage.failed ? outcome.value : undefined;
  }

  /**
   * Calls `callback(future)` when the task has ended or was cancelled; at once if that has been.
   * Callbacks run in the order they were added. One that throws is reported and stops nothing.
   *
   * The program goes on until its callbacks have been called.
   */
  addDoneCallback(callback: (future: Future<R>) => void): void {
    const failed = (error: unknown) => {
      const name = callback.name === "" ? "a callback" : `the callback ${callback.name}`;
      const { label } = this.#task.outcome;
      runtimeOf(this.#task.turn).report(
        `${name} of ${label} (${this.id}) failed: ${describeError(error)}`,
      );
    };
    const call = () => {
      try {
        const result: unknown = callback(this);
        if (result instanceof Promise) result.catch(failed);
      } catch (error) {
        failed(error);
      }
    };
    // It belongs to whoever added it, not to whoever happens to bring the outcome.
    const turn = currentTurn();
    const { outcome } = this.#task;
    if (outcome.done) return runInTurn(turn, call, undefined);
    const home = runtimeOf(this.#task.turn);
    home.expect(1);
    outcome.listen(() => {
      home.expect(-1);
      runInTurn(turn, call, undefined);
    });
  }

  /** Makes a future awaitable; see `Promise.prototype.then`. */
  then<A = R, B = never>(
    onfulfilled?: ((value: R) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    const { outcome } = this.#task;
    // Whoever waits shows the runtime so before the outcome can resume it.
    if (!outcome.done) {
      const turn = currentTurn() ?? runtimeOf(this.#task.turn).program;
      if (turn !== undefined) {
        const { executor } = runtimeOf(turn);
        executor.block(turn);
        outcome.listen(() => executor.unblock(turn));
      }
    }
    return outcome.promise().then(onfulfilled, onrejected);
  }

  /** See `Promise.prototype.catch`. */
  catch<B = never>(
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<R | B> {
    return this.then(undefined, onrejected);
  }

  /** See `Promise.prototype.finally`. */
  finally(onfinally?: (() => void) | null): Promise<R> {
    return this.then().finally(onfinally);
  }

  async #ended(timeout: number | undefined): Promise<void> {
    const { outcome } = this.#task;
    let listener: (() => void) | undefined;
    try {
      await waitAsTurn<void>(
        outcome.label,
        (end) => outcome.listen(listener = end),
        timeout,
        runtimeOf(this.#task.turn),
      );
    } finally {
      // Whoever asks again and again leaves nothing behind.
      if (listener !== undefined) outcome.unlisten(listener);
    }
  }
}
