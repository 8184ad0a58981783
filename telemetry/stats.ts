/**
 * A run in numbers, as `scoop.stats()` tells them.
 *
 * @module
 */

import { BUCKETS, upperBound } from "./histogram.ts";
import type { Histogram } from "./histogram.ts";
import type { Counts, RunModel, WorkerFacts } from "./run_model.ts";

/** How long something took, all times in milliseconds. */
export interface Durations {
  /** Number of durations that are counted; waiting is counted for a sample of the tasks. */
  readonly count: number;
  /** Their mean. */
  readonly mean: number;
  /** Half of all took no longer than this; right to within 19 %. */
  readonly p50: number;
  /** 95 % took no longer than this; right to within 19 %. */
  readonly p95: number;
  /** 99 % took no longer than this; right to within 19 %. */
  readonly p99: number;
  /** The longest of them. */
  readonly max: number;
  /** How many took no longer than `upToMs` and longer than the bucket before; none is empty. */
  readonly buckets: readonly { readonly upToMs: number; readonly count: number }[];
}

/** Tasks by what became of them. */
export interface TaskCounts {
  /** Tasks that are known: those of an endless input only when it is read. */
  readonly spawned: number;
  /** Tasks that have no outcome yet and are not running: they wait, wherever they are. */
  readonly queued: number;
  /** Tasks that have begun and have no outcome yet. */
  readonly running: number;
  /** Tasks that have returned. */
  readonly done: number;
  /** Tasks that have failed for good. */
  readonly failed: number;
  /**
   * Attempts that were made again, since a task threw or would have ended the program's process. What
   * brokers gave to others when a worker was lost is no attempt of its owner's, and told as an event.
   */
  readonly retried: number;
  /** Tasks that were cancelled or given up. */
  readonly dropped: number;
}

/** One function in numbers. */
export interface FunctionStats extends Omit<TaskCounts, "queued" | "running"> {
  /** Its name. */
  readonly name: string;
  /** Milliseconds that its tasks held processors, in all. */
  readonly busyMs: number;
  /** How long its tasks held a processor. */
  readonly runMs: Durations;
  /** How long its tasks waited from being spawned to beginning. */
  readonly waitMs: Durations;
}

/** One worker in numbers. */
export interface WorkerStats {
  /** Its name, such as "worker-1". */
  readonly name: string;
  /** The host that it runs on; empty for a program that is in no run. */
  readonly host: string;
  /** Its process. */
  readonly pid: number;
  /** Whether it is there, has left in good order, or was lost. */
  readonly state: "joined" | "left" | "lost";
  /** Tasks that have ended on it, failed ones included. */
  readonly tasks: number;
  /** Of these, those that threw or ran longer than they may. */
  readonly failed: number;
  /** The share of its time in which tasks held its processor, 0 to 1. */
  readonly utilisation: number;
  /** Milliseconds of processor time that its process took. */
  readonly cpuMs: number;
  /** Bytes of memory its process has now; 0 when it is gone. */
  readonly memory: number;
}

/** See the module's text. Workers tell what they have done once a second, and when they run idle. */
export interface RunStats {
  /** Workers planned, the origin among them. */
  readonly size: number;
  /** All tasks, by what became of them. */
  readonly tasks: TaskCounts;
  /** Milliseconds since the run began. */
  readonly wallMs: number;
  /** Milliseconds that tasks held processors, in all. */
  readonly busyMs: number;
  /** Milliseconds of processor time that all workers took. */
  readonly cpuMs: number;
  /** The share of the workers' time in which tasks held their processors, 0 to 1. */
  readonly utilisation: number;
  /** How many times as long one worker would have taken for the same tasks. */
  readonly speedUp: number;
  /** Bytes of arguments and results that went from one process to another. */
  readonly bytes: number;
  /** How long tasks held a processor. */
  readonly runMs: Durations;
  /** How long tasks waited from being spawned to beginning. */
  readonly waitMs: Durations;
  /**
   * Each function that was spawned or run, in the order in which they were first seen; those after
   * the first 500 together, as "(others)".
   */
  readonly functions: readonly FunctionStats[];
  /** Each worker that there is or was. */
  readonly workers: readonly WorkerStats[];
  /** Workers that were lost in the run so far. */
  readonly lostWorkers: number;
}

/** The numbers of a run as it stands at `now`, in milliseconds since 1970. */
export function statsOf(model: RunModel, now: number): RunStats {
  const end = model.state.kind === "ended" ? model.state.at : now;
  const wallMs = Math.max(0, end - (model.startedAt || end));
  const workers = [...model.workers.values()];
  const { totals } = model;
  const functions = [...model.functions.values()];
  const running = workers.reduce((sum, worker) => sum + worker.running, 0);
  const present = workers.reduce((sum, worker) => sum + presenceMs(worker, end), 0);
  return {
    size: model.planned,
    tasks: { ...countsOf(totals), queued: Math.max(0, model.outstanding - running), running },
    wallMs,
    busyMs: totals.ms,
    cpuMs: workers.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    utilisation: share(totals.ms, present),
    speedUp: wallMs > 0 ? totals.ms / wallMs : 0,
    // What one process sent, another has taken in.
    bytes: totals.bytesOut,
    runMs: durationsOf(functions.map(({ run }) => run), totals),
    waitMs: durationsOf(functions.map(({ wait }) => wait)),
    functions: functions.map((facts) => ({
      name: facts.label,
      ...countsOf(facts),
      busyMs: facts.ms,
      runMs: durationsOf([facts.run], facts),
      waitMs: durationsOf([facts.wait]),
    })),
    workers: workers.map((worker) => ({
      name: worker.name,
      host: worker.host,
      pid: worker.pid,
      state: worker.state,
      tasks: worker.tasks,
      failed: worker.failed,
      utilisation: share(worker.busyMs, presenceMs(worker, end)),
      cpuMs: worker.cpuMs,
      memory: worker.rss,
    })),
    lostWorkers: workers.filter(({ state }) => state === "lost").length,
  };
}

function countsOf({ spawned, done, failed, retried, dropped }: Counts) {
  return { spawned, done, failed, retried, dropped };
}

/** Milliseconds that a worker was there. */
export function presenceMs({ joinedAt, goneAt }: WorkerFacts, now: number): number {
  return Math.max(0, (goneAt ?? now) - joinedAt);
}

function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, part / whole) : 0;
}

/** @param exact the sum and the maximum where these are known better than by the buckets */
function durationsOf(
  histograms: readonly Histogram[],
  exact?: { readonly ms: number; readonly maxMs: number },
): Durations {
  const counts = new Array<number>(BUCKETS).fill(0);
  let [total, sum] = [0, 0];
  for (const histogram of histograms) {
    histogram.counts.forEach((count, bucket) => counts[bucket]! += count);
    total += histogram.total;
    sum += histogram.sum;
  }
  const buckets = counts.flatMap((count, i) => count > 0 ? [{ upToMs: upperBound(i), count }] : []);
  const max = exact?.maxMs ?? buckets.at(-1)?.upToMs ?? 0;
  const quantile = (part: number) => Math.min(max, quantileOf(buckets, part * total));
  return {
    count: total,
    mean: total > 0 ? (exact?.ms ?? sum) / total : 0,
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
    max,
    buckets,
  };
}

function quantileOf(buckets: Durations["buckets"], rank: number): number {
  let left = rank;
  for (const { upToMs, count } of buckets) if ((left -= count) <= 0) return upToMs;
  return 0;
}
