/**
 * Some consecutive tasks of a `map`, as one bundle.
 *
 * @module
 */

import { clone, decodeEach, encodeCalls, isPrimitive } from "../wire/codec.ts";
import type { Encoded } from "../wire/codec.ts";
import { dataBytes, sharedMemory } from "../wire/shared_memory.ts";
import { workerLost } from "../wire/worker_lost.ts";
import { cutArray } from "../wire/split.ts";
import { addOwnersPart, errorForCaller, shownArguments, unsendableResult } from "./errors.ts";
import type { FunctionHandle } from "./function_handle.ts";
import { runtimeOf } from "./runtime.ts";
import { decodeArguments } from "./spawned_task.ts";
import type { Turn } from "./turn.ts";
import type { CallOptions, LocalWork, Source, Stoppable, Withdraw } from "./work.ts";

/** Where a chunk's outcomes go: the `map` it belongs to. */
export interface ChunkOwner {
  readonly handle: FunctionHandle;
  readonly options: CallOptions;
  readonly turn: Turn;
  readonly closed: boolean;
  /** As in {@link LocalWork}. */
  readonly spawnedAt: number;
  /** @param inputs what the task was called with, for whoever wants it */
  arrived(index: number, value: unknown, inputs: () => readonly unknown[]): void;
  failed(index: number, error: unknown, inputs: () => readonly unknown[]): void;
  /** A task has thrown: true when it is tried again, and its outcome is that of another attempt. */
  triesAgain(index: number, error: unknown, args: () => unknown[] | Encoded): boolean;
  /** There is one more chunk. */
  begun(chunk: MapChunk): void;
  ended(chunk: MapChunk, bytes: number): void;
}

/** Arguments of consecutive tasks: as they are when all are primitive, otherwise encoded. */
export type ChunkArgs = unknown[][] | Encoded;

/** See the module's text. */
export class MapChunk implements LocalWork, Source {
  next = 0;
  readonly chunkSize = 0;
  /** Bytes of encoded arguments; 0 when they are not encoded. */
  readonly bytes: number;
  #open: number;
  #args: ChunkArgs;
  #decoded: unknown[] | undefined;
  /** Once more, for those who want to see the inputs: tasks may have changed theirs. */
  #shown: unknown[] | undefined;
  #withdraw: Withdraw | undefined;
  /** Ends those that are suspended here. */
  #suspended: Map<number, Stoppable> | undefined;
  #losses: number;
  /** Whether some of its tasks are tried again, with what they were given. */
  #handedOn = false;

  constructor(
    readonly owner: ChunkOwner,
    /** Index of the first task in the `map`. */
    readonly start: number,
    readonly count: number,
    args: ChunkArgs,
    losses = 0,
  ) {
    this.#args = args;
    this.#losses = losses;
    this.#open = count;
    this.bytes = Array.isArray(args)
      ? 0
      : args.frames.reduce((bytes, frame) => bytes + dataBytes(frame), args.body.length);
  }

  get handle(): FunctionHandle {
    return this.owner.handle;
  }

  get options(): CallOptions {
    return this.owner.options;
  }

  get turn(): Turn {
    return this.owner.turn;
  }

  get spawnedAt(): number {
    return this.owner.spawnedAt;
  }

  get priority(): number {
    return this.owner.options.priority;
  }

  get remaining(): number {
    return this.count - this.next;
  }

  get drained(): boolean {
    return true;
  }

  take(): LocalWork | undefined {
    // What its map no longer wants is not to leave for others, who could not be told.
    return this.owner.closed ? undefined : this;
  }

  skip(): boolean {
    return this.owner.closed;
  }

  begin(index: number): unknown[] {
    if (Array.isArray(this.#args)) return this.#args[index]!;
    this.#decoded ??= decodeArguments(this.#args);
    return this.#decoded[index] as unknown[];
  }

  settle(index: number, value: unknown): void {
    if (isPrimitive(value)) return this.arrived(index, value);
    let copy: unknown;
    try {
      copy = clone(value, "result");
    } catch (error) {
      return this.fail(index, unsendableResult(error, this.handle.label));
    }
    this.arrived(index, copy);
  }

  fail(index: number, error: unknown): void {
    const { workerName } = runtimeOf(this.turn).info;
    this.failed(index, errorForCaller(error, this.handle.label, workerName, this.#losses + 1));
  }

  lose(index: number, reason: string): void {
    const losses = this.#losses + 1;
    if (losses > this.options.retries) {
      const { workerName } = runtimeOf(this.turn).info;
      return this.failed(index, workerLost(this.handle.label, losses, reason, workerName));
    }
    // The task may have changed what it was given, so its arguments are decoded afresh.
    const args = Array.isArray(this.#args) ? [this.#args[index]!] : this.#cut(index, index + 1);
    const again = new MapChunk(this.owner, this.start + index, 1, args, losses);
    this.owner.begun(again);
    this.#handedOn = true;
    runtimeOf(this.turn).offer(again, this.turn);
    this.#end(index);
  }

  arrived(index: number, value: unknown): void {
    this.owner.arrived(this.start + index, value, () => this.#inputs(index));
    this.#end(index);
  }

  failed(index: number, error: unknown): void {
    const one = () => Array.isArray(this.#args) ? this.#args[index]! : this.#cut(index, index + 1);
    if (this.owner.triesAgain(this.start + index, error, one)) {
      this.#handedOn = true;
      return this.#end(index);
    }
    const args = () =>
      Array.isArray(this.#args) ? this.#args[index] : shownArguments(this.#args, index);
    const { label, isOwn } = this.handle;
    addOwnersPart(error, { label, index: this.start + index, args: isOwn ? undefined : args });
    this.owner.failed(this.start + index, error, () => this.#inputs(index));
    this.#end(index);
  }

  started(): void {}

  refuse(error: unknown): void {
    while (this.next < this.count) this.failed(this.next++, error);
  }

  encode(): Encoded {
    if (Array.isArray(this.#args)) {
      return encodeCalls(this.next === 0 ? this.#args : this.#args.slice(this.next));
    }
    return this.next === 0 ? this.#args : this.#cut(this.next, this.count);
  }

  left(withdraw: Withdraw): void {
    this.#withdraw = withdraw;
  }

  suspended(index: number, task: Stoppable): void {
    (this.#suspended ??= new Map()).set(index, task);
  }

  /** Nobody wants any of it, begun or not. */
  stop(reason: unknown, graceMs: number): void {
    this.#withdraw?.(-1, graceMs);
    for (const task of [...this.#suspended?.values() ?? []]) task.stop(reason, graceMs);
  }

  #end(index: number): void {
    this.#suspended?.delete(index);
    if (--this.#open > 0) return;
    if (!Array.isArray(this.#args) && !this.#handedOn) sharedMemory()?.drop(this.#args.frames);
    this.owner.ended(this, this.bytes);
  }

  #inputs(index: number): readonly unknown[] {
    if (Array.isArray(this.#args)) return this.#args[index]!;
    const { body, frames } = this.#args;
    this.#shown ??= decodeEach(body, frames.map((frame) => frame.slice()));
    return this.#shown[index] as unknown[];
  }

  #cut(from: number, to: number): Encoded {
    const { body, ...rest } = this.#args as Encoded;
    return { body: cutArray(body, from, to), ...rest };
  }
}
