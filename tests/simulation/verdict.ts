/**
 * Whether a simulated run came out as its program and its faults allow.
 *
 * @module
 */

import { LIMITS } from "../../wire/limits.ts";
import type { Fault } from "./faults.ts";
import { wrongWithModel } from "./observer.ts";
import { simulate } from "./simulation.ts";
import type { Outcome, SimulationOptions } from "./simulation.ts";
import { allOf, readSum } from "./spec.ts";
import type { Spec } from "./spec.ts";

/** How a task may end, by the names of errors; undefined for a value. */
function endsOf(spec: Spec, mishaps: Mishaps) {
  const { fate, retries, timeout, cancel, thrown, times } = spec;
  const ends: (string | undefined)[] = [ALONE[fate]];
  if (fate === "throws" && thrown !== undefined) {
    // Of what it threw, some may have been lost with its worker.
    if (times <= thrown.thrown) ends[0] = undefined;
    else if (mishaps.losses > 0 || mishaps.delays) ends.push(undefined);
  }
  if (fate === "stuck" && timeout === 0) ends[0] = undefined;
  if (fate === "lasts" && timeout > 0) ends.push("TimeoutError");
  if (cancel !== undefined) ends.push("CancelledError");
  // It may have been with the worker whenever one was lost.
  if (mishaps.losses > retries) ends.push("WorkerLostError");
  if (timeout > 0 && mishaps.delays) ends.push("TimeoutError");
  return ends;
}

/** How tasks end that nothing happens to. */
const ALONE: Record<Spec["fate"], string | undefined> = {
  returns: undefined,
  throws: "RangeError",
  stuck: "TimeoutError",
  kills: undefined,
  exits: undefined,
  lasts: "CancelledError",
};

const LOSES = new Set<Fault["kind"]>(["kill", "killBroker", "restartBroker"]);

function isOutage(fault: Fault): boolean {
  return fault.kind === "break" && fault.downMs > 0.5 * LIMITS.workerGraceMs;
}

/** Workers are given up by that; brokers that are back know what they have of each other. */
function costsWorkers(fault: Fault): boolean {
  return isOutage(fault) && fault.kind === "break" && fault.whose !== "broker";
}

interface Mishaps {
  /** Workers that may be lost, at most. */
  readonly losses: number;
  /** Whether tasks, or the news of them, may be held up for longer than their timeout. */
  readonly delays: boolean;
}

function mishapsOf(specs: Iterable<Spec>, faults: readonly Fault[]): Mishaps {
  let stuck = 0;
  let losses = faults.filter((fault) => LOSES.has(fault.kind) || costsWorkers(fault)).length;
  for (const { fate, times, cancel } of specs) {
    if (fate === "kills" || fate === "exits") losses += times;
    // It costs its worker, and nobody can tell what else that has begun.
    if (fate === "stuck" && cancel !== undefined) losses++;
    if (fate === "stuck") stuck++;
  }
  // What a worker did while it was cut off is known late, and not at all if it gets stuck then.
  const delays = faults.some((fault) =>
    fault.kind === "stop" || fault.kind === "jump" || fault.kind === "garble" ||
    (fault.kind === "break" && (fault.silently || stuck > 0))
  );
  // Whoever is with a worker that is stuck in something else is spared, if that is known.
  return { losses: losses + (delays ? stuck : 0), delays };
}

/**
 * What is wrong with an outcome, if something is. Only tasks without children may fail: then the sum
 * says of each task that it had one outcome.
 */
export function wrongWith(outcome: Outcome, options: SimulationOptions): string | undefined {
  const specs = allOf(options.program);
  const mishaps = mishapsOf(specs.values(), options.faults ?? []);
  const { returned, failed } = readSum(outcome.sum);
  if (outcome.results !== options.program.length) {
    return `${outcome.results} outcomes of ${options.program.length} tasks`;
  }
  if (returned + failed !== specs.size) {
    return `${returned} tasks returned and ${failed} failed, of ${specs.size}`;
  }
  const moot = mootOf(options.program);
  const told = new Map<number, Set<string>>();
  for (const { id, error } of outcome.failures) {
    told.set(id, (told.get(id) ?? new Set()).add(error));
  }
  for (const spec of specs.values()) {
    const ends = endsOf(spec, mishaps);
    const errors = told.get(spec.id);
    if (errors === undefined && !ends.includes(undefined) && !moot.has(spec.id)) {
      return `task ${spec.id} (${spec.fate}) did not fail`;
    }
    for (const error of errors ?? []) {
      if (!ends.includes(error)) return `task ${spec.id} (${spec.fate}) failed with a ${error}`;
    }
  }
  const odd = outcome.told.find((text) => !isExpected(text));
  if (odd !== undefined) return `somebody was told: ${odd}`;
  const brokers = (options.faults ?? []).some(({ kind }) => /Broker$/.test(kind));
  const again = mishaps.losses > 0 || (options.faults ?? []).some(isOutage);
  const losses = { workers: again || mishaps.delays, brokers };
  return wrongWithModel(outcome.model, options.program, outcome.executed, losses);
}

/** Tasks of which nobody may hear, since whoever spawned them may have been told to end. */
function mootOf(specs: readonly Spec[], moot = new Set<number>(), above = false): Set<number> {
  for (const { id, children, cancel } of specs) {
    if (above) moot.add(id);
    mootOf(children, moot, above || cancel !== undefined);
  }
  return moot;
}

/** What brokers may well warn of when processes are killed, stopped, or cut off. */
const EXPECTED = [
  /lost the broker/,
  /refused/,
  /another broker (is lost|leaves)/,
];

function isExpected(text: string): boolean {
  return EXPECTED.some((pattern) => pattern.test(text));
}

/** Runs a simulation; whatever is wrong with it is an error that says how to see it again. */
export function simulateSoundly(options: SimulationOptions, name: string): Outcome {
  const replay = `${name}, seed ${options.seed}`;
  let outcome: Outcome;
  try {
    outcome = simulate(options);
  } catch (error) {
    throw new Error(`${replay}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
  const wrong = wrongWith(outcome, options);
  if (wrong !== undefined) throw new Error(`${replay}: ${wrong}`);
  return outcome;
}
