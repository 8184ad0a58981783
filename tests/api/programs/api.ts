/**
 * The calls of `mod.ts` as these programs make them. In a program that has an Executor they are the
 * executor's own, as far as it has them; then the program can run there unchanged.
 *
 * @module
 */

import * as module from "../../../mod.ts";
import type { Executor, Scoop } from "../../../mod.ts";

export * from "../../../mod.ts";

let pool: { readonly executor: Executor; readonly workers: number } | undefined;

/** From now on the calls of this process go to an Executor's workers. */
export function callOn(executor: Executor, workers: number): void {
  pool = { executor, workers };
}

/** See `mod.ts`. */
export const submit: typeof module.submit = (fn, ...args) =>
  pool === undefined ? module.submit(fn, ...args) : pool.executor.submit(fn, ...args);

/** See `mod.ts`. */
export const map: typeof module.map = (fn, ...iterables) =>
  pool === undefined ? module.map(fn, ...iterables) : pool.executor.map(fn, ...iterables);

/** See `mod.ts`. */
export const mapAsCompleted: typeof module.mapAsCompleted = (fn, ...iterables) =>
  (pool?.executor ?? module).mapAsCompleted(fn, ...iterables);

/** See `mod.ts`. */
export const mapSettled: typeof module.mapSettled = (fn, ...iterables) =>
  (pool?.executor ?? module).mapSettled(fn, ...iterables);

/** See `mod.ts`. */
export const withOptions =
  ((options: module.SpawnOptions) =>
    (pool?.executor ?? module).withOptions(options)) as typeof module.withOptions;

/** What is true of this process; of the executor's workers when it has some. */
export const scoop: Scoop = {
  get isRunning() {
    return pool !== undefined || module.scoop.isRunning;
  },
  get isOrigin() {
    return module.scoop.isOrigin;
  },
  get size() {
    return pool?.workers ?? module.scoop.size;
  },
  get workerName() {
    return module.scoop.workerName;
  },
  get brokerName() {
    return module.scoop.brokerName;
  },
  get signal() {
    return module.scoop.signal;
  },
  logger: module.scoop.logger,
  stats: () => pool?.executor.stats() ?? module.scoop.stats(),
};
