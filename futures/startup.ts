/**
 * `startup`: one program that is the origin or a worker, as its environment says.
 *
 * @module
 */

import { globalState } from "./global_state.ts";
import { runtime } from "./runtime.ts";
import { wrongArgument } from "../wire/user_stack.ts";

/** For a program that is a part of something else, which decides when it begins. */
export interface Deferred {
  /** Whether `startup` only notes what it was called with. */
  on: boolean;
  /** What it noted. */
  call: (() => unknown) | undefined;
}

/** See {@link Deferred}; one for all copies of this library. */
export function deferredStartup(): Deferred {
  return globalState<Deferred>("startup", () => ({ on: false, call: undefined }));
}

/**
 * Runs a program: on the origin it calls `main(...args)`; in a process started as another worker
 * (`IS_ORIGIN=0`) it serves tasks until the run is over.
 *
 * It is not needed where workers are started by the command; it is what makes a program that is
 * started by hand, or compiled to a binary, its own worker. Programs imported by a worker go on at
 * once without a result, so that their functions can be used.
 *
 * @returns what `main` returned, on the origin; undefined elsewhere.
 * @throws whatever `main` threw.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { map, startup } from "@scoop/futures";
 *
 * async function main(limit: number) {
 *   return (await map(Math.sqrt, Array(limit).fill(4))).length;
 * }
 * assert(await startup(main, 3) === 3);
 * ```
 */
export async function startup<A extends unknown[], R>(
  main: (...args: A) => R,
  ...args: A
): Promise<Awaited<R> | undefined> {
  if (typeof main !== "function") throw wrongArgument("startup() needs a function to run");
  const deferred = deferredStartup();
  if (deferred.on) {
    deferred.call = () => main(...args);
    return undefined;
  }
  const process = runtime();
  if (process.info.isOrigin) return await main(...args);
  if (process.serving) return undefined;
  try {
    await process.serve();
  } catch (error) {
    // This process is nothing but a worker: there is no program that could handle it.
    process.report(`${process.info.workerName}: ${(error as Error).message}`);
    Deno.exit(1);
  }
  return undefined;
}
