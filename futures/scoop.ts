/**
 * Facts about the run.
 *
 * @module
 */

import type { RunStats } from "../telemetry/stats.ts";
import { runtime } from "./runtime.ts";
import type { RunInfo } from "./runtime.ts";
import { signalOf } from "./spawned.ts";
import { currentTurn } from "./turn.ts";

/** What a program, or a task, knows of the run. */
export interface Scoop extends RunInfo {
  /**
   * In a task: aborted when the task is to end, because it was cancelled or ran longer than its
   * timeout. `fetch`, `Deno.Command` and much else take it. In the program it is never aborted.
   */
  readonly signal: AbortSignal;
  /**
   * The run in numbers, as it stands now: tasks by what became of them, how long they ran and waited,
   * functions and workers. Workers tell what they have done once a second, and when they run idle.
   *
   * With brokers that were started by hand, the numbers are those of this process's broker.
   *
   * @throws {BrokerLostError} when the broker is lost.
   */
  stats(): Promise<RunStats>;
}

/**
 * Facts about the run this process takes part in.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { scoop } from "@scoop/futures";
 *
 * console.log(`${scoop.workerName} is one of ${scoop.size}`);
 * assert(scoop.isRunning || scoop.size === 1);
 * ```
 */
export const scoop: Scoop = {
  get isRunning() {
    return runtime().info.isRunning;
  },
  get isOrigin() {
    return runtime().info.isOrigin;
  },
  get size() {
    return runtime().info.size;
  },
  get workerName() {
    return runtime().info.workerName;
  },
  get brokerName() {
    return runtime().info.brokerName;
  },
  stats: () => runtime().stats(),
  get signal() {
    const turn = currentTurn() ?? runtime().program;
    return turn === undefined ? NEVER : signalOf(turn);
  },
};

/** Where no task is. */
const NEVER = new AbortController().signal;

// So that console.log(scoop) shows the facts and not that there are getters.
Object.defineProperty(scoop, Symbol.for("Deno.customInspect"), {
  value: (inspect: (value: unknown) => string) => inspect({ ...runtime().info }),
});
