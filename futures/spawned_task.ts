/**
 * One task spawned with `submit`.
 *
 * @module
 */

import type { FunctionCounts } from "../telemetry/tally_keeper.ts";
import { clone, decodeEach, encodeCalls, isPrimitive } from "../wire/codec.ts";
import type { Encoded } from "../wire/codec.ts";
import { CancelledError } from "../wire/errors.ts";
import { LIMITS } from "../wire/limits.ts";
import { workerLost } from "../wire/worker_lost.ts";
import { sharedMemory } from "../wire/shared_memory.ts";
import { Withdrawn } from "../wire/withdrawn.ts";
import { isEndOfRun } from "./dropped.ts";
import { addOwnersPart, errorForCaller, shownArguments, unsendableResult } from "./errors.ts";
import type { FunctionHandle } from "./function_handle.ts";
import { globalState } from "./global_state.ts";
import { Outcome, Stage } from "./outcome.ts";
import { runtimeOf } from "./runtime.ts";
import { Attempts } from "./retry.ts";
import { TaskGroup } from "./task_group.ts";
import type { GroupedTask } from "./task_group.ts";
import { addSpawn, removeSpawn } from "./spawned.ts";
import type { Spawn, Turn } from "./turn.ts";
import type { CallOptions, LocalWork, Source, Stoppable, Withdraw } from "./work.ts";

const numbers = globalState("taskNumbers", () => ({ last: 0 }));

/** A task, its outcome, and itself as a bundle of one. */
export class SpawnedTask<R> implements GroupedTask, Source, Spawn {
  readonly count = 1;
  readonly remaining = 1;
  readonly chunkSize = 0;
  next = 0;
  readonly outcome: Outcome<R>;
  readonly spawnedAt: number;
  readonly #number = ++numbers.last;
  /** Primitives stay as they are; everything else is encoded at the call, which is what makes it a copy. */
  readonly primitives: readonly unknown[] | undefined;
  readonly #encoded: Encoded | undefined;
  before: Spawn | undefined;
  after: Spawn | undefined;
  #withdraw: Withdraw | undefined;
  /** Itself, while it is suspended here. */
  #suspended: Stoppable | undefined;
  /** Takes back that it is to be tried again later. */
  #takeBack: (() => void) | undefined;
  #losses = 0;
  readonly #attempts: Attempts | undefined;
  /** Where it is counted; undefined for one more attempt of a task that is counted elsewhere. */
  readonly #counts: FunctionCounts | undefined;

  /** @throws {SerializationError} when an argument cannot travel. */
  constructor(
    readonly handle: FunctionHandle,
    args: readonly unknown[] | Encoded,
    readonly options: CallOptions,
    readonly turn: Turn,
    attempts?: Attempts,
  ) {
    this.outcome = new Outcome(handle.label);
    this.#attempts = attempts ?? (options.thrown && new Attempts(options.thrown));
    if (!Array.isArray(args)) this.#encoded = args as Encoded;
    else if (args.every(isPrimitive)) this.primitives = args;
    else this.#encoded = encodeCalls([args], undefined, options.transfer);
    const { tally } = runtimeOf(turn);
    this.spawnedAt = tally.spawning();
    if (attempts !== undefined) tally.of(handle).retried();
    else (this.#counts = tally.of(handle)).spawned(1);
    addSpawn(this);
  }

  /** See {@link Future.id}. */
  get id(): string {
    return `${runtimeOf(this.turn).info.workerName}:${this.#number}`;
  }

  get priority(): number {
    return this.options.priority;
  }

  joins(other: Source): boolean {
    if (!(other instanceof SpawnedTask) || other.handle !== this.handle) return false;
    return sameOptions(this.options, other.options) && !this.#bulky && !other.#bulky;
  }

  join(others: readonly SpawnedTask<R>[]): LocalWork {
    return new TaskGroup([this, ...others]);
  }

  /** True when the arguments have frames of their own, so that they cannot share a body. */
  get #bulky(): boolean {
    return this.#encoded !== undefined && this.#encoded.frames.length > 0;
  }

  get drained(): boolean {
    return true;
  }

  take(): LocalWork | undefined {
    if (this.outcome.done) return undefined;
    // Whoever lost it still holds it when it is offered again: only who takes it begins anew.
    this.next = 0;
    return this;
  }

  skip(): boolean {
    return this.outcome.done;
  }

