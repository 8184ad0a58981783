/**
 * A `map` in progress: it pulls inputs as far as its window allows, hands them out as bundles, and
 * keeps the results until somebody takes them.
 *
 * The window counts tasks whose inputs were pulled and whose results nobody has taken. It is what
 * keeps memory flat for an endless input or a slow reader. Of inputs that come from elsewhere, such
 * as a generator, no more is read than that: who takes ten results has not read 65,000 inputs. So
 * the window is small at first and grows with the results that are taken.
 *
 * @module
 */

import { encodeCalls, isPrimitive } from "../wire/codec.ts";
import type { Encoded } from "../wire/codec.ts";
import { CancelledError } from "../wire/errors.ts";
import { Deque } from "../wire/deque.ts";
import { LIMITS } from "../wire/limits.ts";
import { isEndOfRun } from "./dropped.ts";
import type { FunctionHandle } from "./function_handle.ts";
import type { Inputs } from "./inputs.ts";
import type { KeptCalls } from "./kept_calls.ts";
import { MapChunk } from "./map_chunk.ts";
import type { ChunkArgs, ChunkOwner } from "./map_chunk.ts";
import { AsCompleted, Failed } from "./map_results.ts";
import type { Results } from "./map_results.ts";
import { canTravel, MOST_BYTES, sizeOfResult, sizeOfStep, STEPS_AHEAD } from "./map_steps.ts";
import { MapCounts } from "./map_counts.ts";
import { MapRetries } from "./map_retries.ts";
import { MapWindow } from "./map_window.ts";
import type { WindowPlan } from "./map_window.ts";
import { forgetFailure, rememberFailure } from "./outcome.ts";
import { runtimeOf } from "./runtime.ts";
import { runInTurn } from "./turn.ts";
import { addSpawn, removeSpawn } from "./spawned.ts";
import type { Spawn, Turn } from "./turn.ts";
import type { CallOptions, LocalWork, Source } from "./work.ts";

/** Results of a former run that are delivered before everybody else gets a turn. */
const MOST_KEPT = 256;

/** What a {@link MapRun} is told at its beginning. */
export interface MapPlan extends WindowPlan {
  readonly handle: FunctionHandle;
  readonly options: CallOptions;
  readonly turn: Turn;
  readonly results: Results;
  /** Whether results tell of failures. */
  readonly settled?: boolean;
  /** Where results are kept, and those of a former run found. */
  readonly kept?: KeptCalls | undefined;
}

/** See the module's text. */
export class MapRun implements Source, ChunkOwner, Spawn {
  before: Spawn | undefined;
  after: Spawn | undefined;
  readonly handle: FunctionHandle;
  readonly options: CallOptions;
  readonly turn: Turn;
  readonly chunkSize: number;
  closed = false;
  readonly spawnedAt: number;
  /** Called when results have come or the end has. */
  onProgress: (() => void) | undefined;
  /** Called when the last result has been taken, or it was closed. */
  onEnd: (() => void) | undefined;
  /** The turn again, undefined for the program. */
  #context: Turn | undefined;
  #inputs: Inputs;
  #results: Results;
  #settled: boolean;
  readonly #kept: KeptCalls | undefined;
  /** It lets everybody else have a turn, and comes back by itself. */
  #breathing = false;
  readonly #retries = new MapRetries();
  readonly #counts: MapCounts;
  readonly #window: MapWindow;
  #pulled = 0;
  /** Tasks with an outcome. */
  #added = 0;
  #taken = 0;
  #exhausted = false;
  /** What an input threw; it stands behind the results of what came before it. */
  #inputError: { error: unknown } | undefined;
  #abandoned = false;
  #queued = false;
  #feeding = false;
  /** True once its end has been told. */
  #over = false;
  /** Steps read ahead, and steps put back. */
  #ahead = new Deque<unknown[]>();
  #chunks = new Set<MapChunk>();

  constructor(plan: MapPlan) {
    this.handle = plan.handle;
    this.options = plan.options;
    this.turn = plan.turn;
    this.#context = plan.turn === runtimeOf(plan.turn).program ? undefined : plan.turn;
    this.chunkSize = plan.chunkSize;
    this.#inputs = plan.inputs;
    this.#results = plan.results;
    this.#settled = plan.settled ?? false;
    this.#kept = plan.kept;
    this.#window = new MapWindow(plan, () => runtimeOf(plan.turn).info.size);
    const { tally } = runtimeOf(plan.turn);
    this.#counts = new MapCounts(tally.of(plan.handle), plan.inputs.size);
    this.spawnedAt = tally.spawning();
    addSpawn(this);
  }

  get priority(): number {
    return this.options.priority;
  }

  get remaining(): number {
    return this.#exhausted ? this.#ahead.length : this.#inputs.size - this.#pulled;
  }

