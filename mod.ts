/**
 * SCOOP for Deno: futures that run on as many processes and hosts as one has.
 *
 * ```ts
 * import { map } from "@scoop/futures";
 *
 * export function square(x: number): number {
 *   return x * x;
 * }
 *
 * if (import.meta.main) {
 *   for await (const y of map(square, [1, 2, 3])) console.log(y);
 * }
 * ```
 *
 * A program is launched on several workers with the command, `deno run -A jsr:@scoop/cli -n 4
 * prog.ts`; started by itself it runs its tasks in its own process.
 *
 * @module
 */

import "./worker/provide.ts";

export { Executor } from "./launch/executor.ts";
export type { ExecutorOptions, ShutdownOptions } from "./launch/executor.ts";
export { Future } from "./futures/future.ts";
export type { CancelOptions } from "./futures/future.ts";
export { map, mapAsCompleted } from "./futures/map.ts";
export type { IterablesOf, MapResult, ResultReader } from "./futures/map.ts";
export type { AnyIterable } from "./futures/inputs.ts";
export { mapReduce, mapScan } from "./futures/reduce.ts";
export { scatter, Scattered } from "./futures/scatter.ts";
export type { Retries } from "./futures/retry.ts";
export { mapSettled } from "./futures/settled.ts";
export type { Settled } from "./futures/settled.ts";
export { scoop } from "./futures/scoop.ts";
export type { Scoop } from "./futures/scoop.ts";
export type { LogMethod, ProgramLogger } from "./telemetry/logging.ts";
export type {
  Durations,
  FunctionStats,
  RunStats,
  TaskCounts,
  WorkerStats,
} from "./telemetry/stats.ts";
export { shared } from "./futures/shared.ts";
export { startup } from "./futures/startup.ts";
export { submit } from "./futures/submit.ts";
export { task } from "./futures/registry.ts";
export type { TaskOptions } from "./futures/registry.ts";
export {
  ALL_COMPLETED,
  asCompleted,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  join,
  wait,
} from "./futures/wait.ts";
export type { ResultOf, ReturnWhen, WaitResult } from "./futures/wait.ts";
export { withOptions } from "./futures/with_options.ts";
export type { Futures, SettledFutures } from "./futures/with_options.ts";
export type { SpawnOptions } from "./futures/options.ts";
export type { RunInfo } from "./futures/runtime.ts";
export {
  BrokerLostError,
  CancelledError,
  ProtocolError,
  SerializationError,
  TimeoutError,
  UnknownFunctionError,
  WorkerLostError,
} from "./wire/errors.ts";
export type { UserFacingError } from "./wire/user_stack.ts";
export type { TaskOfError } from "./futures/errors.ts";
