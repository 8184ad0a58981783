/**
 * The series of the plot: what is measured, in which sizes.
 *
 * Real workers and brokers as far as a small machine sensibly goes. Beyond that, brokers are real
 * and workers only answer (../programs/simulated.ts), and the brokers' processor time is what
 * counts: how long it takes says nothing where all share two processors.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { denoWorkers } from "../peers/deno_pools.ts";
import { ours } from "../peers/ours.ts";
import { measure } from "../process.ts";
import { type Measured, WORKERS, type Workload, type WorkloadOf } from "../workload.ts";
import type { Panel, Point } from "./points.ts";

/** Points that are measured together. */
export interface Step {
  readonly panel: Panel;
  readonly series: string;
  /** Said while it goes on. */
  readonly name: string;
  measure(): Promise<Pick<Point, "count" | "microseconds">[]>;
}

/** How far to go. */
interface Sizes {
  readonly mapped: number[];
  readonly submitted: number[];
  readonly pooled: number[];
  /** Tasks of a map on many workers or brokers. */
  readonly spread: number;
  readonly realWorkers: number[];
  readonly simulatedWorkers: number[];
  readonly realBrokers: number[];
  readonly brokers: number[];
  readonly bundles: number;
  readonly mostRuns: number;
}

const FULL: Sizes = {
  mapped: [10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000],
  submitted: [10, 100, 1_000, 10_000, 100_000, 1_000_000],
  pooled: [10, 100, 1_000, 10_000, 100_000],
  spread: 1_000_000,
  realWorkers: [2, 4, 8, 16],
  simulatedWorkers: [2, 4, 8, 16, 32, 64],
  realBrokers: [1, 2, 4],
  brokers: [1, 2, 4, 8, 16],
  bundles: 20_000,
  mostRuns: 9,
};

const QUICK: Sizes = {
  mapped: [10, 1_000, 100_000, 1_000_000],
  submitted: [10, 1_000, 100_000],
  pooled: [10, 10_000],
  spread: 100_000,
  realWorkers: [2, 4],
  simulatedWorkers: [2, 16, 64],
  realBrokers: [1, 2],
  brokers: [1, 4],
  bundles: 4_000,
  mostRuns: 3,
};

/** Workers of the runs with several brokers: real ones, and those that only answer. */
const WORKERS_REAL = 8;
const WORKERS_SIMULATED = 64;

/** Milliseconds after which a step is given up. */
const LIMIT = 90_000;

/** All steps of the plot. */
export function stepsOf(quick: boolean): Step[] {
  const sizes = quick ? QUICK : FULL;
  return [...taskSteps(sizes), ...workerSteps(sizes), ...brokerSteps(sizes)];
}

function taskSteps({ mapped, submitted, pooled, mostRuns }: Sizes): Step[] {
  const grown = (how: "map" | "submit", tasks: number[]): Step => ({
    panel: "tasks",
    series: `${how}, ${WORKERS} workers`,
    name: how,
    async measure() {
      const { samples } = await grow({ work: "growth", how, tasks, mostRuns }, WORKERS, 1);
      return tasks.map((count, i) => ({ count, microseconds: samples![i]! / count * 1000 }));
    },
  });
  const pool = pooled.map((count): Step => ({
    panel: "tasks",
    series: `Deno Workers, ${WORKERS} in a pool by hand`,
    name: `${count} in a pool`,
    async measure() {
      const workload = { work: "map", tasks: count, warmUp: 20_000 } as const;
      const { seconds } = right(await denoWorkers.measure(workload, LIMIT));
      return [{ count, microseconds: seconds! / count * 1e6 }];
    },
  }));
  return [grown("map", mapped), grown("submit", submitted), ...pool];
}

function workerSteps({ spread, realWorkers, simulatedWorkers, bundles, mostRuns }: Sizes): Step[] {
  const real = realWorkers.map((workers): Step => ({
    panel: "workers",
    series: `a task of map(${thousands(spread)}), real workers`,
    name: `${workers} workers`,
    measure: async () => [await spreadOver(spread, workers, 1, workers, mostRuns)],
  }));
  const simulated = simulatedWorkers.map((workers): Step => ({
    panel: "workers",
    series: "the broker for a bundle, simulated workers",
    name: `${workers} simulated workers`,
    measure: async () => [
      await brokerTime({ work: "dispatch", workers, bundles }, workers, bundles),
    ],
  }));
  return [...real, ...simulated];
}

function brokerSteps({ spread, realBrokers, brokers, bundles, mostRuns }: Sizes): Step[] {
  const real = realBrokers.map((count): Step => ({
    panel: "brokers",
    series: `a task of map(${thousands(spread)}), ${WORKERS_REAL} real workers`,
    name: `${count} brokers`,
    measure: async () => [await spreadOver(spread, WORKERS_REAL, count, count, mostRuns)],
  }));
  const simulated = brokers.map((count): Step => ({
    panel: "brokers",
    series: `all brokers for a bundle, ${WORKERS_SIMULATED} simulated workers`,
    name: `${count} brokers with simulated workers`,
    async measure() {
      // Code that has just begun is slow: with the same number for 16 brokers as for one, it would be
      // the engines' warming up that is measured.
      const all = Math.max(bundles, bundles / 4 * count);
      const workers = WORKERS_SIMULATED;
      return [
        await brokerTime({ work: "federation", brokers: count, workers, bundles: all }, count, all),
      ];
    },
  }));
  return [...real, ...simulated];
}

/** A map over so many workers and brokers. */
async function spreadOver(
  tasks: number,
  workers: number,
  brokers: number,
  count: number,
  mostRuns: number,
) {
  // Twice, since the first is a warm-up as well.
  const workload: WorkloadOf<"growth"> = {
    work: "growth",
    how: "map",
    tasks: [tasks, tasks],
    mostRuns,
  };
  const { samples } = await grow(workload, workers, brokers);
  return { count, microseconds: Math.min(...samples!) / tasks * 1000 };
}

/** Processor time of brokers for a bundle, with workers that only answer. */
async function brokerTime(workload: Workload, count: number, bundles: number) {
  const { brokerSeconds } = right(await ours().measure(workload, LIMIT));
  return { count, microseconds: brokerSeconds! / bundles * 1e6 };
}

async function grow(workload: WorkloadOf<"growth">, workers: number, brokers: number) {
  const args = [
    ...["run", "-A", path("../../cli.ts"), "-n", String(workers), "-b", String(brokers)],
    ...[path("../programs/growth.ts"), JSON.stringify(workload)],
  ];
  return right(await measure({ command: Deno.execPath(), args }, LIMIT));
}

/** @throws {Error} when results are wrong: then no figure is worth anything */
function right(measured: Measured): Measured {
  if (!measured.right) throw new Error("the results are wrong");
  return measured;
}

function thousands(count: number): string {
  return count.toLocaleString("en-US");
}

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
