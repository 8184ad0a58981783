/**
 * A run in virtual time: one broker and many workers, whose decisions are those of the production
 * code (Dispatcher, Ledger, Scheduler, Away), on a network with delays and with workers that die.
 * Everything follows from one seed.
 *
 * @module
 */

import { Dispatcher } from "../../broker/dispatcher.ts";
import type { Action } from "../../broker/actions.ts";
import { PROTOCOL, readMessage, writeMessage } from "../../wire/messages.ts";
import type { Message } from "../../wire/messages.ts";
import { Clock, seeded } from "./clock.ts";
import { SimulatedWorker } from "./worker.ts";

/** One task of the workload, with what it spawns. */
export interface Spec {
  readonly id: number;
  /** The function it calls: tasks of one function go into one bundle. */
  readonly fn: string;
  /** Milliseconds of its own work. */
  readonly duration: number;
  readonly children: readonly Spec[];
  /** The first worker other than the origin that runs it dies of it. */
  readonly deadly: boolean;
}

/** What to simulate. */
export interface SimulationOptions {
  readonly workers: number;
  readonly program: readonly Spec[];
  readonly seed: number;
  /** Milliseconds a message takes, one way. */
  readonly latency?: number;
  /** Workers that die at a random moment within the first `lossesWithin` milliseconds. */
  readonly losses?: number;
  readonly lossesWithin?: number;
}

/** What came out. */
export interface Outcome {
  /** Sum of what all tasks returned, as the program received it. */
  readonly sum: number;
  /** How many results the program received. */
  readonly results: number;
  /** Milliseconds of virtual time. */
  readonly time: number;
  /** Milliseconds of work that was executed, repetitions included. */
  readonly work: number;
  /** Tasks executed, repetitions included. */
  readonly executed: number;
  readonly lost: number;
  /** Messages through the broker. */
  readonly messages: number;
  /** Bundles the broker still remembers at the end. */
  readonly leftInLedger: number;
  readonly errors: unknown[];
}

/** Milliseconds between a worker's death and the broker's knowledge of it. */
const NOTICED_AFTER = 20;
/** Milliseconds until a lost worker is replaced. */
const REPLACED_AFTER = 150;
/** Events after which a simulation that has not ended is stuck. */
const MOST_EVENTS = 50_000_000;

/** Runs a simulation to its end. */
export function simulate(options: SimulationOptions): Outcome {
  const run = new Run(options);
  return run.outcome();
}

/** A simulation under way. */
export class Run {
  readonly clock = new Clock();
  readonly chance: () => number;
  readonly specs = new Map<number, Spec>();
  messages = 0;
  executed = 0;
  work = 0;
  lost = 0;
  #dispatcher: Dispatcher;
  #workers = new Map<string, SimulatedWorker>();
  #latency: number;
  #done: { sum: number; results: number } | undefined;
  #errors: unknown[] = [];
  #died = new Set<number>();

  constructor(readonly options: SimulationOptions) {
    this.chance = seeded(options.seed);
    this.#latency = options.latency ?? 0.2;
    collect(options.program, this.specs);
    this.#dispatcher = new Dispatcher({
      name: "broker",
      key: "",
      size: options.workers,
      program: "",
      modules: [],
    });
    this.#join("origin");
    for (let i = 1; i < options.workers; i++) this.#join(`worker-${i}`);
    this.#planLosses();
    this.#tick();
    const origin = this.#workers.get("origin")!;
    origin.runProgram(options.program, (values, errors) => {
      this.#done = { sum: values.reduce((a, b) => a + b, 0), results: values.length };
      this.#errors = errors;
    });
  }

  /** Runs until the program has ended. */
  outcome(): Outcome {
    for (let events = 0; this.#done === undefined; events++) {
      if (events > MOST_EVENTS) throw new Error(`stuck at ${this.clock.now} ms`);
      this.clock.step();
    }
    const time = this.clock.now;
    // What is still on its way may empty the ledger.
    const end = time + 10 * this.#latency;
    while (this.clock.now < end) this.clock.step();
    const { executed, work, lost, messages } = this;
    const leftInLedger = this.#dispatcher.ledger.size;
    const errors = this.#errors;
    return { ...this.#done, time, executed, work, lost, messages, leftInLedger, errors };
  }

  /** A message from a worker to the broker. */
  toBroker(from: SimulatedWorker, message: Message): void {
    this.messages++;
    const frames = writeMessage(message);
    this.clock.after(this.#latency, () => {
      // What a worker sent before it died arrives all the same.
      this.#perform(this.#dispatcher.receive(from.name, readMessage(frames), this.clock.now));
    });
  }

  /** True the first time it is asked of a task. */
  deadlyOnce(spec: Spec): boolean {
    if (this.#died.has(spec.id)) return false;
    this.#died.add(spec.id);
    return true;
  }

  /** A worker dies. */
  kill(worker: SimulatedWorker, reason: string): void {
    if (!worker.alive || worker.name === "origin") return;
    worker.alive = false;
    this.lost++;
    this.#workers.delete(worker.name);
    this.clock.after(NOTICED_AFTER, () => {
      this.#perform(this.#dispatcher.lost(worker.name, reason, this.clock.now));
    });
    this.clock.after(REPLACED_AFTER, () => this.#join(`${worker.name}+`));
  }

  #join(name: string): void {
    const worker = new SimulatedWorker(name, this);
    this.#workers.set(name, worker);
    this.toBroker(worker, {
      type: "hello",
      protocol: PROTOCOL,
      name,
      origin: name === "origin",
      key: "",
      pid: 1,
      host: "here",
    });
  }

  #planLosses(): void {
    const { losses = 0, lossesWithin = 0 } = this.options;
    for (let i = 0; i < losses; i++) {
      this.clock.after(this.chance() * lossesWithin, () => {
        const alive = [...this.#workers.values()].filter(({ name }) => name !== "origin");
        const victim = alive[Math.floor(this.chance() * alive.length)];
        if (victim !== undefined) this.kill(victim, "signal SIGKILL");
      });
    }
  }

  #tick(): void {
    this.#perform(this.#dispatcher.tick(this.clock.now));
    this.clock.after(50, () => this.#tick());
  }

  #perform(actions: Action[]): void {
    for (const action of actions) {
      if (action.kind === "send") this.#deliver(action.to, action.message);
      else if (action.kind === "publish") {
        for (const name of this.#workers.keys()) this.#deliver(name, action.message);
      }
    }
  }

  #deliver(to: string, message: Message): void {
    this.messages++;
    this.clock.after(this.#latency, () => this.#workers.get(to)?.receive(message));
  }
}

function collect(specs: readonly Spec[], into: Map<number, Spec>): void {
  for (const spec of specs) {
    into.set(spec.id, spec);
    collect(spec.children, into);
  }
}