  get drained(): boolean {
    return !this.#queued;
  }

  /** True when every result has been taken. */
  get finished(): boolean {
    return this.#exhausted && this.#ahead.length === 0 && this.#inputError === undefined &&
      this.#taken === this.#pulled;
  }

  /** True when there is a result to take. */
  get ready(): boolean {
    return this.#results.ready;
  }

  /** Takes a result: a value, or a {@link Failed}. */
  takeResult(): unknown {
    const slot = this.#results.take();
    this.#taken++;
    if (slot instanceof Failed) forgetFailure(slot);
    this.#window.resultBytes -= sizeOfResult(slot, this.#settled);
    if (!this.#queued && this.#pulled - this.#taken <= this.#window.size(this.#taken) / 2) {
      this.offer();
    }
    this.#tellEnd();
    return slot;
  }

  /** Stands in the runtime's queue when there is something to pull. */
  offer(): void {
    if (this.#queued || this.closed || this.#breathing) return;
    this.#readAhead();
    if (!this.#hasInput || this.#room <= 0) return;
    this.#queued = true;
    runtimeOf(this.turn).offer(this, this.turn);
  }

  take(limit: number): LocalWork | undefined {
    // Whoever asks is somebody else, and reading inputs may run code of the user that spawns.
    return runInTurn(this.#context, this.#take, limit);
  }

  #take = (limit: number): LocalWork | undefined => {
    const steps: unknown[][] = [];
    let bytes = 0;
    let plain = true;
    let known = 0;
    const most = Math.min(limit, this.#room, this.#window.share(this.#taken));
    while (steps.length + known < most && bytes < MOST_BYTES) {
      const step = this.#step();
      if (step === undefined) break;
      const kept = this.#kept?.find(this.#pulled + steps.length, step);
      if (kept !== undefined) {
        if (steps.length > 0) this.#ahead.unshift(step);
        else this.arrived(this.#pulled++, kept.value, () => step);
        if (steps.length > 0 || ++known === MOST_KEPT) break;
        continue;
      }
      steps.push(step);
      bytes += sizeOfStep(step);
      plain &&= step.every(isPrimitive);
    }
    const chunk = steps.length === 0 ? undefined : this.#chunk(steps, plain);
    this.#endInput();
    this.#readAhead();
    if (known === MOST_KEPT) this.#breathe();
    this.#queued = this.#hasInput && this.#room > 0 && !this.closed && !this.#breathing;
    if (chunk === undefined) this.#progress();
    return chunk;
  };

  #breathe(): void {
    this.#breathing = true;
    runtimeOf(this.turn).executor.after(0, () => {
      this.#breathing = false;
      this.offer();
    });
  }

  arrived(index: number, value: unknown, inputs: () => readonly unknown[]): void {
    this.#kept?.arrived(index, value);
    this.#counts.done();
    if (this.#settled && !this.closed) {
      return this.#add(index, { status: "fulfilled", value, index, inputs: inputs() });
    }
    this.#add(index, value);
  }

  failed(index: number, error: unknown, inputs?: () => readonly unknown[]): void {
    this.#kept?.failed(index);
    if (this.closed) return;
    if (inputs !== undefined) this.#counts.failed(error);
    if (this.#settled && inputs !== undefined && !isEndOfRun(error)) {
      return this.#add(index, { status: "rejected", reason: error, index, inputs: inputs() });
    }
    const slot = new Failed(this.handle.label, error);
    if (!this.#abandoned && !isEndOfRun(error)) rememberFailure(slot);
    this.#add(index, slot);
  }

  /** A task has thrown: true when it is tried again, and its outcome is that of another attempt. */
  triesAgain(index: number, error: unknown, args: () => unknown[] | Encoded): boolean {
    return this.#retries.tries(this, index, error, args);
  }

  begun(chunk: MapChunk): void {
    this.#chunks.add(chunk);
    this.#window.bytesInFlight += chunk.bytes;
  }

  /** Every task of a chunk has its outcome. */
  ended(chunk: MapChunk, bytes: number): void {
    this.#chunks.delete(chunk);
    this.#window.bytesInFlight -= bytes;
    if (bytes > 0) this.offer();
  }

  /** Ends it: nothing that has not been taken is wanted any more, and what has begun is to end. */
  close(reason: unknown = cancelled(this.handle.label), graceMs: number = LIMITS.graceMs): void {
    if (this.closed) return;
    this.closed = true;
    this.#results = new AsCompleted();
    runInTurn(this.#context, this.#inputs.close, undefined);
    this.#exhausted = true;
    this.#ahead = new Deque();
    const chunks = [...this.#chunks];
    this.#chunks.clear();
    for (const one of [...chunks, this.#retries]) one.stop(reason, graceMs);
    this.#tellEnd();
  }

  /** Ends it, and nobody has to look at its failures, those to come included. */
  abandon(): void {
    this.overlook();
    this.close();
  }

  /** Nobody has to look at its failures any more, those to come included. */
  overlook(): void {
    this.#abandoned = true;
    for (const slot of this.#results.rest()) if (slot instanceof Failed) forgetFailure(slot);
  }

  /** Ends it with an error for whoever reads on. */
  abort(reason: unknown): void {
    this.refuse(cancelled(this.handle.label, reason));
  }

  stop(reason: unknown, graceMs: number): void {
    this.refuse(cancelled(this.handle.label, reason), graceMs);
  }

  refuse(error: unknown, graceMs?: number): void {
    if (this.closed || this.finished) return;
    this.close(error, graceMs);
    this.#results.add(0, new Failed(this.handle.label, error));
    this.#taken = this.#pulled - 1;
    this.#progress();
  }

  /** Steps of an async input to have beside what is in flight. */
  get #stepsAhead(): number {
    return Math.min(STEPS_AHEAD, this.#room);
  }

  get #room(): number {
    return this.#window.room(this.#pulled, this.#taken);
  }

  #step(): unknown[] | undefined {
    const ahead = this.#ahead.shift();
    if (ahead !== undefined) return ahead;
    if (this.#exhausted || this.#inputs.async) return undefined;
    try {
      const step = this.#inputs.nextNow();
      if (step === undefined) this.#exhausted = true;
      return step;
    } catch (error) {
      this.#exhausted = true;
      this.#inputError = { error };
      return undefined;
    }
  }

  get #hasInput(): boolean {
    return this.#ahead.length > 0 || (!this.#exhausted && !this.#inputs.async);
  }

  /** After the last step comes the error of the input, if that is how it ended. */
  #endInput(): void {
    if (this.#inputError === undefined || this.#ahead.length > 0) return;
    // Where results come as they are ready, it comes behind all that were begun before it.
    if (!this.#results.inOrder && this.#added < this.#pulled) return;
    const { error } = this.#inputError;
    this.#inputError = undefined;
    this.failed(this.#pulled++, error);
  }

  #chunk(steps: unknown[][], plain: boolean): MapChunk | undefined {
    const start = this.#pulled;
    let args: ChunkArgs = steps;
    if (!plain) {
      try {
        args = encodeCalls(steps, (i) => `input ${start + i}: args`, this.options.transfer);
      } catch (error) {
        return this.#part(steps, error);
      }
    }
    this.#pulled += steps.length;
    this.#counts.read(this.#pulled);
    const chunk = new MapChunk(this, start, steps.length, args);
    this.begun(chunk);
    return chunk;
  }

  /** The steps cannot travel together: some of them go, or the first fails; the others come later. */
  #part(steps: unknown[][], error: unknown): MapChunk | undefined {
    if (steps.length === 1) {
      this.failed(this.#pulled++, error);
      return undefined;
    }
    const bad = steps.findIndex((step) => !canTravel(step));
    // When each can travel by itself, they are too much together.
    const size = bad < 0 ? steps.length >> 1 : Math.max(bad, 1);
    for (let i = steps.length - 1; i >= size; i--) this.#ahead.unshift(steps[i]!);
    return this.#chunk(steps.slice(0, size), false);
  }

  #add(index: number, slot: unknown): void {
    if (this.closed) return;
    this.#window.resultBytes += sizeOfResult(slot, this.#settled);
    this.#results.add(index, slot);
    this.#added++;
    if (this.#inputError !== undefined) this.#endInput();
    this.#progress();
  }

  #progress(): void {
    this.onProgress?.();
    this.#tellEnd();
  }

  #tellEnd(): void {
    if (this.#over || !(this.closed || this.finished)) return;
    this.#over = true;
    this.#counts.end();
    removeSpawn(this);
    this.onEnd?.();
  }

  #readAhead(): void {
    const wanted = this.#inputs.async && !this.#exhausted &&
      this.#ahead.length < this.#stepsAhead / 2;
    if (wanted && !this.#feeding) runInTurn(this.#context, () => this.#feed(), undefined);
  }

  async #feed(): Promise<void> {
    this.#feeding = true;
    try {
      while (!this.#exhausted && this.#ahead.length < this.#stepsAhead) {
        const step = await this.#inputs.next();
        if (this.closed) return;
        if (step === undefined) this.#exhausted = true;
        else this.#ahead.push(step);
        this.offer();
      }
    } catch (error) {
      this.#exhausted = true;
      this.#inputError = { error };
    } finally {
      this.#feeding = false;
    }
    if (!this.closed) this.#endInput();
    this.#progress();
  }
}

function cancelled(label: string, cause?: unknown): CancelledError {
  return new CancelledError(`${label} was cancelled`, cause === undefined ? {} : { cause });
}
