/**
 * One function as the scheduler sees it: where it is found, and how long its tasks take.
 *
 * @module
 */

import { describeFunction, functionLabel, refKey } from "./function_ref.ts";
import type { FunctionRef } from "./function_ref.ts";
import { globalState } from "./global_state.ts";

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

/** Past this many tasks what was measured long ago counts half. */
const MEMORY = 256;

/** A function, its address, and the running mean of its tasks' duration. */
export class FunctionHandle {
  #milliseconds = 0;
  #tasks = 0;

  constructor(
    readonly ref: FunctionRef,
    /** The function itself, once this process has it. */
    public fn: AnyFunction | undefined,
    /** Its name, for people. */
    readonly label: string = functionLabel(ref),
  ) {}

  /** Mean milliseconds of a task's own work, waiting left out; 0 when nothing is known. */
  get mean(): number {
    return this.#tasks === 0 ? 0 : this.#milliseconds / this.#tasks;
  }

  /** True when at least one task has been measured. */
  get known(): boolean {
    return this.#tasks > 0;
  }

  /** Takes in that `tasks` tasks took `milliseconds` together. */
  observe(milliseconds: number, tasks: number): void {
    this.#milliseconds += milliseconds;
    this.#tasks += tasks;
    while (this.#tasks > MEMORY) {
      this.#milliseconds /= 2;
      this.#tasks /= 2;
    }
  }
}

const handles = globalState("handles", () => ({
  byFunction: new WeakMap<AnyFunction, FunctionHandle>(),
  byKey: new Map<string, FunctionHandle>(),
}));

/**
 * The handle of a function that is about to be called.
 *
 * Functions with the same address share one handle. That is sound: an address is proof that they
 * compute the same, since what is sent as source captures nothing.
 *
 * @throws {UnknownFunctionError} when the function cannot be sent to another process.
 * @throws {TypeError} when `fn` is no function.
 */
export function handleOf(fn: AnyFunction): FunctionHandle {
  const known = handles.byFunction.get(fn);
  if (known !== undefined) return known;
  if (typeof fn !== "function") {
    throw new TypeError(`expected a function to call, got ${fn === null ? "null" : typeof fn}`);
  }
  const handle = handleOfRef(describeFunction(fn));
  handle.fn ??= fn;
  handles.byFunction.set(fn, handle);
  return handle;
}

/** The handle of a function that arrived by its address; its `fn` may still have to be looked up. */
export function handleOfRef(ref: FunctionRef): FunctionHandle {
  const key = refKey(ref);
  let handle = handles.byKey.get(key);
  if (handle === undefined) {
    handle = new FunctionHandle(ref, undefined);
    handles.byKey.set(key, handle);
  }
  return handle;
}
