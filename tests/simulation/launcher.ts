/**
 * Whoever started the processes of a simulated run: it hears how they end, and replaces them.
 *
 * @module
 */

import type { Run } from "./simulation.ts";
import { Worker } from "./worker.ts";

/** Milliseconds between a worker's end and the brokers' knowledge of it. */
const NOTICED_AFTER = 20;
/** Milliseconds until a lost worker is replaced. */
const REPLACED_AFTER = 150;

/** See the module's text. */
export class Launcher {
  readonly workers = new Map<string, Worker>();
  lost = 0;
  #grown = 0;
  /** The run is over: nobody is replaced any more. */
  ending = false;

  constructor(private readonly run: Run) {}

  /** Starts a worker; the origin if it is called so. */
  start(name: string, broker: number): Worker {
    const worker = new Worker(this.run, name, broker);
    this.workers.set(name, worker);
    return worker;
  }

  /** Workers that live, without the origin. */
  get helpers(): Worker[] {
    return [...this.workers.values()].filter(({ isOrigin }) => !isOrigin);
  }

  /** One more worker than was planned. */
  grow(): void {
    const { brokers, chance } = this.run;
    const living = brokers.filter(({ process }) => process.alive);
    const broker = living[Math.floor(chance() * living.length)];
    if (broker === undefined || this.ending) return;
    const worker = this.start(`more-${++this.#grown}`, broker.index);
    broker.process.post(() => broker.dispatcher.resize(this.workers.size));
    this.run.note(() => `${worker.name} comes`);
  }

  /** A worker's process has ended. */
  exited(worker: Worker, reason: string): void {
    const { clock, brokers } = this.run;
    this.workers.delete(worker.name);
    if (this.ending) return;
    this.lost++;
    this.run.note(() => `${worker.name} has ended: ${reason}`);
    clock.after(NOTICED_AFTER, () => {
      for (const broker of brokers) {
        broker.process.post(() =>
          broker.perform((dispatcher, now) => dispatcher.lost(worker.name, reason, now))
        );
      }
    });
    this.#replace(worker);
  }

  #replace(worker: Worker): void {
    const { clock, brokers } = this.run;
    clock.after(REPLACED_AFTER, () => {
      if (this.ending) return;
      const own = brokers[worker.broker]!;
      const broker = own.process.alive ? own : brokers.find(({ process }) => process.alive);
      if (broker !== undefined) this.start(`${worker.name}+`, broker.index);
      // The only one may be started again.
      else this.#replace(worker);
    });
  }

  /** A broker has found that a worker is lost, or stuck: its process is ended if it still lives. */
  giveUp(name: string, reason: string, graceMs: number): void {
    this.run.clock.after(graceMs, () => {
      const worker = this.workers.get(name);
      if (worker !== undefined && !worker.isOrigin) worker.die(reason);
    });
  }
}
