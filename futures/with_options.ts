/**
 * The API once more, with options for every call.
 *
 * @module
 */

import type { Future } from "./future.ts";
import { mapAsCompletedWith, mapWith } from "./map.ts";
import type { IterablesOf, MapResult } from "./map.ts";
import { checkOptions } from "./options.ts";
import type { SpawnOptions } from "./options.ts";
import type { Turn } from "./turn.ts";
import { mapReduceWith, mapScanWith } from "./reduce.ts";
import { mapAsSettledWith, mapSettledWith } from "./settled.ts";
import type { Settled } from "./settled.ts";
import { submitWith } from "./submit.ts";

/** The calls that spawn tasks, with options; see the functions of the same names. */
export interface Futures {
  /** See {@link submit}. */
  submit<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>>;
  /** See {@link map}. */
  map<A extends unknown[], R>(
    fn: (...args: A) => R,
    ...iterables: IterablesOf<A>
  ): MapResult<Awaited<R>>;
  /** See {@link mapAsCompleted}. */
  mapAsCompleted<A extends unknown[], R>(
    fn: (...args: A) => R,
    ...iterables: IterablesOf<A>
  ): AsyncIterableIterator<Awaited<R>>;
  /** See {@link mapSettled}. */
  mapSettled<A extends unknown[], R>(
    fn: (...args: A) => R,
    ...iterables: IterablesOf<A>
  ): MapResult<Settled<A, Awaited<R>>>;
  /** See {@link mapReduce}. */
  mapReduce<A extends unknown[], R>(
    mapFn: (...args: A) => R,
    reduceFn: (a: Awaited<R>, b: Awaited<R>) => Awaited<R> | PromiseLike<Awaited<R>>,
    ...iterables: IterablesOf<A>
  ): Promise<Awaited<R>>;
  /** See {@link mapScan}. */
  mapScan<A extends unknown[], R>(
    mapFn: (...args: A) => R,
    reduceFn: (a: Awaited<R>, b: Awaited<R>) => Awaited<R> | PromiseLike<Awaited<R>>,
    ...iterables: IterablesOf<A>
  ): Promise<Awaited<R>[]>;
}

/** The same with `{ settled: true }`: maps tell of failures. */
export interface SettledFutures extends Omit<Futures, "map" | "mapAsCompleted"> {
  /** See {@link mapSettled}. */
  map<A extends unknown[], R>(
    fn: (...args: A) => R,
    ...iterables: IterablesOf<A>
  ): MapResult<Settled<A, Awaited<R>>>;
  /** See {@link mapSettled}; in the order in which tasks end. */
  mapAsCompleted<A extends unknown[], R>(
    fn: (...args: A) => R,
    ...iterables: IterablesOf<A>
  ): AsyncIterableIterator<Settled<A, Awaited<R>>>;
}

/**
 * `submit`, `map` and the others with options for all their tasks.
 *
 * @throws {TypeError} naming the option that is wrong.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { withOptions } from "@scoop/futures";
 *
 * const { map } = withOptions({ chunkSize: 10, timeout: 5000 });
 * assert((await map(Math.sqrt, [1, 4, 9])).join() === "1,2,3");
 * ```
 */
export function withOptions(options: SpawnOptions & { settled: true }): SettledFutures;
/** The same without `settled`: a task that fails makes its place reject. */
export function withOptions(options: SpawnOptions): Futures;
export function withOptions(options: SpawnOptions): Futures | SettledFutures {
  return futuresWith({ ...checkOptions(options) });
}

/**
 * The calls with options that were checked; for the library only.
 *
 * @param turn who calls; whoever does so then, if undefined
 */
export function futuresWith(
  options: SpawnOptions,
  turn: () => Turn | undefined = () => undefined,
): Futures {
  const futures: Futures = {
    submit: (fn, ...args) => submitWith(options, fn, args, turn()),
    map: (fn, ...iterables) => mapWith(options, fn, iterables, turn()),
    mapAsCompleted: (fn, ...iterables) => mapAsCompletedWith(options, fn, iterables, turn()),
    mapSettled: (fn, ...iterables) => mapSettledWith(options, fn, iterables, turn()),
    mapReduce: (mapFn, reduceFn, ...iterables) =>
      mapReduceWith(options, mapFn, reduceFn, iterables, turn()),
    mapScan: (mapFn, reduceFn, ...iterables) =>
      mapScanWith(options, mapFn, reduceFn, iterables, turn()),
  };
  if (!options.settled) return futures;
  const settled: SettledFutures = {
    ...futures,
    map: futures.mapSettled,
    mapAsCompleted: (fn, ...iterables) => mapAsSettledWith(options, fn, iterables, turn()),
  };
  // That this is what the option says is known to the overloads above alone.
  return settled as unknown as Futures;
}
