/**
 * `task`: functions that are registered under a name.
 *
 * @module
 */

import { globalState } from "./global_state.ts";
import { hashOf } from "./function_hash.ts";
import { isCopying } from "./program.ts";

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

/** What {@link task} takes. */
export interface TaskOptions {
  /** The name to find it by on every worker. Default: the function's own name. */
  name?: string;
  /** How many times a task may be run again after its worker was lost. Default: 2. */
  retries?: number;
  /** Milliseconds each task may run; more and it fails with a TimeoutError. Default: no limit. */
  timeout?: number;
  /** False when a task must not be executed twice: it is not run again after a loss. Default: true. */
  idempotent?: boolean;
}

/** A registered function. */
export interface Registered {
  readonly fn: AnyFunction;
  readonly name: string;
  readonly hash: string;
  readonly options: TaskOptions;
  /** True when a second copy of the main module came before the first. */
  readonly copied: boolean;
}

const registry = globalState("registry", () => ({
  byName: new Map<string, Registered>(),
  byFunction: new WeakMap<AnyFunction, Registered>(),
}));

/**
 * Registers a function, so that workers find it by its name though it is not exported, or gives it
 * options. Call it at the top level of a module: workers have to come by.
 *
 * @returns `fn` itself.
 * @throws {TypeError} when an option is wrong.
 * @throws {Error} when the name is taken by another function.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { submit, task } from "@scoop/futures";
 *
 * const factor = 3;
 * const scale = task((x: number) => factor * x, { name: "scale", retries: 5 });
 * assert(await submit(scale, 2) === 6);
 * ```
 */
export function task<F extends AnyFunction>(fn: F, options: TaskOptions = {}): F {
  if (typeof fn !== "function") throw new TypeError(`task() needs a function, got ${typeof fn}`);
  checkOptions(options);
  const hash = hashOf(fn);
  const name = options.name ?? (fn.name || `anonymous-${hash}`);
  const known = registry.byName.get(name);
  const copied = isCopying();
  if (known !== undefined && known.fn !== fn) {
    // A second copy of the main module registers its functions once more.
    if (!(copied || known.copied) || known.hash !== hash) throw nameTaken(name);
    if (copied) {
      registry.byFunction.set(fn, { ...known, fn });
      return fn;
    }
  }
  const registered = { fn, name, hash, options: { ...options }, copied };
  registry.byName.set(name, registered);
  registry.byFunction.set(fn, registered);
  return fn;
}

/** How a function was registered, if it was. */
export function registeredAs(fn: AnyFunction): Registered | undefined {
  return registry.byFunction.get(fn);
}

/** The function registered under a name. */
export function registeredUnder(name: string): Registered | undefined {
  return registry.byName.get(name);
}

/** The options a function was registered with. */
export function taskOptions(fn: AnyFunction): TaskOptions | undefined {
  return registry.byFunction.get(fn)?.options;
}

function nameTaken(name: string): Error {
  return new Error(
    `two functions are registered with task() as "${name}": give each a name of its own, ` +
      `task(fn, { name: "…" })`,
  );
}

function checkOptions({ name, retries, timeout, idempotent }: TaskOptions): void {
  const wrong = (option: string, wanted: string, value: unknown) =>
    new TypeError(`task(): ${option} must be ${wanted}, got ${value}`);
  if (name !== undefined && (typeof name !== "string" || name === "")) {
    throw wrong("name", "a text", name);
  }
  if (retries !== undefined && !(Number.isInteger(retries) && retries >= 0)) {
    throw wrong("retries", "an integer from 0", retries);
  }
  if (timeout !== undefined && !(typeof timeout === "number" && timeout > 0)) {
    throw wrong("timeout", "a number of milliseconds above 0", timeout);
  }
  if (idempotent !== undefined && typeof idempotent !== "boolean") {
    throw wrong("idempotent", "true or false", idempotent);
  }
}