  begin(): unknown[] {
    this.outcome.stage = Stage.running;
    if (this.primitives !== undefined) return this.primitives as unknown[];
    return decodeArguments(this.#encoded!)[0] as unknown[];
  }

  settle(_index: number, value: unknown): void {
    if (isPrimitive(value)) return this.arrived(0, value);
    let copy: unknown;
    try {
      copy = clone(value, "result");
    } catch (error) {
      return this.fail(0, unsendableResult(error, this.handle.label));
    }
    this.arrived(0, copy);
  }

  fail(_index: number, error: unknown): void {
    const { workerName } = runtimeOf(this.turn).info;
    this.failed(0, errorForCaller(error, this.handle.label, workerName, this.#losses + 1));
  }

  lose(_index: number, reason: string): void {
    if (this.outcome.done) return;
    if (this.#losses++ < this.options.retries) {
      this.outcome.stage = Stage.pending;
      const { tally } = runtimeOf(this.turn);
      tally.of(this.handle).retried();
      runtimeOf(this.turn).offer(this, this.turn);
    } else {
      const { workerName } = runtimeOf(this.turn).info;
      this.failed(0, workerLost(this.handle.label, this.#losses, reason, workerName));
    }
  }

  arrived(_index: number, value: unknown): void {
    if (value instanceof Withdrawn) return this.#drop(value.begun);
    this.#end(Stage.finished, value);
    if (this.#encoded !== undefined) sharedMemory()?.drop(this.#encoded.frames);
  }

  failed(_index: number, error: unknown): void {
    if (this.outcome.done) return;
    if (isEndOfRun(error)) return this.#drop(this.outcome.stage === Stage.running, error);
    if (this.#triesAgain(error)) return;
    const args = () => this.primitives ?? shownArguments(this.#encoded!, 0);
    const { failed, index } = this.#attempts ?? {};
    addOwnersPart(error, { label: this.handle.label, index, args, failed });
    this.#end(Stage.failed, error);
  }

  #triesAgain(error: unknown): boolean {
    let delay: number | undefined;
    try {
      delay = this.#attempts?.next(error);
    } catch (why) {
      this.#end(Stage.failed, why);
      return true;
    }
    if (delay === undefined) return false;
    runtimeOf(this.turn).tally.of(this.handle).retried();
    this.offerLater(delay);
    return true;
  }

  /** Tries again after so many milliseconds, unless nobody wants it any more by then. */
  offerLater(milliseconds: number): void {
    this.outcome.stage = Stage.pending;
    this.#withdraw = this.#suspended = undefined;
    const { executor } = runtimeOf(this.turn);
    this.#takeBack = executor.after(
      milliseconds,
      () => runtimeOf(this.turn).offer(this, this.turn),
    );
  }

  /** What it is called with. */
  inputs(): readonly unknown[] {
    if (this.primitives !== undefined) return this.primitives;
    const { body, frames } = this.#encoded!;
    return decodeEach(body, frames.map((frame) => frame.slice()))[0] as unknown[];
  }

  #end(stage: Stage.finished | Stage.failed | Stage.cancelled, value: unknown): void {
    if (this.outcome.done) return;
    removeSpawn(this);
    this.#count(stage, value);
    this.#suspended = undefined;
    // Its timer would keep the process.
    this.#takeBack?.();
    this.outcome.end(stage, value);
  }

  #count(stage: Stage, value: unknown): void {
    if (stage === Stage.finished) this.#counts?.done();
    else if (stage === Stage.failed && !(value instanceof CancelledError)) this.#counts?.failed();
    else this.#counts?.dropped(1);
  }

  refuse(error: unknown): void {
    if (isEndOfRun(error)) this.#drop(false, error);
    else this.#end(Stage.failed, error);
  }

  /** The run ends before the task has an outcome. */
  #drop(begun: boolean, error?: unknown): void {
    if (this.outcome.done) return;
    const { turn, outcome } = this;
    // Those that another task waits for are lost with that one.
    const left = turn.state === "over" || turn === runtimeOf(turn).program;
    const isTold = left && !outcome.awaited;
    const text = `${this.handle.label} had not ${begun ? "ended" : "begun"} when the run ended`;
    this.#end(Stage.failed, error ?? new CancelledError(text));
    outcome.overlook();
    if (isTold) outcome.noteDropped(begun);
  }

  started(): void {
    if (this.outcome.stage === Stage.pending) this.outcome.stage = Stage.running;
  }

  encode(): Encoded {
    return this.#encoded ?? encodeCalls([this.primitives!]);
  }

  left(withdraw: Withdraw): void {
    this.#withdraw = withdraw;
  }

  suspended(_index: number, task: Stoppable): void {
    this.#suspended = task;
  }

  stop(reason: unknown, graceMs: number = LIMITS.graceMs): void {
    this.cancel(reason, graceMs);
  }

  /**
   * See {@link Future.cancel}.
   *
   * @param graceMs what has begun is to end within so many milliseconds; undefined to let it go on
   */
  cancel(reason?: unknown, graceMs?: number): boolean {
    if (this.outcome.stage === Stage.cancelled) return true;
    if (this.outcome.done || (graceMs === undefined && this.outcome.stage !== Stage.pending)) {
      return false;
    }
    this.#withdraw?.(0, graceMs);
    const suspended = this.#suspended;
    const text = `${this.handle.label} was cancelled`;
    const error = new CancelledError(text, { cause: reason });
    this.#end(Stage.cancelled, error);
    if (graceMs !== undefined) suspended?.stop(error, graceMs);
    return true;
  }
}

/**
 * Arguments for tasks that run here. What is decoded owns its frames, and tasks may change what they
 * are given: whoever tries again, or wants to see the inputs, needs it as it was.
 */
export function decodeArguments({ body, frames }: Encoded): unknown[] {
  return decodeEach(body, frames.map((frame) => frame.slice()));
}

function sameOptions(a: CallOptions, b: CallOptions): boolean {
  return a === b ||
    (a.timeout === b.timeout && a.retries === b.retries && a.priority === b.priority);
}
