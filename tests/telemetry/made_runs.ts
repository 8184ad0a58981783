/**
 * Runs that never were, as the events of one that was: who has which task when is worked out here,
 * the way a broker would have it.
 *
 * @module
 */

import type { RunEvent } from "../../telemetry/events.ts";
import { Histogram } from "../../telemetry/histogram.ts";
import { RunModel } from "../../telemetry/run_model.ts";
import type { Block, FunctionTally, Tally } from "../../wire/tally.ts";

/** When the made runs begin, in milliseconds since 1970. */
export const BEGIN = 1_700_000_000_000;
/** Between two tallies of a worker. */
const TALLY_MS = 250;

/** Tasks that are spawned together; further ones when these have all ended. */
export interface Round {
  /** Milliseconds the program takes before it spawns them. */
  readonly pauseMs?: number;
  readonly tasks: readonly MadeTask[];
}

/** One task. */
export interface MadeTask {
  readonly label?: string;
  readonly ms: number;
  readonly inputs?: string;
  /** Bytes of its arguments, and as many of its result. */
  readonly bytes?: number;
  readonly failed?: boolean;
  /** Tasks of the same block. */
  readonly tasks?: number;
  /** What it spawns when it has run, and then waits for. */
  readonly children?: readonly MadeTask[];
}

/** How a run is made; all times in milliseconds. */
export interface MadeRun {
  readonly workers?: number;
  readonly rounds: readonly Round[];
  /** Until a worker has joined. */
  readonly startMs?: number | ((worker: number) => number);
  /** How many times as long as elsewhere tasks take on a worker. */
  readonly slowness?: (worker: number) => number;
  readonly host?: (worker: number) => string;
  /** From a task's end to the next one's beginning on the same worker, though there is one. */
  readonly dispatchMs?: (task: MadeTask) => number;
  /** Processor time for each millisecond that tasks held it. */
  readonly cpu?: number;
  /** Processor time that the origin takes beside its tasks. */
  readonly originMs?: number;
  /** The last worker is lost so late, and nobody comes in its place. */
  readonly lostAt?: number;
  /** From the end of the last task to that of the program. */
  readonly afterMs?: number;
  readonly code?: number;
  /** Whether blocks tell how long their tasks had waited. Default: true. */
  readonly waits?: boolean;
  /** Blocks that the model keeps. Default: a million. */
  readonly keep?: number;
}

interface Ran extends Block {
  readonly worker: number;
  readonly bytes: number;
  readonly waitMs: number;
}

/** Gives the tasks to the workers: each to whoever can begin it first. */
class Making {
  readonly ran: Ran[] = [];
  readonly spawned: { at: number; label: string; tasks: number }[] = [];
  readonly free: number[];
  readonly #ids: number[];
  readonly #run: MadeRun;

  constructor(run: MadeRun, workers: number) {
    this.#run = run;
    this.free = Array.from({ length: workers }, (_, i) => startOf(run, i));
    this.#ids = this.free.map(() => 0);
  }

  /** Runs tasks that are spawned at a time; returns when the last of them has ended. */
  run(tasks: readonly MadeTask[], spawned: number, parent: string): number {
    let end = spawned;
    for (const { label = "f", tasks: count = 1 } of tasks) {
      this.spawned.push({ at: spawned, label, tasks: count });
    }
    for (const task of tasks) end = Math.max(end, this.#runOne(task, spawned, parent));
    return end;
  }

  #runOne(task: MadeTask, spawned: number, parent: string): number {
    const { slowness, dispatchMs, lostAt } = this.#run;
    const worker = this.free.indexOf(Math.min(...this.free));
    const from = Math.max(this.free[worker]!, spawned) + (dispatchMs?.(task) ?? 0);
    const ms = task.ms * (slowness?.(worker) ?? 1);
    const to = from + ms;
    if (lostAt !== undefined && worker === this.free.length - 1 && to > lostAt) {
      this.free[worker] = Infinity;
      return this.#runOne(task, lostAt, parent);
    }
    this.free[worker] = to;
    const id = ++this.#ids[worker]!;
    const { label = "f", inputs = "", failed = false, tasks = 1, bytes = 0, children = [] } = task;
    const block = {
      ...{ id, label, parent, from, to, ms, tasks, inputs, worker, bytes },
      failed: failed ? tasks : 0,
      waited: children.length > 0,
      waitMs: from - spawned,
    };
    const at = this.ran.push(block) - 1;
    if (children.length === 0) return to;
    const end = this.run(children, to, `${nameOf(worker)}:${id}`);
    this.ran[at] = { ...block, to: end };
    return end;
  }
}

function startOf({ startMs }: MadeRun, worker: number): number {
  return typeof startMs === "function" ? startMs(worker) : startMs ?? 20;
}

function nameOf(worker: number): string {
  return worker === 0 ? "origin" : `worker-${worker}`;
}

