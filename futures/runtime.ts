/**
 * What the API needs from the process it runs in, and where it finds it.
 *
 * @module
 */

import type { RunStats } from "../telemetry/stats.ts";
import type { TallyKeeper } from "../telemetry/tally_keeper.ts";
import type { Encoded } from "../wire/codec.ts";
import type { NamedPayloads } from "../wire/constant_group.ts";
import type { Executor } from "./executor.ts";
import { globalState } from "./global_state.ts";
import type { ResultStore } from "./result_store.ts";
import { currentTurn } from "./turn.ts";
import type { Turn } from "./turn.ts";
import type { Source } from "./work.ts";

/** Facts about the run, for programs. */
export interface RunInfo {
  /** True when the program was launched with workers, false when it runs its tasks by itself. */
  readonly isRunning: boolean;
  /** True in the process that runs the program. */
  readonly isOrigin: boolean;
  /** Number of workers in the run, the origin among them. */
  readonly size: number;
  /** This worker's name; "origin" on the origin. */
  readonly workerName: string;
  /** The name of the broker this worker is connected to, "" without one. */
  readonly brokerName: string;
}

/** A process that executes tasks: `worker/` has it. */
export interface Runtime {
  readonly info: RunInfo;
  readonly executor: Executor;
  /** The turn of the user's program; undefined on workers, where only tasks may spawn. */
  readonly program: Turn | undefined;
  /** Where the results of what the program itself spawns are kept beyond its end. */
  readonly results?: ResultStore | undefined;
  /** Counts what becomes of tasks here. */
  readonly tally: TallyKeeper;
  /** The run in numbers, as it stands now. */
  stats(): Promise<RunStats>;
  /** Queues work that `turn` spawned. */
  offer(source: Source, turn: Turn): void;
  /** Sets shared constants. Rejects, and sets none, when a name is taken. */
  setConstants(constants: NamedPayloads): Promise<void>;
  /** A shared constant, as soon as it is set. */
  getConstant(name: string): Promise<Encoded>;
  /** True when this process does nothing but serve tasks already. */
  readonly serving: boolean;
  /** Forgets a constant, everywhere. */
  dropConstant(name: string): void;
  /** Serves tasks until the run is over. */
  serve(): Promise<void>;
  /**
   * Somebody waits for one more outcome (or, with -1, for one less) in a way that does not keep the
   * process alive by itself, such as a callback.
   */
  expect(change: 1 | -1): void;
  /** True when there is nobody else to execute tasks, and will not be. */
  readonly keepsTasks: boolean;
  /** Tells a person something, on stderr. */
  report(text: string): void;
}

interface Place {
  runtime: Runtime | undefined;
  create: (() => Runtime) | undefined;
}

const place = globalState<Place>("runtime", () => ({ runtime: undefined, create: undefined }));

/** Says how this process gets its runtime; the first caller of {@link runtime} makes it. */
export function provideRuntime(create: () => Runtime): void {
  place.create ??= create;
}

/** The runtime of this process. */
export function runtime(): Runtime {
  return place.runtime ??= place.create!();
}

/** The runtime, if somebody has needed it already. */
export function existingRuntime(): Runtime | undefined {
  return place.runtime;
}

/** The runtime that a turn belongs to. */
export function runtimeOf(turn: Turn): Runtime {
  return turn.home as Runtime | undefined ?? runtime();
}

/**
 * The turn that calls.
 *
 * @param home the runtime concerned, if not that of this process; outside of every task, its program
 * is what calls
 * @throws {Error} on a worker outside of every task: that is a program without a guard, which
 * every worker would run from its top while importing it.
 */
export function callingTurn(call: string, home?: Runtime): Turn {
  const turn = currentTurn() ?? (home ?? runtime()).program;
  if (turn !== undefined) return turn;
  throw new Error(
    `${call} was called while a worker imported the program: put the program's own code in ` +
      `"if (import.meta.main) { … }" or in a function given to startup()`,
  );
}
