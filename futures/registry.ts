/**
 * `task`: functions that are known by a name, because they are not exported or to give them options.
 *
 * A worker imports the program's modules, so it runs the same `task()` calls and ends up with the
 * same names. Which of two registrations of one name is meant:
 *
 * - A different function under a name that is taken is an error. That goes for functions of the
 *   same source as well: two closures of one factory look alike and compute different things.
 * - The origin may load a second copy of the program's main module (see `function_lookup.ts`),
 *   which registers everything again. Only there a function of the same source is accepted: one of
 *   the two calls has a module with the mark `?scoop` on its stack and the other has not, so both
 *   are the same place of the same program. The original keeps the name.
 * - Names that begin with `@scoop/` are this library's own. Two copies of it may be loaded, so they
 *   are accepted again; another version's function has another hash and is kept beside the first.
 *
 * @module
 */

import { sha256 } from "npm:@noble/hashes@^2/sha2.js";
import { globalState } from "./global_state.ts";
import { outOfRange, wrongArgument } from "../wire/user_stack.ts";

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

/** What {@link task} can say of a function. */
export interface TaskOptions {
  /** What it is called in the whole program. Default: its own name; of one without, its source. */
  name?: string;
  /** How many times a task may be run again after its worker was lost, from 0. */
  retries?: number;
  /** Milliseconds a task may run, above 0. */
  timeout?: number;
  /** False when a task must not be run a second time after its worker was lost. Default: true. */
  idempotent?: boolean;
  /**
   * How many of its tasks may have begun on one worker, from 1: one that awaits something of its own,
   * such as a page or a file, lets others of its kind begin meanwhile. Default: 1, so that nobody
   * comes in between two steps of a task.
   */
  concurrency?: number;
}

/** A function that has a name. */
export interface Registration {
  readonly fn: AnyFunction;
  readonly name: string;
  /** See {@link functionHash}. */
  readonly hash: string;
  readonly options: TaskOptions;
  /** True when the second copy of the main module registered it. */
  readonly copy: boolean;
}

const registry = globalState("registry", () => ({
  byName: new Map<string, Registration[]>(),
  byFunction: new WeakMap<AnyFunction, Registration>(),
}));

/** What the address of the main module's second copy has in its query. */
export const COPY_MARK = "scoop";
const COPY = new RegExp(`[?&]${COPY_MARK}$`);
const OWN_PREFIX = "@scoop/";

/**
 * What people are told for the name of one of this library's own functions; undefined for others.
 *
 * @param name may be anything, as it comes from another process
 */
export function ownFunction(name: unknown): string | undefined {
  const isOurs = typeof name === "string" && name.startsWith(OWN_PREFIX);
  return isOurs ? name.slice(OWN_PREFIX.length) : undefined;
}

/**
 * Proof that two processes mean the same code: the first 16 hexadecimal digits of the SHA-256 of
 * the function's source.
 */
export function functionHash(fn: AnyFunction): string {
  return hashText(sourceText(fn));
}

/** The source of a function, even if somebody gave it another `toString`. */
export function sourceText(fn: AnyFunction): string {
  return Function.prototype.toString.call(fn);
}

const encoder = new TextEncoder();

/** The first 16 hexadecimal digits of a text's SHA-256. */
export function hashText(text: string): string {
  return sha256(encoder.encode(text)).subarray(0, 8).toHex();
}

/**
 * Gives a function a name that workers know, and options that hold for all its tasks.
 *
 * Call it at the top level of a module, outside of `if (import.meta.main)`, so that every worker
 * calls it too. The function may be a closure; it closes over what the worker's own copy of the
 * module has.
 *
 * @returns `fn` itself.
 * @throws {TypeError} when an option is not of the right type, or when the name belongs to another
 * function.
 * @throws {RangeError} when a number is out of its range.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { submit, task } from "@scoop/futures";
 *
 * const factor = 2;
 * const scale = task((x: number) => x * factor, { name: "scale", retries: 0 });
 * assert(await submit(scale, 21) === 42);
 * ```
 */
