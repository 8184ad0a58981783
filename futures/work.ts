/**
 * What a process can execute: tasks, in bundles, and the sources they come from.
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";
import type { FunctionHandle } from "./function_handle.ts";
import type { ThrownRetries } from "./retry.ts";
import type { Turn } from "./turn.ts";

/** How calls are to be treated; the defaults are filled in. */
export interface CallOptions {
  /** Milliseconds a task may run, 0 for no limit. */
  readonly timeout: number;
  /** How many times a task may run again after its worker was lost. */
  readonly retries: number;
  /** How it is tried again when it throws; undefined for not at all. Its owner sees to it. */
  readonly thrown?: ThrownRetries;
  /** Higher goes first. */
  readonly priority: number;
  /** Whether large arrays in the arguments are given away. */
  readonly transfer?: boolean;
}

/**
 * One or more calls of one function, as the process that executes them sees it. Outcomes are told
 * per task, by index; each index gets exactly one `settle` or `fail`.
 */
export interface Work {
  readonly handle: FunctionHandle;
  readonly options: CallOptions;
  /** Number of tasks. */
  readonly count: number;
  /** The first task that nobody has begun; counted up by whoever begins it. */
  next: number;
  /** The turn that spawned it, for work spawned here; undefined for work that came from elsewhere. */
  readonly turn: Turn | undefined;
  /** What spawned it, for work that came from elsewhere: see `wire/tally.ts`. */
  readonly parent?: string;
  /** When it was spawned, for work spawned here: in milliseconds since 1970, 0 when nobody asks. */
  readonly spawnedAt?: number;
  /** Whether nobody wants the task at `index` any more. */
  skip(index: number): boolean;
  /** The arguments of a task, fresh: the task may change them. Called once per task that begins. */
  begin(index: number): unknown[];
  settle(index: number, value: unknown): void;
  fail(index: number, error: unknown): void;
  /** The task ended its process, but the process is one that must live on. */
  lose(index: number, reason: string): void;
  /** A task has returned a promise; it can be ended until it has its outcome. */
  suspended(index: number, task: Stoppable): void;
}

/** Milliseconds of a grace after which nothing follows; finite, since it travels. */
export const WITHOUT_END = Number.MAX_SAFE_INTEGER;

/** What has begun and can be ended. */
export interface Stoppable {
  /** It is to end: its signal says so; after `graceMs` milliseconds its worker has to go, if ever. */
  stop(reason: unknown, graceMs: number): void;
}

/** Work spawned here, which may still leave for another worker. */
export interface LocalWork extends Work {
  readonly turn: Turn;
  /** A value that travelled here, or a copy of one made here. */
  arrived(index: number, value: unknown): void;
  /** An error that travelled here, or a copy of one made here. */
  failed(index: number, error: unknown): void;
  /** The arguments of the tasks from `next` on, self-contained one by one. */
  encode(): Encoded;
  /** The tasks have left: outcomes come from elsewhere, or from nowhere after `withdraw`. */
  left(withdraw: Withdraw): void;
  /** A task is known to run elsewhere. */
  started(index: number): void;
}

/**
 * Nobody wants a task (-1: any) of those that have left. What has begun goes on, unless it is given
 * so many milliseconds to end.
 */
export type Withdraw = (index: number, graceMs?: number) => void;

/** What stands in a queue: something that yields bundles until it is drained. */
export interface Source {
  readonly handle: FunctionHandle;
  readonly priority: number;
  /** How many tasks are left, as far as known; Infinity when nothing is known. */
  readonly remaining: number;
  /** The number of tasks the user wants in one bundle, 0 for no wish. */
  readonly chunkSize: number;
  /** Up to `limit` tasks, or undefined when none are to be had now. */
  take(limit: number): LocalWork | undefined;
  /** True when it has to leave the queue; it comes back by being offered again. */
  readonly drained: boolean;
  /** Whether this one task may travel in one bundle with another. */
  joins?(other: Source): boolean;
  /** One bundle of this task and others that it {@link joins}. */
  join?(others: readonly Source[]): LocalWork;
  /** Nothing of it can be executed, because its function cannot be named. */
  refuse?(error: unknown): void;
}

/** The default treatment of calls. With two retries a task has three attempts. */
export const DEFAULT_OPTIONS: CallOptions = { timeout: 0, retries: 2, priority: 0 };
