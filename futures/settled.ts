/**
 * `mapSettled`: a `map` that tells of failures instead of failing.
 *
 * @module
 */

import { inputsOf } from "./inputs.ts";
import { beginMap, MapResult, ResultReader } from "./map.ts";
import type { IterablesOf } from "./map.ts";
import { AsCompleted, InOrder } from "./map_results.ts";
import type { SpawnOptions } from "./options.ts";
import { callingTurn } from "./runtime.ts";
import type { Turn } from "./turn.ts";

/** How one task of a {@link mapSettled} ended. */
export type Settled<A extends unknown[], R> =
  & {
    /** Of the task's inputs. */
    readonly index: number;
    /** What the function was called with. */
    readonly inputs: A;
  }
  & (
    | { readonly status: "fulfilled"; readonly value: R }
    | { readonly status: "rejected"; readonly reason: unknown }
  );

/**
 * Like {@link map}, but failures are results too: each is an object with the `index` and the
 * `inputs` of its task, `status`, and `value` or `reason`, as those of `Promise.allSettled`.
 *
 * @returns an async iterator of the outcomes, in the order of the inputs, which can also be awaited
 * for an array. It rejects when an input throws, or the whole is cancelled.
 * @throws {UnknownFunctionError} when workers cannot find `fn`.
 * @throws {TypeError} when an argument is not iterable.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { mapSettled } from "@scoop/futures";
 *
 * const outcomes = await mapSettled((text: string) => JSON.parse(text), ["1", "}"]);
 * assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected"]);
 * assert.deepEqual(outcomes[1]!.inputs, ["}"]);
 * ```
 */
export function mapSettled<A extends unknown[], R>(
  fn: (...args: A) => R,
  ...iterables: IterablesOf<A>
): MapResult<Settled<A, Awaited<R>>> {
  return mapSettledWith(undefined, fn, iterables);
}

/** `mapSettled` with options. */
export function mapSettledWith<A extends unknown[], R>(
  options: SpawnOptions | undefined,
  fn: (...args: A) => R,
  iterables: readonly unknown[],
  turn: Turn = callingTurn("mapSettled()"),
): MapResult<Settled<A, Awaited<R>>> {
  const inputs = inputsOf(iterables, "mapSettled()");
  return new MapResult(
    beginMap({ turn, options, fn, inputs, results: new InOrder(), settled: true }),
  );
}

/** The same in the order in which tasks end. */
export function mapAsSettledWith<A extends unknown[], R>(
  options: SpawnOptions | undefined,
  fn: (...args: A) => R,
  iterables: readonly unknown[],
  turn: Turn = callingTurn("mapAsCompleted()"),
): ResultReader<Settled<A, Awaited<R>>> {
  const inputs = inputsOf(iterables, "mapAsCompleted()");
  const results = new AsCompleted();
  return new ResultReader(beginMap({ turn, options, fn, inputs, results, settled: true }));
}
