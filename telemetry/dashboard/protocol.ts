/**
 * What the server of the dashboard tells its page: at first how the run stands and all that is kept
 * of its past, then what has changed. Types only; the page knows them as well.
 *
 * @module
 */

import type { RunState } from "../run_model.ts";
import type { TaskCounts } from "../stats.ts";

/** Everything about the run as a whole. */
export interface Head {
  readonly program: string;
  /** Workers planned. */
  readonly planned: number;
  /** Milliseconds since 1970; 0 before it has begun. */
  readonly startedAt: number;
  /** The server's clock. */
  readonly now: number;
  readonly state: RunState;
  readonly tasks: TaskCounts;
  readonly wallMs: number;
  readonly busyMs: number;
  readonly cpuMs: number;
  readonly utilisation: number;
  readonly speedUp: number;
  readonly bytes: number;
  readonly lostWorkers: number;
  /** Milliseconds that half of all tasks, and 95 % of them, held a processor at most. */
  readonly p50: number;
  readonly p95: number;
}

/** A worker. */
export interface WorkerRow {
  readonly name: string;
  readonly broker: string;
  readonly host: string;
  readonly pid: number;
  readonly origin: boolean;
  readonly state: "joined" | "left" | "lost";
  readonly joinedAt: number;
  /** 0 while it is there. */
  readonly goneAt: number;
  readonly toldAt: number;
  readonly reason: string;
  readonly replacedBy: string;
  readonly tasks: number;
  readonly failed: number;
  readonly busyMs: number;
  readonly cpuMs: number;
  readonly rss: number;
  readonly lagMs: number;
  readonly running: number;
  readonly queued: number;
  readonly busy: number;
  readonly current: string;
}

/** A function. */
export interface FunctionRow {
  readonly name: string;
  readonly spawned: number;
  readonly done: number;
  readonly failed: number;
  readonly retried: number;
  readonly dropped: number;
  readonly busyMs: number;
  readonly mean: number;
  readonly p95: number;
  readonly max: number;
  readonly waitMean: number;
}

/** A broker. */
export interface BrokerRow {
  readonly name: string;
  readonly state: "there" | "lost";
  readonly workers: number;
  readonly queuedBundles: number;
  readonly given: number;
  readonly lent: number;
  readonly lagMs: number;
  readonly rss: number;
}

/** How the run stood at one time: at, done, failed, queued, workers, busy, rss, lagMs. */
export type SampleRow = readonly [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
];

/**
 * One stretch of work, or several neighbours as one. Times are milliseconds since the run's base;
 * workers and functions are numbers of the tables of names.
 */
export interface Stretch {
  readonly worker: number;
  /** The function, or the one that took most of it. */
  label: number;
  /** Numbers of the first and the last block in it. */
  id: number;
  last: number;
  from: number;
  to: number;
  /** Milliseconds in which its tasks held the processor. */
  ms: number;
  tasks: number;
  failed: number;
  /** One task that waited, while others ran beside it. */
  readonly waited: boolean;
  /** The worker and the block that spawned it; -1 for the program, or for several. */
  parentWorker: number;
  parent: number;
  inputs: string;
  /** Milliseconds that its first task had waited since it was spawned; -1 where nobody knows. */
  waitMs: number;
  /** Milliseconds of the function that took most of it; the rest is that of others. */
  labelMs: number;
}

/** A {@link Stretch} on its way: worker, label, id, last, from, to, ms, tasks, failed, … */
export type StretchRow = readonly [
  worker: number,
  label: number,
  id: number,
  last: number,
  from: number,
  to: number,
  ms: number,
  tasks: number,
  failed: number,
  waited: 0 | 1,
  parentWorker: number,
  parent: number,
  labelMs: number,
  waitMs: number,
  inputs: string,
];

/** Something that happened. */
export interface HappeningRow {
  readonly at: number;
  readonly kind: string;
  readonly text: string;
}

/** One message. What is left out has not changed. */
export interface PageMessage {
  /** True when the page forgets all it knew before. */
  readonly whole: boolean;
  /** What the times of stretches count from, in milliseconds since 1970. */
  readonly base: number;
  /** How many stretches a page keeps. */
  readonly keep: number;
  readonly head: Head;
  /** Names that follow those told before. */
  readonly workerNames: readonly string[];
  readonly labels: readonly string[];
  readonly stretches: readonly StretchRow[];
  /** Rows that are new or have changed. */
  readonly workers: readonly WorkerRow[];
  readonly functions: readonly FunctionRow[];
  readonly brokers: readonly BrokerRow[];
  /** Samples from this one on; those after it that were told before are replaced. */
  readonly samplesFrom: number;
  readonly samples: readonly SampleRow[];
  readonly happenings: readonly HappeningRow[];
}
