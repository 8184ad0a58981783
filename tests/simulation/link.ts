/**
 * A worker's link to a broker in the simulation, as zeromq's sockets are: it is made again by itself
 * whenever somebody listens at the broker's address, and keeps until then what is to be said.
 *
 * @module
 */

import { readMessage, writeMessage } from "../../wire/messages.ts";
import type { Message } from "../../wire/messages.ts";
import type { LinkEvents, WorkerLink } from "../../worker/worker_link.ts";
import type { Connection } from "./network.ts";
import type { Process } from "./process.ts";
import type { Run } from "./simulation.ts";

/** Milliseconds between two attempts to connect. */
const RETRY = 20;

/** See the module's text. */
export class VirtualLink implements WorkerLink {
  /** Undefined while nobody listens. */
  connection: Connection | undefined;
  #waiting: Uint8Array[][] = [];
  #closed = false;

  /** @param broker the number of the broker */
  constructor(
    private readonly run: Run,
    private readonly process: Process,
    readonly broker: number,
    private readonly events: LinkEvents,
  ) {
    this.#attach();
  }

  #attach(): void {
    if (this.#closed || !this.process.alive || this.connection !== undefined) return;
    const broker = this.run.brokers[this.broker]!;
    if (!broker.process.alive) return this.run.clock.after(RETRY, () => this.#attach());
    const { process } = this;
    const connection = broker.accept(process.name, {
      process,
      deliver: (frames) => {
        if (!this.#closed) this.events.message(readMessage(frames));
      },
      broke: () => this.#broke(),
    }, this.run.delayOf(process.name));
    this.connection = connection;
    for (const frames of this.#waiting.splice(0)) connection.toServer(frames);
  }

  #broke(): void {
    if (this.#closed) return;
    this.events.broke();
    if (!this.connection?.isOver) return;
    this.connection = undefined;
    this.#attach();
  }

  together(sends: () => void): void {
    sends();
  }

  send(message: Message, number: number): void {
    const frames = writeMessage(message, number);
    if (this.connection !== undefined) return this.connection.toServer(frames);
    this.process.depart(() => {
      if (this.connection === undefined) this.#waiting.push(frames);
      else this.connection.toServer(frames);
    });
  }

  hold(): void {}

  /** What is under way arrives. */
  close(): Promise<void> {
    this.#closed = true;
    const { connection } = this;
    this.run.clock.at(this.process.now, () => connection?.clientEnds());
    return Promise.resolve();
  }
}
