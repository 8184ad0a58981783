/**
 * Who runs where. From a list of hosts to a list of processes, and what each is told; nothing is
 * started here.
 *
 * @module
 */

/** A host and the number of workers it is to run. */
export interface Host {
  readonly host: string;
  readonly workers: number;
}

/** One process of the run. */
export interface PlannedProcess {
  /** "origin", "worker-1", … */
  readonly name: string;
  readonly host: string;
  readonly origin: boolean;
}

/** All processes of a run; the origin comes first and is on the first host. */
export interface Plan {
  /** Number of workers, the origin among them. */
  readonly size: number;
  readonly processes: readonly PlannedProcess[];
}

/**
 * Gives every worker its host and name. The origin is a worker like the others, so hosts for N
 * workers make N processes.
 *
 * @throws {RangeError} when a host has no whole number of workers, or there is no worker at all
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makePlan } from "./plan.ts";
 * const plan = makePlan([{ host: "127.0.0.1", workers: 2 }]);
 * assert.deepEqual(plan.processes.map((process) => process.name), ["origin", "worker-1"]);
 * ```
 */
export function makePlan(hosts: readonly Host[]): Plan {
  const processes: PlannedProcess[] = [];
  for (const { host, workers } of hosts) {
    if (!Number.isSafeInteger(workers) || workers < 0) {
      throw new RangeError(`${host} cannot have ${workers} workers`);
    }
    for (let i = 0; i < workers; i++) {
      const number = processes.length;
      processes.push({ name: number ? `worker-${number}` : "origin", host, origin: !number });
    }
  }
  if (processes.length === 0) throw new RangeError("a run needs at least one worker");
  return { size: processes.length, processes };
}

/** The name of the worker that takes a lost one's place: worker-1, worker-1.2, worker-1.3, … */
export function replacementName(name: string): string {
  const [, first, number] = /^(.*?)(?:\.(\d+))?$/.exec(name)!;
  return `${first}.${Number(number ?? 1) + 1}`;
}

/** Milliseconds before the first replacement; each further one waits twice as long. */
const FIRST_DELAY = 100;
/** The longest that a replacement waits, in milliseconds. */
const LONGEST_DELAY = 30_000;
/** A worker that lived this many milliseconds is taken to have been sound. */
const SOUND_AFTER = 60_000;

/**
 * Milliseconds to wait before a lost worker is replaced, so that one that cannot live does not
 * keep the machine busy with starting.
 *
 * @param before the wait before the lost worker itself was started, 0 for the first in its place
 * @param lived how many milliseconds it lived
 */
export function replacementDelay(before: number, lived: number): number {
  if (before === 0 || lived >= SOUND_AFTER) return FIRST_DELAY;
  return Math.min(before * 2, LONGEST_DELAY);
}

/** What every process of a run is told about it. */
export interface RunFacts {
  readonly brokerName: string;
  readonly taskAddress: string;
  readonly metaAddress: string;
  /** The run's secret. */
  readonly key: string;
  /** Number of workers, the origin among them. */
  readonly size: number;
  /** URL of the program's main module. */
  readonly program: string;
  /** -1 quiet, 0 as usual, 1 or 2. */
  readonly verbosity: number;
}

/** The environment variables that make a process part of a run. */
export function environment(
  facts: RunFacts,
  process: { readonly name: string; readonly origin: boolean },
): Record<string, string> {
  return {
    IS_ORIGIN: process.origin ? "1" : "0",
    WORKER_NAME: process.name,
    BROKER_NAME: facts.brokerName,
    BROKER_ADDRESS: facts.taskAddress,
    META_ADDRESS: facts.metaAddress,
    SCOOP_KEY: facts.key,
    SCOOP_SIZE: String(facts.size),
    SCOOP_PROGRAM: facts.program,
    SCOOP_VERBOSITY: String(facts.verbosity),
  };
}
