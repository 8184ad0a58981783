/**
 * `scatter`: large values that travel to each worker once.
 *
 * @module
 */

import { decode, encode } from "../wire/codec.ts";
import type { Encoded } from "../wire/codec.ts";
import { Scattered, setScatteredStore } from "../wire/scattered.ts";
import { globalState } from "./global_state.ts";
import { allRuntimes, constantOfAny, keepFor, owners } from "./owners.ts";
import { callingTurn, existingRuntime } from "./runtime.ts";

export { Scattered };

interface Here {
  /** Sets this process apart from all others that have been in the run. */
  readonly process: string;
  /** Scattered values in this process. */
  readonly values: Map<string, { value: unknown }>;
  /** Those on their way. */
  readonly loading: Map<string, Promise<unknown>>;
  last: number;
}

const here = globalState<Here>("scattered", () => ({
  process: crypto.randomUUID(),
  values: new Map(),
  loading: new Map(),
  last: 0,
}));

setScatteredStore({
  peek: (id) => here.values.get(id),
  // Somebody awaits it; what only a task needs that has come is no reason to go on.
  load: (id) => keepFor(allRuntimes(), load(id)),
  release,
});

/**
 * Hands a large value to the run: it leaves this process once, and reaches each worker at most
 * once, when a task there first needs it. The workers of the program's Executors are no exception.
 *
 * @returns a handle to pass anywhere in arguments, which has the value as `handle.value`. Values are
 * for reading: tasks of one worker share them.
 * @throws {SerializationError} when the value cannot travel.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { map, scatter, type Scattered } from "@scoop/futures";
 *
 * const at = (table: Scattered<number[]>, i: number) => table.value[i]!;
 * const table = scatter([10, 20, 30]);
 * assert.deepEqual(await map(at, Array(3).fill(table), [2, 1, 0]), [30, 20, 10]);
 * ```
 */
export function scatter<T>(value: T): Scattered<T> {
  const process = existingRuntime();
  if (process !== undefined) callingTurn("scatter()");
  const payload = encode(value, "value");
  const id = `@scoop/scattered ${here.process} ${++here.last}`;
  // What was encoded is a copy: the program may go on changing its own.
  here.values.set(id, { value: decode(payload.body, payload.frames) });
  // Other runtimes are given it with the first task that needs it (see `payloadOf`). It fails only
  // when the broker is lost, which every task says as well.
  process?.setConstants([[id, payload]]).catch(() => {});
  return new Scattered<T>(id);
}

/** A scattered value as it travels, if it is in this process. */
export function payloadOf(id: string): Encoded | undefined {
  const known = here.values.get(id);
  return known === undefined ? undefined : encode(known.value);
}

/** Brings a scattered value into this process. */
export function load(id: string): Promise<unknown> {
  const known = here.values.get(id);
  if (known !== undefined) return Promise.resolve(known.value);
  let loading = here.loading.get(id);
  if (loading === undefined) {
    loading = constantOfAny(id).then(({ body, frames }) => {
      const value = decode(body, frames);
      here.values.set(id, { value });
      return value;
    }).finally(() => here.loading.delete(id));
    here.loading.set(id, loading);
  }
  return loading;
}

/** True when all of these are in this process. */
export function areHere(ids: readonly string[]): boolean {
  return ids.every((id) => here.values.has(id));
}

/** Forgets a value that was released somewhere. */
export function forget(id: string): void {
  here.values.delete(id);
}

function release(id: string): void {
  forget(id);
  existingRuntime()?.dropConstant(id);
  for (const owner of owners()) owner.dropConstant(id);
}
