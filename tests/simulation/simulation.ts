/**
 * A run in virtual time: brokers, the origin and many workers. All that decides is the product's own
 * (`WorkerRuntime` with its reactor and executor, `Dispatcher`); only time, the network, and what the
 * functions of the program do are made up. Everything follows from one seed.
 *
 * @module
 */

import { unseenFailures } from "../../futures/outcome.ts";
import { LIMITS } from "../../wire/limits.ts";
import { readMessage } from "../../wire/messages.ts";
import { Broker } from "./broker.ts";
import { Clock, seeded } from "./clock.ts";
import { plan } from "./faults.ts";
import type { Fault } from "./faults.ts";
import { Observer } from "./observer.ts";
import type { RunModel } from "../../telemetry/run_model.ts";
import { Launcher } from "./launcher.ts";
import type { Medium } from "./network.ts";
import type { Home, ProgramEvents } from "./program.ts";
import { allOf } from "./spec.ts";
import type { Spawning, Spec } from "./spec.ts";
import type { Worker } from "./worker.ts";

/** What to simulate. */
export interface SimulationOptions {
  readonly workers: number;
  readonly program: readonly Spec[];
  /** How the program spawns and waits; by `submit`, awaiting all, unless said otherwise. */
  readonly how?: Partial<Omit<Spawning, "children">>;
  readonly seed: number;
  /** Milliseconds a message takes between a worker and its broker, one way. */
  readonly latency?: number;
  /**
   * The same for workers that are far: all but the origin, and the first `near` of the others.
   */
  readonly farMs?: number;
  /** Workers besides the origin that are not far. */
  readonly near?: number;
  /** How much longer it may take by chance, as a share. */
  readonly jitter?: number;
  /** See {@link Medium.room}. */
  readonly room?: number;
  /** Number of brokers; workers are dealt out to them, and all tasks enter at the first. */
  readonly brokers?: number;
  /** Milliseconds a message takes between two brokers: least and most, by chance for each pair. */
  readonly linkDelays?: readonly [least: number, most: number];
  readonly faults?: readonly Fault[];
  /** How long a broker may be away, in milliseconds. */
  readonly brokerGraceMs?: number;
  /** One of so many events is followed by a check of the invariants: each, unless said otherwise. */
  readonly checkEvery?: number;
  /** Milliseconds of virtual time after which the run counts as one that hangs. */
  readonly limitMs?: number;
  /** Called with what happens, in words. */
  trace?(line: string): void;
}

/** How one task ended that did not return. */
export interface Failure {
  readonly id: number;
  readonly error: string;
}

/** What came out. */
export interface Outcome {
  /** Sum of what all tasks returned, as the program received it. */
  readonly sum: number;
  /** How many outcomes the program received. */
  readonly results: number;
  /** Milliseconds of virtual time until then. */
  readonly time: number;
  /** Milliseconds of work that was begun, repetitions included. */
  readonly work: number;
  /** Tasks executed, repetitions included. */
  readonly executed: number;
  /** Workers lost. */
  readonly lost: number;
  /** Messages that left somebody. */
  readonly messages: number;
  /** A hash of what was sent when. */
  readonly print: number;
  /** Failures as they were told to whoever spawned the task. */
  readonly failures: readonly Failure[];
  /** What was told to people, and what brokers wrote in their logs as warnings. */
  readonly told: readonly string[];
  /** Tasks in the order in which they began. */
  readonly order: readonly number[];
  /** What those who show the run have seen of it. */
  readonly model: RunModel;
}

const SETTLE_MS = 90_000;
const LIMIT_MS = 300_000;

/** Runs a simulation to its end. */
export function simulate(options: SimulationOptions): Outcome {
  return new Run(options).outcome();
}

/** A simulation under way. */
export class Run implements Medium, ProgramEvents {
  readonly clock = new Clock();
  readonly chance: () => number;
  readonly specs: ReadonlyMap<number, Spec>;
  readonly brokers: Broker[] = [];
  readonly observer: Observer;
  /** Brokers that were ever started. */
  lives = 0;
  readonly launcher: Launcher;
  readonly origin: Worker;
  #results = 0;
  #messages = 0;
  #events = 0;
  #print = 0;
  #work = 0;
  readonly #order: number[] = [];
  readonly #failures: Failure[] = [];
  readonly #told: string[] = [];
  /** How often each task has ended its process. */
  readonly #fatal = new Map<number, number>();
  readonly #outcomes = new Set<number>();
  /** Of the program's own tasks, those that are known not to begin any more. */
  readonly #withdrawn = new Set<number>();
  readonly #tops: ReadonlySet<Spec>;
  #sum: number | undefined;

