/**
 * A run that is played: the events of one as it could have been, from a seed, for whatever shows
 * runs. Workers begin tasks that spawn others and wait for them, some fail, one is lost.
 *
 * @module
 */

import type { RunEvent } from "../../telemetry/events.ts";
import { Histogram } from "../../telemetry/histogram.ts";
import type { Block, FunctionTally, Tally } from "../../wire/tally.ts";

/** What is played. */
export interface Play {
  readonly workers: number;
  readonly hosts?: number;
  readonly brokers?: number;
  readonly seconds: number;
  /** Tasks a second of the whole run; above some hundred for each worker they come as stretches. */
  readonly tasksPerSecond?: number;
  /** One of so many tasks fails; none by default. */
  readonly failsOneOf?: number;
  /** Whether worker-2 is lost in the middle, and replaced. */
  readonly loses?: boolean;
  /** The exit code; undefined for a run that goes on when this ends. */
  readonly code?: number;
  readonly reason?: string;
  /** When it began, in milliseconds since 1970. */
  readonly startedAt?: number;
  readonly seed?: number;
}

const TICK_MS = 250;
const FUNCTIONS = ["evaluate", "mutate", "crossover", "select", "simulate", "score"];

/** A source of numbers from 0 to 1, the same for each seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A worker that is played. */
interface Played {
  name: string;
  /** What it is replaced by is worker-2.2, and so on. */
  readonly broker: string;
  readonly host: string;
  pid: number;
  nextId: number;
  /** Tallies so far. */
  tallies: number;
  /** It is free from then on. */
  freeAt: number;
  /** A task that waits for its children until then. */
  waiting: { id: number; from: number; until: number } | undefined;
  rss: number;
}

/** The events, in their order. */
export function* playedRun(play: Play): Generator<RunEvent> {
  const random = randomOf(play.seed ?? 1);
  const startedAt = play.startedAt ?? Date.UTC(2026, 0, 1, 12);
  const crew = crewOf(play);
  yield { kind: "started", at: startedAt, program: "/home/ada/evolve.ts", workers: play.workers };
  for (const [i, worker] of crew.entries()) {
    yield joined(worker, startedAt + 40 + i * 200 / crew.length, i === 0);
    worker.freeAt = startedAt + 60 + i * 200 / crew.length;
  }
  const ticks = Math.ceil(play.seconds * 1000 / TICK_MS);
  for (let tick = 1; tick <= ticks; tick++) {
    const at = startedAt + tick * TICK_MS;
    if (play.loses && tick === Math.floor(ticks / 2)) yield* loss(crew[2]!, at);
    const parents = crew.flatMap(({ name, waiting }) =>
      waiting && waiting.from < at - TICK_MS ? [`${name}:${waiting.id}`] : []
    );
    const isLast = tick === ticks && play.code !== undefined;
    for (const [i, worker] of crew.entries()) {
      const tally = workerTally(worker, at, random, play, parents, i === 0, isLast);
      yield { kind: "tally", at: at + 1, worker: worker.name, tally };
    }
    for (let b = 0; b < (play.brokers ?? 1); b++) {
      yield brokerEvent(b, at, random, crew, play);
    }
  }
  if (play.code !== undefined) {
    const at = startedAt + ticks * TICK_MS + 5;
    const reason = play.reason ?? (play.code === 0 ? "the program has ended" : "the program threw");
    yield { kind: "ended", at, code: play.code, reason };
  }
}

function crewOf({ workers, hosts = 1, brokers = 1 }: Play): Played[] {
  return Array.from({ length: workers }, (_, i) => ({
    name: i === 0 ? "origin" : `worker-${i}`,
    broker: brokers === 1 ? "broker" : `broker-${i % brokers + 1}`,
    host: hosts === 1 ? "ada" : `node${String(i % hosts + 1).padStart(2, "0")}`,
    pid: 4000 + i,
    nextId: 1,
    tallies: 0,
    freeAt: 0,
    waiting: undefined,
    rss: 60e6,
  }));
}

function joined(worker: Played, at: number, origin: boolean): RunEvent {
  const { broker, host, pid, name } = worker;
  return { kind: "joined", at, broker, worker: name, host, pid, origin };
}

function* loss(worker: Played, at: number): Generator<RunEvent> {
  const { name: lost, broker } = worker;
  const reason = "killed by SIGKILL";
  yield { kind: "lost", at: at - 200, broker, worker: lost, reason, again: 3 };
  Object.assign(worker, {
    name: `${lost}.2`,
    pid: worker.pid + 500,
    nextId: 1,
    tallies: 0,
    waiting: undefined,
    freeAt: at + 100,
  });
  yield { kind: "replaced", at: at - 150, worker: lost, by: worker.name, reason, retired: false };
  yield joined(worker, at - 20, false);
}

function brokerEvent(
  number: number,
  at: number,
  random: () => number,
  crew: readonly Played[],
  play: Play,
): RunEvent {
  const broker = play.brokers === undefined || play.brokers === 1
    ? "broker"
    : `broker-${number + 1}`;
  const own = crew.filter((worker) => worker.broker === broker);
  const waits = Math.round(40 + 30 * Math.sin(at / 3000) + random() * 10);
  return {
    kind: "broker",
    at: at + 2,
    broker,
    workers: own.length,
    queuedBundles: waits,
    given: own.length * 4,
    lent: number === 0 && play.brokers !== 1 ? 1 : 0,
    lagMs: random() * 4,
    rss: 70e6 + waits * 1e4,
    current: Object.fromEntries(
      own.map(({ name }) => [name, FUNCTIONS[Math.floor(random() * 4)]!]),
    ),
  };
}

