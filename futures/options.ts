/**
 * How calls are treated: what `withOptions` and `task` take, checked.
 *
 * @module
 */

import { refuseUnknown } from "./known_options.ts";
import { taskOptions } from "./registry.ts";
import { checkRetries, lostRetries, thrownRetries } from "./retry.ts";
import type { Retries } from "./retry.ts";
import type { CallOptions } from "./work.ts";
import { DEFAULT_OPTIONS } from "./work.ts";
import { wrongArgument } from "../wire/user_stack.ts";

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

/** What {@link withOptions} takes. */
export interface SpawnOptions {
  /** Milliseconds each task may run; more and it fails with a TimeoutError. Default: no limit. */
  timeout?: number;
  /**
   * How many times a task may be run again after its worker was lost; or an object that says so of
   * those that throw as well: `{ lost: 2, thrown: 3, delay: 100, factor: 2, when: (error) => true }`.
   * Default: 2 after a loss, none after an error.
   */
  retries?: number | Retries;
  /** Whether `map` and `mapAsCompleted` tell of failures as {@link mapSettled} does. Default: false. */
  settled?: boolean;
  /**
   * Whether the memory of arrays over 64 KiB in the arguments is given away: it is not copied, and the
   * caller's arrays are empty afterwards, as what `postMessage` transfers. Default: false.
   */
  transfer?: boolean;
  /** Cancels everything when it is aborted, as `future.cancel({ running: true })` does. */
  signal?: AbortSignal;
  /** Tasks in one bundle of a `map`. Default: by the time they take. */
  chunkSize?: number;
  /**
   * How many inputs of a `map` may have been read whose results nobody has taken. Default: 128 for
   * each worker, or twice the number of results taken if that is more, up to 32,768 for each worker;
   * arrays, Maps and Sets, which are there anyway, are read that far at once.
   */
  readAhead?: number;
  /** Tasks of a higher priority begin first. Default: 0. */
  priority?: number;
  /**
   * With a file of results (`--resume`): what these calls are called there. Equal calls under
   * different keys are different ones, and so are those of a `map` with different indices. `false`
   * for results that are neither kept nor taken from there. Default: all equal calls of a function
   * have one result.
   */
  key?: string | false;
}

/** The names of {@link SpawnOptions}. */
const NAMES = [
  "timeout",
  "retries",
  "settled",
  "transfer",
  "signal",
  "chunkSize",
  "readAhead",
  "priority",
  "key",
] as const satisfies readonly (keyof SpawnOptions)[];

/**
 * Checks what a user gave.
 *
 * @throws {TypeError} naming the option that is wrong.
 */
export function checkOptions(options: SpawnOptions): SpawnOptions {
  refuseUnknown("", options, NAMES);
  const { timeout, retries, chunkSize, readAhead, priority, signal, key } = options;
  check("timeout", timeout, (value) => value > 0, "a number of milliseconds above 0");
  checkRetries(retries);
  check("chunkSize", chunkSize, (v) => v >= 1 && Number.isInteger(v), "an integer from 1");
  check("readAhead", readAhead, (v) => v >= 1 && Number.isInteger(v), "an integer from 1");
  check("priority", priority, Number.isFinite, "a finite number");
  if (key !== undefined && key !== false && (typeof key !== "string" || key === "")) {
    throw wrongArgument(
      `key must be a text that is not empty, or false, got ${
        typeof key === "string" ? '""' : typeof key
      }`,
    );
  }
  for (const name of ["settled", "transfer"] as const) {
    const value = options[name];
    if (value !== undefined && typeof value !== "boolean") {
      throw wrongArgument(`${name} must be true or false, got ${value}`);
    }
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw wrongArgument(`signal must be an AbortSignal, got ${typeof signal}`);
  }
  return options;
}

function check(
  name: string,
  value: number | undefined,
  good: (value: number) => boolean,
  wanted: string,
): void {
  if (value === undefined || (typeof value === "number" && good(value))) return;
  throw wrongArgument(`${name} must be ${wanted}, got ${value}`);
}

/** The treatment of a call of `fn`: `options` first, then what `task(fn, …)` said, then the defaults. */
export function callOptions(fn: AnyFunction, options: SpawnOptions | undefined): CallOptions {
  const registered = taskOptions(fn);
  if (options === undefined && registered === undefined) return DEFAULT_OPTIONS;
  const idempotent = registered?.idempotent ?? true;
  const timeout = options?.timeout ?? registered?.timeout ?? 0;
  return {
    timeout: timeout === Infinity ? 0 : timeout,
    // What must not be executed twice is not tried again.
    retries: idempotent
      ? lostRetries(options?.retries) ?? registered?.retries ?? DEFAULT_OPTIONS.retries
      : 0,
    ...idempotent && { thrown: thrownRetries(options?.retries) },
    priority: options?.priority ?? 0,
    ...options?.transfer && { transfer: true },
  };
}
