/**
 * `map` and `mapAsCompleted`.
 *
 * @module
 */

import { handleOf } from "./function_handle.ts";
import { inputsOf } from "./inputs.ts";
import type { AnyIterable, Inputs } from "./inputs.ts";
import { keptCalls } from "./kept_calls.ts";
import { AsCompleted, Failed, InOrder } from "./map_results.ts";
import type { Results } from "./map_results.ts";
import { MapRun } from "./map_run.ts";
import { callOptions } from "./options.ts";
import { countUnreadMap } from "./outcome.ts";
import type { SpawnOptions } from "./options.ts";
import { rejectedWhereAwaited } from "./place.ts";
import { callingTurn, runtimeOf } from "./runtime.ts";
import type { Turn } from "./turn.ts";
import { waitAsTurn } from "./waiting.ts";
import { wrongArgument } from "../wire/user_stack.ts";

/** One iterable for each parameter of a function; a text is none: `[...text]` are its letters. */
export type IterablesOf<A extends unknown[]> = { [K in keyof A]: AnyIterable<A[K]> & object };

/** The results of a {@link map} as they are read one by one. */
export class ResultReader<R> implements AsyncIterableIterator<R> {
  readonly #run: MapRun;
  readonly #waiting: (() => boolean)[] = [];
  /** Whether anybody has asked for a result, or said that none is wanted. */
  #read = false;
  /** Whether somebody has been told that there are no more, or has said that none is wanted. */
  #over = false;

  /** Readers come from `map` and `mapAsCompleted`. */
  constructor(run: MapRun) {
    this.#run = run;
    countUnreadMap(run.handle.label, 1);
    run.onProgress = () => {
      while (this.#waiting.length > 0 && this.#waiting[0]!()) this.#waiting.shift();
    };
  }

  /** The next result; rejects with what its task threw. */
  next(): Promise<IteratorResult<R>> {
    this.#noteRead();
    const run = this.#run;
    if (this.#waiting.length === 0) {
      if (run.ready) {
        const slot = run.takeResult();
        if (slot instanceof Failed) return rejectedWhereAwaited(slot.error);
        return Promise.resolve({ value: slot as R, done: false });
      }
      if (run.finished || run.closed) return Promise.resolve(this.#end());
    }
    return waitAsTurn(
      `map(${run.handle.label})`,
      (resolve, reject) => {
        this.#waiting.push(() => {
          if (run.ready) {
            const slot = run.takeResult();
            if (slot instanceof Failed) reject(slot.error);
            else resolve({ value: slot as R, done: false });
          } else if (run.finished || run.closed) resolve(this.#end());
          else return false;
          return true;
        });
        run.offer();
        run.onProgress!();
      },
      undefined,
      runtimeOf(run.turn),
    );
  }

  /** Gives up what has not been read: no more tasks begin, and those that have are to end. */
  return(): Promise<IteratorResult<R>> {
    this.#noteRead();
    this.#run.close();
    this.#run.onProgress?.();
    return Promise.resolve(this.#end());
  }

  /**
   * Itself: what was taken with `next` before is left out.
   *
   * @throws {TypeError} when the results were read to their end, or given up: there are none left,
   * and to go on without a word would look as if there had been none.
   */
  [Symbol.asyncIterator](): this {
    if (this.#over) throw this.readBefore();
    return this;
  }

  #end(): { value: undefined; done: true } {
    this.#over = true;
    return { value: undefined, done: true };
  }

  /** Whether there is nothing left to read, and somebody knows. */
  protected get isOver(): boolean {
    return this.#over;
  }

  /** What whoever reads them once more is told. */
  protected readBefore(): TypeError {
    const { label } = this.#run.handle;
    return wrongArgument(
      `the results of map(${label}) were read before, or given up: keep them, as in ` +
        `const results = await map(${label}, …)`,
    );
  }

  #noteRead(): void {
    if (this.#read) return;
    this.#read = true;
    countUnreadMap(this.#run.handle.label, -1);
  }

  /** All results that have not been read yet. */
  protected collect(): Promise<R[]> {
    this.#noteRead();
    const run = this.#run;
    return waitAsTurn(
      `map(${run.handle.label})`,
      (resolve, reject) => {
        const all: R[] = [];
        // It stands in line behind reads that were begun before.
        this.#waiting.push(() => {
          // After a failure the rest is taken all the same: one failed task never stops its siblings.
          while (run.ready) {
            const slot = run.takeResult();
            if (slot instanceof Failed) {
              reject(slot.error);
              // Whoever awaits them all has heard of a failure: that of the others is no news.
              run.overlook();
            } else all.push(slot as R);
          }
          if (!run.finished && !run.closed) return false;
          this.#over = true;
          resolve(all);
          return true;
        });
        run.offer();
        run.onProgress!();
      },
      undefined,
      runtimeOf(run.turn),
    );
  }
}

/**
 * What {@link map} returns: read it with `for await`, or `await` it for an array of all results.
 *
 * Leaving a `for await` loop early gives up the rest: no more tasks begin, and those that have begun
 * are to end, as with `cancel({ running: true })`.
 */
export class MapResult<R> extends ResultReader<R> implements PromiseLike<R[]> {
  #all: Promise<R[]> | undefined;

