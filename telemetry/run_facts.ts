/**
 * What is known of a run's functions, workers and brokers.
 *
 * @module
 */

import type { Block, FunctionTally } from "../wire/tally.ts";
import type { Histogram } from "./histogram.ts";

/** Tasks by what became of them, and what they took: the sums of tallies. */
export type Counts = Omit<FunctionTally, "label" | "run" | "wait">;

/** What is known of a function. */
export interface FunctionFacts extends Counts {
  readonly label: string;
  readonly run: Histogram;
  readonly wait: Histogram;
}

/** What is known of a worker, past or present. */
export interface WorkerFacts {
  readonly name: string;
  broker: string;
  host: string;
  pid: number;
  origin: boolean;
  state: "joined" | "left" | "lost";
  joinedAt: number;
  /** When it left or was lost; undefined while it is there. */
  goneAt: number | undefined;
  /** Why it was lost, and who works in its place. */
  reason: string;
  replacedBy: string;
  /** When it told last. */
  toldAt: number;
  tasks: number;
  failed: number;
  busyMs: number;
  cpuMs: number;
  /** How much of that it had taken before its first task, as far as that shows: to start. */
  startCpuMs: number;
  rss: number;
  lagMs: number;
  running: number;
  queued: number;
  /** The share of the time before it told last in which tasks held its processor, 0 to 1. */
  busy: number;
  /** The function it works on as far as its broker knows; empty for none. */
  current: string;
  /** The number of its last tally. */
  tallies: number;
  /** Tasks that it has spawned and that have no outcome, by function. */
  readonly open: Map<string, number>;
  /** How far its clock is ahead of ours, in milliseconds, or further: it told that much too early. */
  aheadMs: number;
}

/** What is known of a broker. */
export interface BrokerFacts {
  readonly name: string;
  state: "there" | "lost";
  toldAt: number;
  workers: number;
  queuedBundles: number;
  /** Bundles given to workers, and to other brokers, in all. */
  given: number;
  lent: number;
  lagMs: number;
  rss: number;
}

/** A block, and where it ran; its times are by our clock. */
export interface PlacedBlock extends Block {
  readonly worker: string;
}

/** Something that a person should see. */
export interface Happening {
  readonly at: number;
  readonly kind: "joined" | "lost" | "left" | "replaced" | "brokerLost" | "failed" | "ended";
  readonly text: string;
}

/** Nothing counted. */
export function noCounts(): Counts {
  return {
    spawned: 0,
    done: 0,
    failed: 0,
    retried: 0,
    dropped: 0,
    ran: 0,
    threw: 0,
    ms: 0,
    maxMs: 0,
    bytesIn: 0,
    bytesOut: 0,
  };
}

/** Adds what was counted to what is known. */
export function addCounts(to: Counts, more: Counts): void {
  to.spawned += more.spawned;
  to.done += more.done;
  to.failed += more.failed;
  to.retried += more.retried;
  to.dropped += more.dropped;
  to.ran += more.ran;
  to.threw += more.threw;
  to.ms += more.ms;
  to.maxMs = Math.max(to.maxMs, more.maxMs);
  to.bytesIn += more.bytesIn;
  to.bytesOut += more.bytesOut;
}

/** A worker that nothing is known of but its name. */
export function newWorker(name: string, joinedAt: number): WorkerFacts {
  return {
    name,
    broker: "",
    host: "",
    pid: 0,
    origin: false,
    state: "joined",
    joinedAt,
    goneAt: undefined,
    reason: "",
    replacedBy: "",
    toldAt: 0,
    tasks: 0,
    failed: 0,
    busyMs: 0,
    cpuMs: 0,
    startCpuMs: 0,
    rss: 0,
    lagMs: 0,
    running: 0,
    queued: 0,
    busy: 0,
    current: "",
    tallies: 0,
    open: new Map(),
    aheadMs: Number.NEGATIVE_INFINITY,
  };
}
