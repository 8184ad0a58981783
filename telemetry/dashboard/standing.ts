/**
 * How a run stands, in the rows that the page shows: made once, however many pages are open.
 *
 * @module
 */

import type { RunModel } from "../run_model.ts";
import { statsOf } from "../stats.ts";
import type { RunStats } from "../stats.ts";
import type { BrokerRow, FunctionRow, Head, SampleRow, WorkerRow } from "./protocol.ts";

/** See the module's text. */
export interface Standing {
  readonly head: Head;
  readonly workers: readonly WorkerRow[];
  readonly functions: readonly FunctionRow[];
  readonly brokers: readonly BrokerRow[];
}

/** How the run stands at `now`, in milliseconds since 1970. */
export function standingOf(model: RunModel, now: number): Standing {
  const stats = statsOf(model, now);
  return {
    head: headOf(model, stats, now),
    workers: [...model.workers.values()].map(({ aheadMs: _, open: __, goneAt, ...worker }) => ({
      ...worker,
      goneAt: goneAt ?? 0,
    })),
    functions: functionsOf(stats),
    brokers: [...model.brokers.values()].map(({ toldAt: _, ...broker }) => broker),
  };
}

function headOf(model: RunModel, stats: RunStats, now: number): Head {
  const { tasks, wallMs, busyMs, cpuMs, utilisation, speedUp, bytes, lostWorkers } = stats;
  const { program, planned, startedAt, state } = model;
  const counted = { tasks, wallMs, busyMs, cpuMs, utilisation, speedUp, bytes, lostWorkers };
  const { p50, p95 } = stats.runMs;
  return { program, planned, startedAt, now, state, ...counted, p50, p95 };
}

function functionsOf(stats: RunStats): FunctionRow[] {
  return stats.functions.map(({ name, busyMs, runMs, waitMs, ...counts }) => ({
    name,
    busyMs,
    ...counts,
    mean: runMs.mean,
    p95: runMs.p95,
    max: runMs.max,
    waitMean: waitMs.mean,
  }));
}

/** The samples from one on. */
export function samplesOf({ series }: RunModel, from: number): SampleRow[] {
  return series.samples.slice(from).map((sample) => {
    const { at, done, failed, queued, workers, busy, rss, lagMs } = sample;
    return [at, done, failed, queued, workers, busy, rss, lagMs];
  });
}
