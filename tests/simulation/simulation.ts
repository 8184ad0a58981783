/**
 * A run in virtual time: brokers and many workers, whose decisions are those of the production
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
  /** Milliseconds a message takes between a worker and its broker, one way. */
  readonly latency?: number;
  /** Number of brokers; workers are dealt out to them, and all tasks enter at the first. */
  readonly brokers?: number;
  /** Milliseconds a message takes between two brokers: least and most, by chance for each pair. */
  readonly linkDelays?: readonly [least: number, most: number];
  /** Brokers, counted from 1, that die after so many milliseconds. */
  readonly brokerLosses?: readonly { readonly broker: number; readonly after: number }[];
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

interface Broker {
  readonly dispatcher: Dispatcher;
  alive: boolean;
  /** Milliseconds to each other broker. */
  readonly delays: number[];
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
  #brokers: Broker[] = [];
  #workers = new Map<string, SimulatedWorker>();
  #latency: number;
  #done: { sum: number; results: number } | undefined;
  #errors: unknown[] = [];
  #died = new Set<number>();

  constructor(readonly options: SimulationOptions) {
    this.chance = seeded(options.seed);
    this.#latency = options.latency ?? 0.2;
    collect(options.program, this.specs);
    const { brokers = 1, workers } = options;
    for (let i = 0; i < brokers; i++) this.#startBroker(i);
    this.#connectBrokers();
    for (let i = 0; i < workers; i++) {
      this.#join(i === 0 ? "origin" : `worker-${i}`, Math.floor(i * brokers / workers));
    }
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
    const leftInLedger = this.#brokers.filter(({ alive }) => alive)
      .reduce((sum, { dispatcher }) => sum + dispatcher.ledger.size, 0);
    const errors = this.#errors;
    return { ...this.#done, time, executed, work, lost, messages, leftInLedger, errors };
  }

  /** A message from a worker to the broker. */
  toBroker(from: SimulatedWorker, message: Message): void {
    this.messages++;
    const frames = writeMessage(message);
    this.clock.after(this.#latency, () => {
      // What a worker sent before it died arrives all the same.
      this.#at(
        from.broker,
        (dispatcher, now) => dispatcher.receive(from.name, readMessage(frames), now),
      );
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
      this.#at(worker.broker, (dispatcher, now) => dispatcher.lost(worker.name, reason, now));
    });
    this.clock.after(REPLACED_AFTER, () => {
      const { broker } = worker;
      this.#join(`${worker.name}+`, this.#brokers[broker]!.alive ? broker : 0);
    });
  }

  /** Has a broker decide, if it is alive, and does what it says. */
  #at(broker: number, decide: (dispatcher: Dispatcher, now: number) => Action[]): void {
    const { dispatcher, alive } = this.#brokers[broker]!;
    if (alive) this.#perform(broker, decide(dispatcher, this.clock.now));
  }

  #startBroker(i: number): void {
    const { workers } = this.options;
    const name = i === 0 ? "broker" : `broker-${i + 1}`;
    const dispatcher = new Dispatcher({ name, key: "", size: workers, program: "", modules: [] });
    this.#brokers.push({ dispatcher, alive: true, delays: [] });
  }

  #connectBrokers(): void {
    const [least, most] = this.options.linkDelays ?? [this.#latency, this.#latency];
    for (const [i, { delays }] of this.#brokers.entries()) {
      for (const [j, other] of this.#brokers.entries()) {
        if (j < i) delays[j] = other.delays[i] = least + this.chance() * (most - least);
      }
    }
    for (const i of this.#brokers.keys()) {
      for (const j of this.#brokers.keys()) {
        if (i !== j) this.#at(i, (dispatcher, now) => dispatcher.join(`broker ${j}`, now));
      }
    }
    for (const { broker, after } of this.options.brokerLosses ?? []) {
      this.clock.after(after, () => this.#loseBroker(broker - 1));
    }
  }

  /** A broker dies; its workers notice, and are replaced elsewhere. */
  #loseBroker(i: number): void {
    this.#brokers[i]!.alive = false;
    for (const worker of this.#workers.values()) {
      if (worker.broker === i) this.kill(worker, "its broker was lost");
    }
    this.clock.after(NOTICED_AFTER, () => {
      for (const j of this.#brokers.keys()) {
        if (j !== i) {
          this.#at(j, (dispatcher, now) => dispatcher.borrowerLost(`borrower ${i}`, now));
        }
      }
    });
  }

  #join(name: string, broker: number): void {
    const worker = new SimulatedWorker(name, this, broker);
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
    for (const i of this.#brokers.keys()) {
      this.#at(i, (dispatcher, now) => dispatcher.tick(now));
    }
    this.clock.after(50, () => this.#tick());
  }

  #perform(broker: number, actions: Action[]): void {
    for (const action of actions) {
      if (action.kind === "send") this.#send(broker, action.to, action.message);
      else if (action.kind === "tell") {
        const other = Number(action.link.split(" ")[1]);
        this.#between(
          broker,
          other,
          (dispatcher, now) => dispatcher.receive(`borrower ${broker}`, action.message, now),
        );
      } else if (action.kind === "publish") {
        for (const worker of this.#workers.values()) {
          if (worker.broker === broker) this.#deliver(worker.name, action.message);
        }
        for (const other of this.#brokers.keys()) {
          if (other !== broker) this.#lent(broker, other, action.message);
        }
      }
    }
  }

  #send(broker: number, to: string, message: Message): void {
    const other = /^borrower (\d+)$/.exec(to)?.[1];
    if (other === undefined) this.#deliver(to, message);
    else this.#lent(broker, Number(other), message);
  }

  /** From a lender to a broker that borrows. */
  #lent(from: number, to: number, message: Message): void {
    this.#between(
      from,
      to,
      (dispatcher, now) => dispatcher.receiveFrom(`broker ${from}`, message, now),
    );
  }

  #between(
    from: number,
    to: number,
    decide: (dispatcher: Dispatcher, now: number) => Action[],
  ): void {
    this.messages++;
    this.clock.after(this.#brokers[from]!.delays[to]!, () => this.#at(to, decide));
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
