/**
 * A process that owns an Executor: whether it may, and how it takes part in what its workers do.
 *
 * @module
 */

import { owners } from "../futures/owners.ts";
import { ownMain } from "../futures/program.ts";
import { existingRuntime } from "../futures/runtime.ts";
import { currentTurn } from "../futures/turn.ts";
import { readEnvironment } from "../worker/environment.ts";
import type { Environment } from "../worker/environment.ts";

/** @throws {Error} where an Executor would be one of an Executor's, or of a run's, workers. */
export function refuseWorkers(): void {
  const turn = currentTurn();
  const programs = [existingRuntime(), ...owners()].map((one) => one?.program);
  if (turn !== undefined && !programs.includes(turn)) {
    throw new Error(
      `an Executor was made in a task, ${turn.label}: a task runs on a worker, and only a program ` +
        "owns workers; in a task, submit() and map() use the workers that there are",
    );
  }
  if (readEnvironment()?.isOrigin !== false) return;
  throw new Error(
    "an Executor was made while a worker imported the program: put the program's own code in " +
      '"if (import.meta.main) { … }"',
  );
}

/** This process as the owner of workers; the broker is told later. */
export function ownEnvironment(workers: number): Environment {
  return {
    isOrigin: true,
    workerName: "origin",
    brokerName: "broker",
    brokerAddress: "",
    metaAddress: "",
    key: "",
    keys: undefined,
    others: [],
    brokerGraceMs: 0,
    size: workers,
    program: ownMain(),
    verbosity: 0,
  };
}
