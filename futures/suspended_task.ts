/**
 * A task that has returned a promise, until its end: that of the promise, of its time, or because
 * nobody wants it any more.
 *
 * @module
 */

import { TimeoutError } from "../wire/errors.ts";
import { LIMITS } from "../wire/limits.ts";
import { failWork } from "./process_end.ts";
import { stopTurn } from "./spawned.ts";
import { runInTurn } from "./turn.ts";
import type { Turn } from "./turn.ts";
import { WITHOUT_END } from "./work.ts";
import type { Stoppable, Work } from "./work.ts";

/** What it needs of the executor that has begun it. */
export interface TaskHome {
  now(): number;
  /** Calls `run` after so many milliseconds, unless the returned function is called before. */
  readonly after: (milliseconds: number, run: () => void) => () => void;
  /** A task has come to its end; nobody knows its outcome yet. */
  ended(task: SuspendedTask, failed: 0 | 1): void;
  /** Its outcome is known. */
  told(task: SuspendedTask): void;
  /** A task that was to end has not, in its time; undefined where nobody wants to know. */
  readonly leftBehind: ((label: string, graceMs: number) => void) | undefined;
}

/** See the module's text. */
export class SuspendedTask implements Stoppable {
  /** Takes back the end of its time. */
  #disarm: (() => void) | undefined;

  /**
   * @param began in milliseconds, of a task with a timeout
   * @param args what it was called with
   */
  constructor(
    private readonly home: TaskHome,
    readonly work: Work,
    readonly turn: Turn,
    private readonly index: number,
    private readonly promise: PromiseLike<unknown>,
    private readonly began: number,
    readonly args: readonly unknown[],
  ) {}

  /** Listens to its promise. */
  follow(): void {
    const { work, home } = this;
    work.suspended(this.index, this);
    const { timeout } = work.options;
    if (timeout > 0) {
      // What it computed before it returned its promise counts.
      const left = Math.max(0, timeout - (home.now() - this.began));
      const runOut = () => this.#stop(timedOut(this.turn.label, timeout), LIMITS.graceMs, 1);
      this.#disarm = home.after(left, runOut);
    }
    try {
      this.promise.then((value) => this.#settled(value), (error) => this.#failed(error));
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Nobody wants it any more, which is no failure of its own. */
  stop(reason: unknown, graceMs: number): void {
    this.#stop(reason, graceMs, 0);
  }

  #stop(reason: unknown, graceMs: number, failed: 0 | 1): void {
    const { turn } = this;
    if (!this.#end(failed)) return;
    this.work.fail(this.index, reason);
    this.home.told(this);
    stopTurn(turn, reason, graceMs);
    // It is the task that waits for its promise, should that be one of our futures.
    if (graceMs < WITHOUT_END) runInTurn(turn, () => this.#lookAfter(graceMs), undefined);
  }

  /** What goes on although it was to end holds memory, and perhaps more: somebody has to know. */
  #lookAfter(graceMs: number): void {
    const { leftBehind, after } = this.home;
    if (leftBehind === undefined) return;
    const disarm = after(graceMs, () => leftBehind(this.turn.label, graceMs));
    try {
      this.promise.then(disarm, disarm);
    } catch {
      // Whatever `then` did when it was called first, it may throw now.
      disarm();
    }
  }

  #settled(value: unknown): void {
    if (this.#isLate) return this.#late();
    if (!this.#end(0)) return;
    this.work.settle(this.index, value);
    this.home.told(this);
  }

  #failed(error: unknown): void {
    if (this.#isLate) return this.#late();
    if (!this.#end(1)) return;
    failWork(this.work, this.index, error);
    this.home.told(this);
  }

  /** It has an outcome, and too late; its timer has not had a turn. */
  #late(): void {
    if (!this.#end(1)) return;
    this.work.fail(this.index, timedOut(this.turn.label, this.work.options.timeout));
    this.home.told(this);
  }

  get #isLate(): boolean {
    const { timeout } = this.work.options;
    return timeout > 0 && this.home.now() - this.began > timeout;
  }

  /** False when it has ended before. */
  #end(failed: 0 | 1): boolean {
    if (this.turn.state === "over") return false;
    this.#disarm?.();
    this.home.ended(this, failed);
    return true;
  }
}

/** What a task ends with that has no time left. */
export function timedOut(label: string, timeout: number): TimeoutError {
  return new TimeoutError(`${label} ran longer than its timeout of ${timeout} ms`);
}