/** The events of a run, in the order of their times. */
export function eventsOf(run: MadeRun): RunEvent[] {
  const workers = run.workers ?? 4;
  const making = new Making(run, workers);
  let now = startOf(run, 0);
  for (const { pauseMs = 0, tasks } of run.rounds) {
    now += pauseMs;
    now = making.run(tasks, now, "");
  }
  const end = now + (run.afterMs ?? 0);
  const events: RunEvent[] = [{ kind: "started", at: BEGIN, program: "made.ts", workers }];
  for (let i = 0; i < workers; i++) {
    const start = startOf(run, i);
    const [broker, worker, host] = ["broker", nameOf(i), run.host?.(i) ?? "here"];
    events.push({
      ...{ kind: "joined", at: BEGIN + start, broker, worker, host, pid: 100 + i, origin: i === 0 },
    });
    const lost = run.lostAt !== undefined && i === workers - 1;
    const last = lost ? run.lostAt! : end;
    events.push(...talliesOf(run, making.ran.filter(({ worker }) => worker === i), {
      ...{ worker, start, end: last, spawned: i === 0 ? making.spawned : [] },
    }));
    if (lost) {
      const reason = "was killed";
      events.push({ kind: "lost", at: BEGIN + last, broker, worker, reason, again: 1 });
    }
  }
  const code = run.code ?? 0;
  events.push({ kind: "ended", at: BEGIN + end, code, reason: `exit code ${code}` });
  return events.sort((a, b) => a.at - b.at);
}

interface Telling {
  readonly worker: string;
  readonly start: number;
  readonly end: number;
  readonly spawned: readonly { at: number; label: string; tasks: number }[];
}

function talliesOf(run: MadeRun, ran: readonly Ran[], telling: Telling): RunEvent[] {
  const { worker, start, end, spawned } = telling;
  const events: RunEvent[] = [];
  const tallies = Math.max(1, Math.ceil((end - start) / TALLY_MS));
  for (let i = 0; i < tallies; i++) {
    const from = i === 0 ? -Infinity : start + i * TALLY_MS;
    const to = i === tallies - 1 ? Infinity : start + (i + 1) * TALLY_MS;
    const at = Math.min(end, start + (i + 1) * TALLY_MS);
    const blocks = ran.filter((block) => block.to > from && block.to <= to);
    const busyMs = ran.reduce((sum, block) => {
      const until = Math.min(at, block.from + block.ms);
      return sum + Math.max(0, until - Math.max(from, block.from));
    }, 0);
    const tally: Tally = {
      number: events.length + 1,
      ...{ at: BEGIN + at, spanMs: TALLY_MS, busyMs, rss: 60_000_000, lagMs: 1 },
      cpuMs: busyMs * (run.cpu ?? 1) + (worker === "origin" ? (run.originMs ?? 0) / tallies : 0),
      running: 0,
      queued: 0,
      functions: functionsOf(blocks, spawned.filter((task) => task.at > from && task.at <= to)),
      blocks: blocks.map(({ worker: _worker, bytes: _bytes, waitMs, ...block }) => ({
        ...block,
        ...(run.waits === false ? {} : { waitMs }),
        from: BEGIN + block.from,
        to: BEGIN + block.to,
      })),
    };
    events.push({ kind: "tally", at: BEGIN + at, worker, tally });
  }
  return events;
}

function functionsOf(
  blocks: readonly Ran[],
  spawned: readonly { label: string; tasks: number }[],
): FunctionTally[] {
  const labels = new Set([...blocks, ...spawned].map(({ label }) => label));
  return [...labels].map((label) => {
    const mine = blocks.filter((block) => block.label === label);
    const [run, wait] = [new Histogram(), new Histogram()];
    for (const { ms, tasks, waitMs } of mine) {
      run.add(ms / tasks, tasks);
      wait.add(waitMs);
    }
    const sum = (of: (block: Ran) => number) => mine.reduce((all, block) => all + of(block), 0);
    const failed = sum((block) => block.failed);
    const bytes = sum((block) => block.bytes);
    return {
      label,
      spawned: spawned.reduce((all, task) => all + (task.label === label ? task.tasks : 0), 0),
      done: sum((block) => block.tasks) - failed,
      failed,
      ran: sum((block) => block.tasks),
      threw: failed,
      retried: 0,
      dropped: 0,
      ms: sum((block) => block.ms),
      maxMs: Math.max(0, ...mine.map(({ ms, tasks }) => ms / tasks)),
      run: run.pairs(),
      wait: wait.pairs(),
      bytesIn: bytes,
      bytesOut: bytes,
    };
  });
}

/** A model that has seen the run. */
export function modelOf(run: MadeRun): RunModel {
  const model = new RunModel({ blocks: run.keep ?? 1_000_000 });
  let sampled = BEGIN;
  for (const event of eventsOf(run)) {
    model.receive(event);
    if (event.at - sampled < TALLY_MS) continue;
    model.sample(sampled = event.at);
  }
  return model;
}

/** Equal tasks. */
export function many(count: number, task: MadeTask): MadeTask[] {
  return Array.from({ length: count }, () => task);
}