  constructor(readonly options: SimulationOptions) {
    this.chance = seeded(options.seed);
    this.specs = allOf(options.program);
    this.#tops = new Set(options.program);
    this.observer = new Observer(options.seed % 2 === 0, "simulated", options.workers);
    this.launcher = new Launcher(this);
    const { brokers = 1, workers } = options;
    for (let i = 0; i < brokers; i++) this.brokers.push(new Broker(this, i));
    this.#connectBrokers();
    this.origin = this.launcher.start("origin", 0);
    for (let i = 1; i < workers; i++) {
      this.launcher.start(`worker-${i}`, Math.floor(i * brokers / workers));
    }
    plan(this, options.faults ?? []);
    this.origin.process.post(() => this.#begin());
  }

  /** Whether the program has all it wanted. */
  get isOver(): boolean {
    return this.#sum !== undefined;
  }

  #begin(): void {
    const { how, program: children } = this.options;
    const plain = { by: "submit", chunkSize: 0, waits: "all" } as const;
    this.origin.bodies.spawn({ ...plain, ...how, children }, (sum) => this.#sum = sum);
  }

  #connectBrokers(): void {
    const [least, most] = this.options.linkDelays ?? [0.2, 0.2];
    for (const [i, lender] of this.brokers.entries()) {
      for (const borrower of this.brokers.slice(0, i)) {
        const delay = least + this.chance() * (most - least);
        borrower.join(lender, delay);
        lender.join(borrower, delay);
      }
    }
  }

  /** Milliseconds a message takes between a worker and its broker; undefined for what all have. */
  delayOf(name: string): number | undefined {
    const { farMs, near = 0 } = this.options;
    const number = Number.parseInt(name.replace("worker-", ""));
    return number > near ? farMs : undefined;
  }

  get room(): number | undefined {
    return this.options.room;
  }

  /** Draws the latency of each message. */
  latencyOf(delay: number = this.options.latency ?? 0.2): () => number {
    const { jitter = 0 } = this.options;
    return jitter === 0 ? () => delay : () => delay * (1 + jitter * this.chance());
  }

  /** Runs until the program has ended, and everybody has come to rest. */
  outcome(): Outcome {
    const { limitMs = LIMIT_MS } = this.options;
    this.#runUntil(() => this.isOver, limitMs, "the program does not end");
    const time = this.clock.now;
    const over = time + SETTLE_MS;
    for (let at = time; this.#unrest() !== undefined; at += 100) {
      if (at > over) throw new Error(`there is no rest: ${this.#unrest()}`);
      this.#runUntil(() => this.clock.now >= at, over + 1000, "");
    }
    this.#leave();
    unseenFailures();
    return {
      ...{ sum: this.#sum!, results: this.#results, time, work: this.#work },
      ...{ executed: this.#order.length, order: this.#order, lost: this.launcher.lost },
      ...{ messages: this.#messages, print: this.#print },
      ...{ failures: this.#failures, told: this.#told, model: this.observer.model },
    };
  }

  #leave(): void {
    this.launcher.ending = true;
    this.origin.process.post(() => void this.origin.runtime.leave());
    const limit = this.clock.now + 10_000;
    this.#runUntil(() => this.launcher.helpers.length === 0, limit, "workers do not end");
    // Its last words are on their way to its broker, if that lives.
    const heard = () => this.observer.model.workers.get("origin")?.state !== "joined";
    const last = this.clock.now + 1_000;
    while (!heard() && this.clock.now < last && this.clock.step());
  }

  #runUntil(done: () => boolean, limitMs: number, complaint: string): void {
    while (!done()) {
      if (this.clock.now > limitMs) throw new Error(`${complaint}\n${this.#state()}`);
      if (!this.clock.step()) throw new Error(`nothing happens any more\n${this.#state()}`);
    }
  }

  /** What is not at rest, if something is not. */
  #unrest(): string | undefined {
    for (const { process, dispatcher, name } of this.brokers) {
      if (!process.alive) continue;
      if (process.stopped) return `${name} is stopped`;
      if (dispatcher.ledger.size > 0) return `${name} has ${dispatcher.ledger.size} parts`;
      for (const member of dispatcher.connected()) {
        const { session } = member as unknown as { session: { kept: number } };
        if (session.kept > 0) return `${name} keeps ${session.kept} messages for ${member.name}`;
      }
    }
    for (const { process, runtime, name } of this.launcher.workers.values()) {
      if (process.stopped) return `${name} is stopped`;
      const { pending, received, connection } = runtime.reactor;
      if (pending > 0) return `${name} has ${pending} bundles pending`;
      if (received > 0) return `${name} has ${received} bundles of others`;
      const { kind } = connection.state;
      if (kind === "lost") continue;
      if (kind !== "serving") return `${name} is ${kind}`;
      if (connection.kept > 0) return `${name} keeps ${connection.kept} messages`;
    }
    return undefined;
  }

  #state(): string {
    const brokers = this.brokers.map(({ name, dispatcher, process: { alive } }) =>
      `${name}${alive ? "" : " (dead)"}: ${dispatcher.ledger.size} parts, ${dispatcher.queued} ` +
      `queued, ${dispatcher.workers} workers`
    );
    const workers = [...this.launcher.workers.values()].map(({ name, process, runtime }) => {
      const { pending, received, connection } = runtime.reactor;
      const { turns } = runtime.executor;
      return `${name}${process.hangs ? " (hangs)" : ""}${process.stopped ? " (stopped)" : ""}: ` +
        `${connection.state.kind}, ${pending} pending, ${received} received, ` +
        `${turns.active} turns active, program ${turns.program?.state}`;
    });
    return [`at ${this.clock.now.toFixed(1)} ms`, ...brokers, ...workers].join("\n  ");
  }