// deno-lint-ignore no-explicit-any
export function task<F extends (...args: any[]) => unknown>(fn: F, options: TaskOptions = {}): F {
  if (typeof fn !== "function") {
    throw wrongArgument(`task() needs a function, got ${fn === null ? "null" : typeof fn}`);
  }
  checkOptions(options);
  const hash = functionHash(fn);
  // `const f = task((x) => …)` leaves the arrow without a name: its text is as good, as long as no
  // other closure has the same.
  const name = options.name ?? (fn.name || `anonymous-${hash}`);
  register({ fn, name, hash, options: { ...options }, copy: isCalledByCopy() });
  return fn;
}

/** Part of V8's interface for stack traces, whose text leaves out queries. */
interface StackFrame {
  getScriptNameOrSourceURL(): string | undefined;
}

function isCalledByCopy(): boolean {
  const before = Error.prepareStackTrace;
  Error.prepareStackTrace = (_error, frames) => frames;
  try {
    const frames = new Error().stack as unknown as StackFrame[] | undefined;
    // A program may have switched stack traces off.
    return Array.isArray(frames) &&
      frames.some((frame) => COPY.test(frame.getScriptNameOrSourceURL() ?? ""));
  } finally {
    Error.prepareStackTrace = before;
  }
}

/** The options a function was registered with; undefined when it was not registered. */
// deno-lint-ignore ban-types
export function taskOptions(fn: Function): TaskOptions | undefined {
  return registry.byFunction.get(fn as AnyFunction)?.options;
}

/** The registration of a function. */
export function registrationOf(fn: AnyFunction): Registration | undefined {
  return registry.byFunction.get(fn);
}

/** All that is registered under a name: one, but for this library's own functions. */
export function registrationsNamed(name: string): readonly Registration[] {
  return registry.byName.get(name) ?? [];
}

function register(added: Registration): void {
  const { fn, name } = added;
  const before = registry.byFunction.get(fn);
  if (before !== undefined) {
    if (before.name === name && sameOptions(before.options, added.options)) return;
    throw wrongArgument(`task(): "${before.name}" is registered already, with other options`);
  }
  const namesakes = registry.byName.get(name) ?? [];
  const twin = namesakes.find((other) => other.hash === added.hash);
  if (namesakes.length > 0 && !name.startsWith(OWN_PREFIX)) {
    if (twin === undefined || twin.copy === added.copy) {
      throw wrongArgument(
        `task(): another function is registered as "${name}", ` +
          'give this one a name of its own: { name: "…" }',
      );
    }
  }
  registry.byFunction.set(fn, added);
  if (twin === undefined) namesakes.push(added);
  else if (twin.copy && !added.copy) namesakes[namesakes.indexOf(twin)] = added;
  registry.byName.set(name, namesakes);
}

function sameOptions(a: TaskOptions, b: TaskOptions): boolean {
  return a.retries === b.retries && a.timeout === b.timeout && a.idempotent === b.idempotent;
}

const TYPES = {
  name: "string",
  retries: "number",
  timeout: "number",
  idempotent: "boolean",
  concurrency: "number",
};

function checkOptions(options: TaskOptions): void {
  if (typeof options !== "object" || options === null) {
    throw wrongArgument("task(): the options must be an object");
  }
  const names = Object.keys(TYPES);
  for (const [name, value] of Object.entries(options)) {
    if (!names.includes(name)) {
      throw wrongArgument(`task(): no option is called "${name}"; there are ${names.join(", ")}`);
    }
    const type = TYPES[name as keyof typeof TYPES];
    if (value !== undefined && typeof value !== type) {
      throw wrongArgument(`task(): ${name} must be a ${type}, got ${typeof value}`);
    }
  }
  const { name, retries, timeout, concurrency } = options;
  if (name === "") throw outOfRange("task(): name must be a text that is not empty");
  if (retries !== undefined && !(Number.isInteger(retries) && retries >= 0)) {
    throw outOfRange(`task(): retries must be an integer from 0, got ${retries}`);
  }
  if (timeout !== undefined && !(timeout > 0)) {
    throw outOfRange(`task(): timeout must be above 0 milliseconds, got ${timeout}`);
  }
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency >= 1)) {
    throw outOfRange(`task(): concurrency must be an integer from 1, got ${concurrency}`);
  }
}
