/**
 * Tables of how good the schedules are, in virtual time, and what one dispatch costs.
 *
 * The best possible time of a workload is taken as the larger of two bounds that no schedule beats:
 * its work divided by the workers, and its longest chain of tasks.
 *
 * @module
 */

import { seeded } from "./clock.ts";
import { dispatchTime } from "./dispatch_time.ts";
import { readSum } from "./spec.ts";
import type { Spec } from "./spec.ts";
import { simulate } from "./simulation.ts";
import { bursty, heavyTailed, longestChain, nested, totalWork, uniform } from "./workload.ts";

const WORKERS = [2, 8, 64, 512, 4096];
/** Tasks for each worker, so that a run is long enough to be judged by its middle. */
const TASKS_PER_WORKER = 40;
const MOST_TASKS = 100_000;
/** From so many workers on one seed is enough: the middle of a run is long. */
const MANY = 1_000;

const WORKLOADS: Record<string, (tasks: number, seed: number) => Spec[]> = {
  uniform: (tasks) => uniform(tasks, 50),
  "heavy-tailed": (tasks, seed) => heavyTailed(seeded(seed), tasks, 50),
  nested: (tasks, seed) => nested(seeded(seed), { tasks, fanOut: 6, depth: 5, mean: 50 }),
  bursty: (tasks, seed) => bursty(seeded(seed), tasks, 50),
};

/** All tasks enter at one broker of many. */
export function federations(): void {
  console.log(
    "\nShare of the time in which the workers of a federation are busy; 30 tasks of 1 s for",
  );
  console.log("each worker, all entering at one broker, links between brokers of 1 to 50 ms:\n");
  console.log(row("brokers", ["workers", "tasks", "busy"]));
  for (const [brokers, workers] of [[2, 200], [4, 1_000], [16, 1_600], [16, 16_000]] as const) {
    const tasks = 30 * workers;
    const program = uniform(tasks, 1_000);
    const run = simulate({
      workers,
      brokers,
      program,
      seed: 1,
      linkDelays: [1, 50],
      checkEvery: Infinity,
    });
    if (run.sum !== tasks) throw new Error(`${run.sum} of ${tasks} tasks were done`);
    const busy = `${(100 * run.work / (run.time * workers)).toFixed(1)} %`;
    console.log(row(String(brokers), [String(workers), String(tasks), busy]));
  }
}

/** Workloads of several kinds on one broker. */
export function schedules(): void {
  console.log(
    "Time over the best possible schedule (median of 3 seeds below 1,000 workers), tasks of 50 ms on average",
  );
  console.log("and messages that take 0.2 ms:\n");
  const names = Object.keys(WORKLOADS);
  console.log(row("workers", ["tasks", ...names]));
  for (const workers of WORKERS) {
    const tasks = Math.min(MOST_TASKS, workers * TASKS_PER_WORKER);
    const cells = names.map((name) => {
      const ratios = (workers < MANY ? [1, 2, 3] : [1]).map((seed) =>
        overBest(WORKLOADS[name]!(tasks, seed), workers, seed)
      );
      return `${ratios.sort((a, b) => a - b)[ratios.length >> 1]!.toFixed(3)}`;
    });
    console.log(row(String(workers), [String(tasks), ...cells]));
  }
}

function overBest(program: Spec[], workers: number, seed: number): number {
  const best = Math.max(totalWork(program) / workers, longestChain(program));
  const run = simulate({ workers, program, seed, checkEvery: Infinity });
  if (readSum(run.sum).failed > 0) throw new Error("tasks failed");
  return run.time / best;
}

/** What one dispatch costs. */
export function dispatches(): void {
  console.log(
    "\nMicroseconds of the broker for one bundle, from its arrival to its result's departure",
  );
  console.log("(median of 5):\n");
  console.log(row("workers", ["1,000 queued", "100,000 queued", "1,000,000 queued"]));
  for (const workers of [10, 1000, 10_000]) {
    const cells = [1_000, 100_000, 1_000_000].map((queued) => {
      const times = Array.from({ length: 5 }, () => dispatchTime(workers, queued));
      return times.sort((a, b) => a - b)[2]!.toFixed(2);
    });
    console.log(row(String(workers), cells));
  }
}

function row(first: string, cells: string[]): string {
  return first.padStart(8) + cells.map((cell) => cell.padStart(18)).join("");
}