/** What a worker tells of the time before `at`. */
function workerTally(
  worker: Played,
  at: number,
  random: () => number,
  play: Play,
  parents: readonly string[],
  isOrigin: boolean,
  isLast: boolean,
): Tally {
  const from = at - TICK_MS;
  const blocks: Block[] = [];
  const each = (play.tasksPerSecond ?? play.workers * 25) / play.workers;
  worker.freeAt = Math.max(worker.freeAt, from);
  while (worker.freeAt < at - 5) {
    if (worker.waiting && worker.waiting.until <= worker.freeAt) blocks.push(endWait(worker));
    const block = each > 300
      ? stretch(worker, at, random, each, parents)
      : task(worker, random, each, parents);
    if (block.to > at) {
      // It is told of when it has ended.
      worker.freeAt = block.to;
      if (block.to > at + TICK_MS || isLast) break;
    }
    if (play.failsOneOf) {
      const chance = block.tasks / play.failsOneOf;
      if (random() < chance) block.failed = Math.max(1, Math.floor(chance));
    }
    blocks.push(block);
    worker.freeAt = block.to + random() * 3;
    if (!worker.waiting && random() < 0.06) {
      worker.waiting = {
        id: worker.nextId++,
        from: worker.freeAt,
        until: worker.freeAt + 400 + random() * 1500,
      };
    }
  }
  if (isLast && worker.waiting) blocks.push(endWait(worker, at));
  worker.rss = Math.min(240e6, worker.rss + random() * 1e6);
  const busyMs = Math.min(TICK_MS, blocks.reduce((sum, { ms }) => sum + ms, 0));
  const behind = isOrigin && !isLast ? Math.floor(each * 10 * random()) : 0;
  return {
    number: ++worker.tallies,
    at,
    spanMs: TICK_MS,
    busyMs,
    cpuMs: busyMs * (0.9 + random() * 0.15),
    rss: worker.rss,
    lagMs: random() * 12,
    running: worker.waiting ? 2 : 1,
    queued: Math.floor(random() * 6),
    functions: functionsOf(blocks, random, behind),
    blocks,
  };
}

function endWait(worker: Played, now = Infinity): Block {
  const { id, from, until } = worker.waiting!;
  worker.waiting = undefined;
  const to = Math.min(until, now);
  return {
    id,
    label: "evolve",
    parent: "",
    from,
    to,
    ms: 4,
    tasks: 1,
    failed: 0,
    waited: true,
    inputs: `{"generation": ${id}}`,
  };
}

function parentOf(parents: readonly string[], random: () => number): string {
  return parents.length > 0 && random() < 0.7
    ? parents[Math.floor(random() * parents.length)]!
    : "";
}

function task(
  worker: Played,
  random: () => number,
  each: number,
  parents: readonly string[],
): Block {
  const label = FUNCTIONS[Math.floor(random() ** 2 * FUNCTIONS.length)]!;
  const ms = Math.max(1, 1000 / each * (0.4 + random() ** 3 * 3));
  return {
    id: worker.nextId++,
    label,
    parent: parentOf(parents, random),
    from: worker.freeAt,
    to: worker.freeAt + ms,
    ms: ms * 0.98,
    tasks: 1,
    failed: 0,
    waited: false,
    waitMs: random() * 30,
    inputs: ms > 50 ? `[${Math.floor(random() * 1000)}, "genome-${worker.nextId}"]` : "",
  };
}

function stretch(
  worker: Played,
  at: number,
  random: () => number,
  each: number,
  parents: readonly string[],
): Block {
  const label = FUNCTIONS[Math.floor(random() ** 2 * 3)]!;
  const long = Math.min(at - worker.freeAt, 20 + random() * 80);
  return {
    id: worker.nextId++,
    label,
    parent: parentOf(parents, random),
    from: worker.freeAt,
    to: worker.freeAt + long,
    ms: long * (0.8 + random() * 0.19),
    tasks: Math.max(1, Math.round(each * long / 1000)),
    failed: 0,
    waited: false,
    inputs: "",
  };
}

function functionsOf(
  blocks: readonly Block[],
  random: () => number,
  ahead: number,
): FunctionTally[] {
  const byLabel = new Map<string, FunctionTally & { histogram: Histogram; waits: Histogram }>();
  for (const { label, tasks, failed, ms } of blocks) {
    let known = byLabel.get(label);
    if (!known) {
      known = { ...noTally(label), histogram: new Histogram(), waits: new Histogram() };
      byLabel.set(label, known);
    }
    known.spawned += tasks;
    known.done += tasks - failed;
    known.failed += failed;
    known.ran += tasks;
    known.threw += failed;
    known.ms += ms;
    known.maxMs = Math.max(known.maxMs, ms / tasks);
    known.bytesOut += tasks * 180;
    known.histogram.add(ms / tasks, tasks);
    known.waits.add(random() * 40);
  }
  const [first] = byLabel.values();
  if (first) first.spawned += ahead > 0 ? ahead % 20 : 0;
  return [...byLabel.values()].map(({ histogram, waits, ...tally }) => ({
    ...tally,
    run: histogram.pairs(),
    wait: waits.pairs(),
  }));
}

function noTally(label: string): FunctionTally {
  return {
    label,
    spawned: 0,
    done: 0,
    failed: 0,
    retried: 0,
    dropped: 0,
    ran: 0,
    threw: 0,
    ms: 0,
    maxMs: 0,
    run: [],
    wait: [],
    bytesIn: 0,
    bytesOut: 0,
  };
}