  /** All results that were not read yet, in order; rejects when the end of them was. */
  then<A = R[], B = never>(
    onfulfilled?: ((value: R[]) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#all ??= this.isOver ? Promise.reject(this.readBefore()) : this.collect();
    return this.#all.then(onfulfilled, onrejected);
  }

  /** See `Promise.prototype.catch`. */
  catch<B = never>(
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<R[] | B> {
    return this.then(undefined, onrejected);
  }

  /** See `Promise.prototype.finally`. */
  finally(onfinally?: (() => void) | null): Promise<R[]> {
    return this.then().finally(onfinally);
  }
}

/**
 * Calls `fn` for each element of an iterable, or for the elements of several walked side by side as
 * far as the shortest goes, on all workers; results come in the order of the inputs.
 *
 * Inputs may be endless or async: they are read through a window, so memory stays flat. It is 128
 * tasks for each worker, or twice as many as results were taken if that is more; the option
 * `readAhead` of {@link withOptions} sets another. Tasks may begin on other workers at once; on this one nothing runs before results are awaited. A failed
 * task makes its place in the results reject and does not stop the others.
 *
 * @returns an async iterator of the results, which can also be awaited for an array.
 * @throws {UnknownFunctionError} when workers cannot find `fn`.
 * @throws {TypeError} when an argument is not iterable.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { map } from "@scoop/futures";
 *
 * assert((await map(Math.hypot, [3, 5], [4, 12])).join() === "5,13");
 * for await (const root of map(Math.sqrt, [1, 4, 9])) console.log(root);
 * ```
 */
export function map<A extends unknown[], R>(
  fn: (...args: A) => R,
  ...iterables: IterablesOf<A>
): MapResult<Awaited<R>> {
  return mapWith(undefined, fn, iterables);
}

/**
 * Like {@link map}, but results come as they are ready, in any order.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mapAsCompleted } from "@scoop/futures";
 *
 * let sum = 0;
 * for await (const root of mapAsCompleted(Math.sqrt, [1, 4, 9])) sum += root;
 * assert(sum === 6);
 * ```
 */
export function mapAsCompleted<A extends unknown[], R>(
  fn: (...args: A) => R,
  ...iterables: IterablesOf<A>
): AsyncIterableIterator<Awaited<R>> {
  return mapAsCompletedWith(undefined, fn, iterables);
}

/** `map` with options. */
export function mapWith<A extends unknown[], R>(
  options: SpawnOptions | undefined,
  fn: (...args: A) => R,
  iterables: readonly unknown[],
  turn: Turn = callingTurn("map()"),
): MapResult<Awaited<R>> {
  const inputs = inputsOf(iterables, "map()");
  return new MapResult(beginMap({ turn, options, fn, inputs, results: new InOrder() }));
}

/** `mapAsCompleted` with options. */
export function mapAsCompletedWith<A extends unknown[], R>(
  options: SpawnOptions | undefined,
  fn: (...args: A) => R,
  iterables: readonly unknown[],
  turn: Turn = callingTurn("mapAsCompleted()"),
): AsyncIterableIterator<Awaited<R>> {
  const call = "mapAsCompleted()";
  return new ResultReader(
    beginMap({ turn, options, fn, inputs: inputsOf(iterables, call), results: new AsCompleted() }),
  );
}

/**
 * `map` for this folder: over inputs that somebody else walks, as many in flight as they say.
 * Whoever calls `abandon` has seen enough: nobody has to look at the failures of the rest.
 */
export function mapInputs<A extends unknown[], R>(
  options: SpawnOptions | undefined,
  fn: (...args: A) => R,
  inputs: Inputs,
  window: number,
  turn: Turn = callingTurn("map()"),
): { results: AsyncIterable<Awaited<R>>; abandon(): void } {
  const run = beginMap({ turn, options, fn, inputs, results: new InOrder(), window });
  return { results: new ResultReader<Awaited<R>>(run), abandon: () => run.abandon() };
}

/** What {@link beginMap} begins. */
export interface MapCall<A extends unknown[], R> {
  readonly turn: Turn;
  readonly options: SpawnOptions | undefined;
  readonly fn: (...args: A) => R;
  readonly inputs: Inputs;
  readonly results: Results;
  /** Tasks in flight at most; by the number of workers when undefined. */
  readonly window?: number;
  /** Whether results tell of failures, see {@link ./settled.ts}. */
  readonly settled?: boolean;
}

/** Begins a `map` of any kind; for this folder only. */
export function beginMap<A extends unknown[], R>(call: MapCall<A, R>): MapRun {
  const { turn, options, fn, inputs, results, window, settled = false } = call;
  const handle = handleOf(fn);
  const run = new MapRun({
    turn,
    handle,
    options: callOptions(fn, options),
    inputs,
    results,
    chunkSize: options?.chunkSize ?? 0,
    window,
    settled,
    readAhead: window === undefined ? options?.readAhead : undefined,
    // The blocks of a `mapReduce` are others in every run.
    kept: window === undefined ? keptCalls(handle, turn, options?.key) : undefined,
  });
  const signal = options?.signal;
  if (turn.stopped !== undefined) run.abort(turn.stopped.reason);
  else if (signal?.aborted) run.abort(signal.reason);
  else if (signal !== undefined) {
    const abort = () => run.abort(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    run.onEnd = () => signal.removeEventListener("abort", abort);
  }
  run.offer();
  return run;
}
