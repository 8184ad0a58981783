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
import { mapReduceWith, mapScanWith } from "./reduce.ts";
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
export function withOptions(options: SpawnOptions): Futures {
  const checked = { ...checkOptions(options) };
  return {
    submit: (fn, ...args) => submitWith(checked, fn, args),
    map: (fn, ...iterables) => mapWith(checked, fn, iterables),
    mapAsCompleted: (fn, ...iterables) => mapAsCompletedWith(checked, fn, iterables),
    mapReduce: (mapFn, reduceFn, ...iterables) =>
      mapReduceWith(checked, mapFn, reduceFn, iterables),
    mapScan: (mapFn, reduceFn, ...iterables) => mapScanWith(checked, mapFn, reduceFn, iterables),
  };
}
