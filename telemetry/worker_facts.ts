/**
 * What is known of one worker of a run.
 *
 * @module
 */

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

/** One of which nothing is known yet. */
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
