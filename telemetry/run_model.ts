/**
 * What is known of a run: it takes in the stream of events, and whatever shows the run reads it.
 *
 * A state machine without clock or I/O. All that it keeps is bounded: series are thinned out as a
 * run gets longer, the blocks and happenings that are kept are the last ones.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import type { Block, FunctionTally, Tally } from "../wire/tally.ts";
import type { RunEvent } from "./events.ts";
import { Histogram } from "./histogram.ts";
import { addCounts, newWorker, noCounts } from "./run_facts.ts";
import type {
  BrokerFacts,
  Counts,
  FunctionFacts,
  Happening,
  PlacedBlock,
  WorkerFacts,
} from "./run_facts.ts";
import { Series } from "./series.ts";

export type * from "./run_facts.ts";

/** How the run stands. */
export type RunState =
  | { readonly kind: "starting" }
  | { readonly kind: "running" }
  | { readonly kind: "ended"; readonly at: number; readonly code: number; readonly reason: string };

/** Clocks that seem to differ by less than this are taken for the same. */
const SAME_CLOCK_MS = 200;

/** How much a model keeps. */
export interface RunModelOptions {
  /** The last blocks that are kept; 0 for none. */
  readonly blocks: number;
}

/** See the module's text. */
export class RunModel {
  state: RunState = { kind: "starting" };
  program = "";
  /** Workers planned. */
  planned = 0;
  /** When the run began, in milliseconds since 1970; 0 before. */
  startedAt = 0;
  /** When the last event came. */
  seenAt = 0;
  readonly totals: Counts = noCounts();
  readonly functions = new Map<string, FunctionFacts>();
  readonly workers = new Map<string, WorkerFacts>();
  readonly brokers = new Map<string, BrokerFacts>();
  readonly series = new Series();
  readonly blocks: PlacedBlock[] = [];
  /** Number of blocks there ever were, those that are not kept any more included. */
  blocksSeen = 0;
  readonly happenings: Happening[] = [];
  readonly #keptBlocks: number;
  /** Processes that own the workers, and are none themselves. */
  readonly #owners = new Map<string, WorkerFacts>();
  /** Workers that were replaced without a loss, and whose end has not been told. */
  readonly #retired = new Set<string>();
  readonly #lostBrokers = new Set<string>();

  constructor(options: RunModelOptions = { blocks: 0 }) {
    this.#keptBlocks = options.blocks;
  }

  /** Takes in what has happened. */
  receive(event: RunEvent): void {
    this.seenAt = Math.max(this.seenAt, event.at);
    switch (event.kind) {
      case "started":
        this.startedAt = event.at;
        this.program = event.program;
        this.planned = event.workers;
        return;
      case "joined":
        return this.#joined(event);
      case "left":
      case "lost":
        return this.#gone(event);
      case "replaced": {
        const worker = this.workers.get(event.worker);
        if (worker !== undefined) worker.replacedBy = event.by;
        if (worker?.state === "lost" && event.retired) worker.state = "left";
        // A broker elsewhere tells of its end later, if it lives.
        else if (worker?.state === "joined" && event.retired) this.#retired.add(event.worker);
        else if (worker?.state === "joined") {
          worker.reason = event.reason;
          this.#forsake(worker, event.at);
        }
        const text = `${event.by} replaces ${event.worker} (${event.reason})`;
        return this.#happened(event.at, "replaced", text);
      }
      case "tally":
        return this.#tally(event.worker, event.tally, event.at);
      case "broker":
        return this.#broker(event);
      case "brokerLost": {
        const broker = this.brokers.get(event.broker);
        if (broker !== undefined) broker.state = "lost";
        this.#lostBrokers.add(event.broker);
        const text = `${event.broker} was lost (${event.reason})`;
        this.#happened(event.at, "brokerLost", text);
        for (const worker of this.workers.values()) this.#forsake(worker, event.at);
        return;
      }
      case "ended":
        this.state = { kind: "ended", at: event.at, code: event.code, reason: event.reason };
        this.sample(event.at);
        return this.#happened(event.at, "ended", event.reason);
    }
  }

