/**
 * `submit`: one task, one future.
 *
 * @module
 */

import { handleOf } from "./function_handle.ts";
import type { FunctionHandle } from "./function_handle.ts";
import { Future } from "./future.ts";
import { keptCalls } from "./kept_calls.ts";
import type { KeptCalls } from "./kept_calls.ts";
import { callOptions } from "./options.ts";
import type { SpawnOptions } from "./options.ts";
import { Stage } from "./outcome.ts";
import { callingTurn, runtimeOf } from "./runtime.ts";
import { SpawnedTask } from "./spawned_task.ts";
import type { Turn } from "./turn.ts";

/**
 * Calls `fn(...args)` on some worker.
 *
 * The task may begin on another worker at once; on this one nothing runs before the program awaits
 * something. Arguments travel by value: what the task does to them is not seen here.
 *
 * @param fn a function that workers can find: exported by a module of the program, registered with
 * {@link task}, built into JavaScript, or free of variables of its surroundings.
 * @returns the future of the task's outcome.
 * @throws {UnknownFunctionError} when workers cannot find the function; the message names why.
 * @throws {SerializationError} when an argument cannot travel; the message names which.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { submit } from "@scoop/futures";
 *
 * assert(await submit(Math.hypot, 3, 4) === 5);
 * ```
 */
export function submit<A extends unknown[], R>(
  fn: (...args: A) => R,
  ...args: A
): Future<Awaited<R>> {
  return submitWith(undefined, fn, args);
}

/** `submit` with options. */
export function submitWith<A extends unknown[], R>(
  options: SpawnOptions | undefined,
  fn: (...args: A) => R,
  args: A,
  turn: Turn = callingTurn("submit()"),
): Future<Awaited<R>> {
  const handle = handleOf(fn);
  const task = new SpawnedTask<Awaited<R>>(handle, args, callOptions(fn, options), turn);
  const signal = options?.signal;
  if (signal !== undefined) {
    if (signal.aborted) task.cancel(signal.reason);
    else {
      const abort = () => task.stop(signal.reason);
      signal.addEventListener("abort", abort, { once: true });
      task.outcome.listen(() => signal.removeEventListener("abort", abort));
    }
  }
  // A task that is to end begins nothing more.
  if (turn.stopped !== undefined) task.cancel(turn.stopped.reason);
  if (task.outcome.done) return new Future(task);
  const kept = keptCalls(handle, turn, options?.key);
  if (kept === undefined) runtimeOf(turn).offer(task, turn);
  else offerUnlessKept(kept, handle, task);
  return new Future(task);
}

/** A result that was kept is the outcome; otherwise the task is spawned, and its result kept. */
function offerUnlessKept(
  kept: KeptCalls,
  { addressing }: FunctionHandle,
  task: SpawnedTask<unknown>,
): void {
  const begin = () => {
    const { outcome, turn } = task;
    if (outcome.done) return;
    const known = kept.find(0, task.encode());
    if (known !== undefined) return task.arrived(0, known.value);
    outcome.listen(() => {
      if (outcome.stage === Stage.finished) kept.arrived(0, outcome.value);
    });
    runtimeOf(turn).offer(task, turn);
  };
  // What the function is made of is known with its address.
  if (addressing === undefined) begin();
  else addressing.then(begin, (error) => task.refuse(error));
}
