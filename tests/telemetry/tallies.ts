/** Tallies and events with only what matters said. */

import type { Counted, Stretch, TallyKeeper } from "../../telemetry/tally_keeper.ts";
import type { RunEvent } from "../../telemetry/events.ts";
import type { Block, FunctionTally, Tally } from "../../wire/tally.ts";

/** Of a function called f, with nothing counted unless told otherwise. */
export function functionTally(changes: Partial<FunctionTally> = {}): FunctionTally {
  return {
    ...{ label: "f", spawned: 0, done: 0, failed: 0, retried: 0, dropped: 0, ran: 0, threw: 0 },
    ...{ ms: 0, maxMs: 0, run: [], wait: [], bytesIn: 0, bytesOut: 0 },
    ...changes,
  };
}

/** A block of one task of a function called f, which took a millisecond. */
export function block(changes: Partial<Block> = {}): Block {
  return {
    ...{ id: 1, label: "f", parent: "", from: 1000, to: 1001, ms: 1, tasks: 1, failed: 0 },
    ...{ waited: false, inputs: "" },
    ...changes,
  };
}

let numbers = 0;

/** A tally of a second in which nothing was done; each is another than those before. */
export function tally(changes: Partial<Tally> = {}): Tally {
  return {
    number: ++numbers,
    ...{ at: 1000, spanMs: 1000, busyMs: 0, cpuMs: 0, rss: 0, lagMs: 0, running: 0, queued: 0 },
    ...{ functions: [], blocks: [] },
    ...changes,
  };
}

/** A worker tells. */
export function told(worker: string, changes: Partial<Tally> = {}, at = 1000): RunEvent {
  return { kind: "tally", at, worker, tally: tally({ at, ...changes }) };
}

/** A worker joins, on a host called h. */
export function joined(worker: string, at = 1000, broker = "broker"): RunEvent {
  const origin = worker === "origin";
  return { kind: "joined", at, broker, worker, host: "h", pid: 7, origin };
}

/** A worker is lost. */
export function lost(worker: string, at = 1000, again = 0, broker = "broker"): RunEvent {
  return { kind: "lost", at, broker, worker, reason: "killed", again };
}

/** A function that is counted. */
export function counted(label: string): Counted {
  return { label, counts: undefined };
}

/** A process has run some tasks. */
export function ran(keeper: TallyKeeper, stretch: Stretch): void {
  const { label, tasks, failed, ms } = stretch;
  keeper.ran(counted(label), tasks, failed, ms);
  if (keeper.shows && stretch.to > 0) keeper.show(stretch);
}
