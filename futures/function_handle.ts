/**
 * One function as the scheduler sees it: where it is found, and how long its tasks take.
 *
 * @module
 */

import type { FunctionCounts } from "../telemetry/tally_keeper.ts";
import { UnknownFunctionError } from "../wire/errors.ts";
import {
  describeFunction,
  describeLater,
  functionLabel,
  mayBeDescribedLater,
} from "./function_ref.ts";
import { MOST_SOURCES, refKey } from "./function_ref.ts";
import type { FunctionRef } from "./function_ref.ts";
import { globalState } from "./global_state.ts";
import { takePlaceOf } from "./place.ts";
import { Recent } from "./recent.ts";
import { ownFunction } from "./registry.ts";
import { wrongArgument } from "../wire/user_stack.ts";

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

/** Past this many tasks what was measured long ago counts half. */
const MEMORY = 256;

/** What others have measured is believed up to this, so that sums of it stay numbers. */
const MOST_MS = 1e15;

/** A function, its address, and the running mean of its tasks' duration. */
export class FunctionHandle {
  /**
   * While nobody knows the address: fulfilled as soon as somebody does; rejects, with what the call
   * would have thrown, when there is none.
   */
  addressing: Promise<void> | undefined;
  /** Whether its variables have been looked at, see {@link ./changed_variables.ts}. */
  examined = false;
  /** Where its tasks are counted, see {@link ../telemetry/tally_keeper.ts}. */
  counts: FunctionCounts | undefined;
  #ref: FunctionRef | undefined;
  #milliseconds = 0;
  #tasks = 0;

  constructor(
    ref: FunctionRef | undefined,
    /** The function itself, once this process has it. */
    public fn: AnyFunction | undefined,
    /** Its name, for people. */
    readonly label: string = functionLabel(ref ?? fn!),
  ) {
    this.#ref = ref;
  }

  /** Its address. @throws {Error} while it is not known */
  get ref(): FunctionRef {
    if (this.#ref === undefined) throw new Error(`the address of ${this.label} is not known yet`);
    return this.#ref;
  }

  /** Whether it is one of this library's own, which carries out something for the user's functions. */
  get isOwn(): boolean {
    return this.#ref !== undefined && ownFunction(this.#ref.name) !== undefined;
  }

  /** Waits for the address; until then {@link addressing} is what to wait for. */
  address(coming: Promise<FunctionRef>): void {
    this.addressing = coming.then((ref) => {
      this.#ref = ref;
      this.addressing = undefined;
    });
    // Whoever needs it is told.
    this.addressing.catch(() => {});
  }

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
    this.#milliseconds += Math.min(milliseconds, MOST_MS);
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
  /** Those of functions sent as source, which programs can make without end. */
  sources: new Recent<FunctionHandle>(MOST_SOURCES),
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
    throw wrongArgument(`expected a function to call, got ${fn === null ? "null" : typeof fn}`);
  }
  const handle = described(fn);
  handle.fn ??= fn;
  handles.byFunction.set(fn, handle);
  return handle;
}

/** The handle of a function by its address, which may have to be looked for. */
function described(fn: AnyFunction): FunctionHandle {
  try {
    return handleOfRef(describeFunction(fn));
  } catch (error) {
    if (!(error instanceof UnknownFunctionError) || !mayBeDescribedLater(error)) throw error;
    const handle = new FunctionHandle(undefined, fn);
    const ref = describeLater(fn).catch((reason) => {
      // Whoever calls it again is told at once.
      handles.byFunction.delete(fn);
      if (reason instanceof UnknownFunctionError) takePlaceOf(reason, error);
      throw reason;
    });
    handle.address(ref);
    return handle;
  }
}

/** The handle of a function that arrived by its address; its `fn` may still have to be looked up. */
export function handleOfRef(ref: FunctionRef): FunctionHandle {
  const key = refKey(ref);
  const memory = ref.kind === "source" ? handles.sources : handles.byKey;
  let handle = memory.get(key);
  if (handle === undefined) memory.set(key, handle = new FunctionHandle(ref, undefined));
  return handle;
}
