/** Tasks that tell what happened to them, for tests of what executes and queues them. */

import { FunctionHandle } from "../../futures/function_handle.ts";
import { newTurn } from "../../futures/turn.ts";
import type { Turn } from "../../futures/turn.ts";
import type { CallOptions, LocalWork, Source, Stoppable } from "../../futures/work.ts";
import { breathe } from "../../wire/breath.ts";
import { encodeEach } from "../../wire/codec.ts";
import type { Encoded } from "../../wire/codec.ts";

type AnyFunction = (...args: number[]) => unknown;

/** A handle whose mean does not change with what the machine is just doing. */
export class FixedHandle extends FunctionHandle {
  observed: [milliseconds: number, tasks: number][] = [];

  constructor(name: string, fn: AnyFunction, private readonly fixed: number | undefined) {
    super({ kind: "source", name, source: name }, fn);
  }

  override get mean(): number {
    return this.fixed ?? 0;
  }

  override get known(): boolean {
    return this.fixed !== undefined;
  }

  override observe(milliseconds: number, tasks: number): void {
    this.observed.push([milliseconds, tasks]);
  }
}

/** What a test says about tasks. */
export interface FakeOptions {
  count?: number;
  /** Milliseconds a task is known to take; nothing is known without it. */
  mean?: number;
  timeout?: number;
  priority?: number;
  chunkSize?: number;
  turn?: Turn;
  handle?: FunctionHandle;
}

/** One or more calls of `fn` with their index as the argument; a bundle and its own source. */
export class FakeWork implements LocalWork, Source {
  readonly suspendedTasks = new Map<number, Stoppable>();

  suspended(index: number, task: Stoppable): void {
    this.suspendedTasks.set(index, task);
  }

  next = 0;
  readonly count: number;
  readonly handle: FunctionHandle;
  readonly options: CallOptions;
  readonly turn: Turn;
  readonly priority: number;
  readonly chunkSize: number;
  /** What became of each task: "value", "error" or "lost", and what with. */
  readonly outcomes: [kind: string, value: unknown][] = [];
  cancelled = new Set<number>();
  withdrawn: number[] = [];
  startedElsewhere: number[] = [];

  constructor(readonly name: string, fn: AnyFunction = () => name, options: FakeOptions = {}) {
    const { count = 1, mean, timeout = 0, priority = 0, chunkSize = 0 } = options;
    this.count = count;
    this.handle = options.handle ?? new FixedHandle(name, fn, mean);
    this.options = { timeout, retries: 2, priority };
    this.priority = priority;
    this.chunkSize = chunkSize;
    this.turn = options.turn ?? newTurn("test", false);
  }

  get remaining(): number {
    return this.count - this.next;
  }

  get drained(): boolean {
    return true;
  }

  take(_limit: number): LocalWork | undefined {
    return this.cancelled.size === this.count ? undefined : this;
  }

  skip(index: number): boolean {
    return this.cancelled.has(index);
  }

  begin(index: number): unknown[] {
    return [index];
  }

  settle(index: number, value: unknown): void {
    this.outcomes[index] = ["value", value];
  }

  fail(index: number, error: unknown): void {
    this.outcomes[index] = ["error", error];
  }

  lose(index: number, reason: string): void {
    this.outcomes[index] = ["lost", reason];
  }

  arrived(index: number, value: unknown): void {
    this.settle(index, value);
  }

  failed(index: number, error: unknown): void {
    this.fail(index, error);
  }

  encode(): Encoded {
    return encodeEach(Array.from({ length: this.count - this.next }, (_, i) => [this.next + i]));
  }

  left(withdraw: (index: number) => void): void {
    withdraw(-2);
  }

  started(index: number): void {
    this.startedElsewhere.push(index);
  }
}

/** Many tasks that are taken from one source, as a `map` is. */
export class FakeSource implements Source {
  readonly handle: FunctionHandle;
  readonly priority: number;
  readonly chunkSize: number;
  taken = 0;

  constructor(readonly name: string, public left: number, readonly given: FakeOptions = {}) {
    this.handle = given.handle ?? new FixedHandle(name, () => name, given.mean);
    this.priority = given.priority ?? 0;
    this.chunkSize = given.chunkSize ?? 0;
  }

  get remaining(): number {
    return this.left;
  }

  get drained(): boolean {
    return this.left === 0;
  }

  take(limit: number): LocalWork | undefined {
    const count = Math.min(limit, this.left);
    if (count === 0) return undefined;
    this.left -= count;
    const work = new FakeWork(`${this.name}${this.taken}+${count}`, undefined, {
      ...this.given,
      handle: this.handle,
      count,
    });
    this.taken += count;
    return work;
  }
}

/** A source that its tasks leave in one bundle with others. */
export class Joinable extends FakeWork {
  joins(other: Source): boolean {
    return other instanceof Joinable && other.handle === this.handle;
  }

  join(others: readonly Joinable[]): LocalWork {
    const all = [this, ...others];
    const name = all.map((one) => one.name).join(" ");
    return new FakeWork(name, undefined, { handle: this.handle, count: all.length });
  }
}

/** Until the promises that are ready, and those that get ready by them, have gone on. */
export async function turnOfLoop(): Promise<void> {
  // An executor that has used up its slice goes on only after everybody else.
  for (let i = 0; i < 2; i++) {
    await new Promise((resolve) => setTimeout(resolve));
    await breathe();
  }
}

/** Milliseconds in which the processor does nothing else. */
export function spin(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end;);
}

/** Until `condition` holds; gives up after 10 seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`it did not come to this: ${condition}`);
    await turnOfLoop();
  }
}