  /** An event has been handled by somebody. */
  handled(by: { check(): void; readonly name: string }): void {
    if (++this.#events % (this.options.checkEvery ?? 1) === 0) by.check();
  }

  /** Something happens that somebody who replays a run may want to see. */
  note(text: () => string): void {
    this.options.trace?.(`${this.clock.now.toFixed(3).padStart(10)} ${text()}`);
  }

  sent(from: string, to: string, frames: Uint8Array[]): void {
    this.#messages++;
    // The first bytes tell the type; the rest may hold names that are drawn anew each time.
    const header = frames[0]!;
    const mark = header[3]! + 256 * frames.length + Math.round(1000 * this.clock.now);
    this.#print = (Math.imul(this.#print, 31) + mark) | 0;
    if (this.options.trace === undefined) return;
    const { message, number } = readMessage(frames);
    this.note(() => `${from} > ${to}: #${number} ${describe(message)}`);
  }

  logged(broker: Broker, level: string, text: string): void {
    this.note(() => `${broker.name} ${level}: ${text}`);
    if (level === "warning") this.#told.push(`${broker.name}: ${text}`);
  }

  reported(worker: Worker, text: string): void {
    this.note(() => `${worker.name} reports: ${text}`);
    this.#told.push(`${worker.name}: ${text}`);
  }

  /** A broker says that the run is over: it is so if it is the origin's; any other leaves it. */
  ended(broker: Broker, reason: string): void {
    this.note(() => `${broker.name} ends: ${reason}`);
    if (broker.index === this.origin.at) {
      this.launcher.ending = true;
      for (const one of this.brokers) {
        one.process.post(() => one.shutdown(reason));
        // Whoever did not hear of it notices that nobody is there any more.
        this.clock.after(LIMITS.closeMs, () => one.die());
      }
    } else {
      broker.process.post(() => {
        broker.shutdown(reason);
        broker.die();
      });
    }
  }

  began(spec: Spec, home: Home): void {
    this.note(() => `${(home as Worker).name} begins ${spec.id} (${spec.fn})`);
    if (this.#withdrawn.has(spec.id)) {
      throw new Error(`task ${spec.id} begins, and was withdrawn before`);
    }
    this.#order.push(spec.id);
    this.#work += spec.duration;
  }

  told(spec: Spec, error: unknown, home: Home): void {
    if (!home.process.acts) return;
    const { name } = home as Worker;
    this.note(() => `${name} has the outcome of ${spec.id}: ${error ?? "returned"}`);
    if (error !== undefined) {
      this.#failures.push({ id: spec.id, error: (error as Error).name ?? String(error) });
    }
    if (!home.isOrigin || !this.#tops.has(spec)) return;
    if (this.#outcomes.has(spec.id)) throw new Error(`task ${spec.id} has two outcomes`);
    this.#outcomes.add(spec.id);
    this.#results++;
  }

  acknowledged(spec: Spec, home: Home): void {
    if (!home.isOrigin || !this.#tops.has(spec)) return;
    this.note(() => `${spec.id} will not begin any more`);
    this.#withdrawn.add(spec.id);
  }

  isFatal({ id, times }: Spec): boolean {
    const before = this.#fatal.get(id) ?? 0;
    this.#fatal.set(id, before + 1);
    return before < times;
  }
}

function describe(message: ReturnType<typeof readMessage>["message"]): string {
  const plain = Object.entries({ ...message, ...("bundle" in message ? message.bundle : {}) })
    .filter(([, value]) => typeof value !== "object" && value !== "");
  if (message.type === "result") {
    plain.push(
      ...Object.entries(message.result).map(([k, v]) => [k, String(v)] as [string, string]),
    );
  }
  return plain.map(([name, value]) => name === "type" ? value : `${name}=${value}`).join(" ");
}