  #joined(event: RunEvent & { kind: "joined" }): void {
    if (this.state.kind === "starting") this.state = { kind: "running" };
    const { worker: name, broker, host, pid, origin, at, owner = false } = event;
    const known = this.#find(name);
    const worker = known ?? newWorker(name, at);
    // One that came to another broker is the same as before; another process begins anew.
    if (worker.pid !== 0 && worker.pid !== pid) worker.tallies = 0;
    // Given up as lost, but it was only cut off.
    if (worker.goneAt !== undefined) this.#giveUp(worker, -1);
    Object.assign(worker, { broker, host, pid, origin, state: "joined", goneAt: undefined });
    if (owner) this.workers.delete(name);
    (owner ? this.#owners : this.workers).set(name, worker);
    if (known === undefined && !owner) {
      this.#happened(at, "joined", `${name} joined (${host}, ${pid})`);
    }
  }

  #gone(event: RunEvent & { kind: "left" | "lost" }): void {
    const worker = this.#find(event.worker);
    if (worker === undefined || worker.state !== "joined") return;
    // It has gone to another broker meanwhile.
    if (worker.broker !== "" && worker.broker !== event.broker) return;
    worker.state = this.#retired.delete(event.worker) ? "left" : event.kind;
    worker.goneAt = event.at;
    // Nobody will hear what becomes of what it has spawned.
    this.#giveUp(worker, 1);
    Object.assign(worker, { current: "", busy: 0, running: 0, queued: 0, rss: 0, lagMs: 0 });
    if (event.kind === "left") return this.#happened(event.at, "left", `${event.worker} left`);
    worker.reason = event.reason;
    const again = event.again > 0 ? `; ${event.again} unfinished tasks run again` : "";
    this.#happened(event.at, "lost", `${event.worker} was lost (${event.reason})${again}`);
  }

  /** A worker was replaced, and its broker, which would tell of its end, was lost as well. */
  #forsake({ name: worker, state, broker, replacedBy, reason }: WorkerFacts, at: number): void {
    if (state !== "joined" || replacedBy === "" || !this.#lostBrokers.has(broker)) return;
    this.#gone({ kind: "lost", at, worker, broker, reason, again: 0 });
  }

  #find(name: string): WorkerFacts | undefined {
    return this.workers.get(name) ?? this.#owners.get(name);
  }

  /** What a worker has spawned has no outcome any more (1), or may have one after all (-1). */
  #giveUp({ open }: WorkerFacts, sign: 1 | -1): void {
    for (const [label, tasks] of open) {
      this.totals.dropped += sign * tasks;
      this.functions.get(label)!.dropped += sign * tasks;
    }
  }

  #tally(name: string, tally: Tally, at: number): void {
    let worker = this.#find(name);
    // The first may come before its broker has told that it is there.
    if (worker === undefined) this.workers.set(name, worker = newWorker(name, at));
    // Said again to another broker.
    if (tally.number <= worker.tallies) return;
    worker.tallies = tally.number;
    worker.aheadMs = Math.max(worker.aheadMs, tally.at - at);
    worker.toldAt = at;
    if (worker.cpuMs === 0) worker.startCpuMs = Math.max(0, tally.cpuMs - tally.busyMs);
    worker.busyMs += tally.busyMs;
    worker.cpuMs += tally.cpuMs;
    if (worker.state === "joined") {
      const { rss, lagMs, running, queued } = tally;
      const busy = tally.spanMs > 0 ? Math.min(1, tally.busyMs / tally.spanMs) : 0;
      Object.assign(worker, { rss, lagMs, running, queued, busy });
    }
    // What one that is gone had to say all the same may be that something has an outcome.
    const gone = worker.state !== "joined";
    if (gone) this.#giveUp(worker, -1);
    for (const told of tally.functions) {
      worker.tasks += told.ran;
      worker.failed += told.threw;
      const label = this.#count(told);
      const outcomes = told.done + told.failed + told.dropped;
      const open = (worker.open.get(label) ?? 0) + told.spawned - outcomes;
      if (open > 0) worker.open.set(label, open);
      else worker.open.delete(label);
    }
    if (gone) this.#giveUp(worker, 1);
    if (this.#keptBlocks > 0) this.#place(worker, tally.blocks);
  }

  /** @returns the name under which it is counted */
  #count(told: FunctionTally): string {
    let facts = this.functions.get(told.label);
    if (facts === undefined) {
      // A program can make functions without end.
      const label = this.functions.size < LIMITS.shownFunctions ? told.label : "(others)";
      facts = this.functions.get(label) ??
        { label, ...noCounts(), run: new Histogram(), wait: new Histogram() };
      this.functions.set(label, facts);
    }
    addCounts(this.totals, told);
    addCounts(facts, told);
    facts.run.addPairs(told.run);
    facts.wait.addPairs(told.wait);
    return facts.label;
  }

  #place(worker: WorkerFacts, blocks: readonly Block[]): void {
    const { name } = worker;
    // Clocks that are kept right differ by less than a tally is under way on a busy machine.
    const aheadMs = Math.abs(worker.aheadMs) < SAME_CLOCK_MS ? 0 : worker.aheadMs;
    for (const block of blocks) {
      const placed = { ...block, worker: name, from: block.from - aheadMs, to: block.to - aheadMs };
      this.blocks.push(placed);
      this.blocksSeen++;
    }
    // Seldom, since it moves all of them.
    if (this.blocks.length > this.#keptBlocks * 1.25) {
      this.blocks.splice(0, this.blocks.length - this.#keptBlocks);
    }
  }

  #broker(event: RunEvent & { kind: "broker" }): void {
    const known = this.brokers.get(event.broker);
    const { at: toldAt, workers, queuedBundles, lagMs, rss } = event;
    this.brokers.set(event.broker, {
      name: event.broker,
      state: "there",
      toldAt,
      workers,
      queuedBundles,
      lagMs,
      rss,
      given: (known?.given ?? 0) + event.given,
      lent: (known?.lent ?? 0) + event.lent,
    });
    for (const worker of this.workers.values()) {
      if (worker.broker === event.broker && worker.state === "joined") {
        worker.current = event.current[worker.name] ?? "";
      }
    }
  }

  /** Notes how the run stands now, for what is shown over time. */
  sample(at: number): void {
    let [busy, workers, rss, lagMs] = [0, 0, 0, 0];
    for (const worker of this.workers.values()) {
      if (worker.state !== "joined") continue;
      workers++;
      busy += worker.busy;
      rss += worker.rss;
      lagMs = Math.max(lagMs, worker.lagMs);
    }
    for (const broker of this.brokers.values()) {
      if (broker.state === "lost") continue;
      rss += broker.rss;
      lagMs = Math.max(lagMs, broker.lagMs);
    }
    const { done, failed } = this.totals;
    const queued = this.outstanding;
    this.series.add({ at, done, failed, queued, busy, workers, rss, lagMs });
  }

  /** Tasks that are known and have no outcome yet. */
  get outstanding(): number {
    const { spawned, done, failed, dropped } = this.totals;
    return Math.max(0, spawned - done - failed - dropped);
  }

  #happened(at: number, kind: Happening["kind"], text: string): void {
    this.happenings.push({ at, kind, text });
    if (this.happenings.length > LIMITS.mostHappenings) this.happenings.shift();
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    const sums = noCounts();
    for (const facts of this.functions.values()) {
      addCounts(sums, facts);
      if (facts.run.total > facts.ran) {
        throw new Error(`${facts.label} has more durations than runs`);
      }
    }
    for (const key of ["spawned", "done", "failed", "retried", "dropped", "ran"] as const) {
      if (sums[key] !== this.totals[key]) {
        throw new Error(`${key} of all functions is not their sum`);
      }
    }
    for (const worker of this.workers.values()) {
      const gone = worker.state !== "joined";
      if (gone !== (worker.goneAt !== undefined)) throw new Error(`${worker.name} is half gone`);
    }
  }
}
