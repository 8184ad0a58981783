/**
 * The workers of a run as the broker sees them, and which of them would take a bundle.
 *
 * @module
 */

import type { Entry } from "./ledger.ts";

/** A worker that is connected. */
export interface Worker {
  readonly name: string;
  /** Where messages to it go. */
  readonly address: string;
  readonly origin: boolean;
  /** Bundles it would take, counted from its hello. */
  granted: number;
  /** Bundles it was sent. */
  sent: number;
  /** No task holds its processor: what it has begun waits for others. */
  idle: boolean;
  /** It is kept free of other work for a task that has to run alone. */
  reserved: boolean;
  /** The task that runs alone on it, until that is done. */
  trial: Entry | undefined;
  /** Its part in {@link Roster.credit}. */
  free: number;
}

/** See the module's text. */
export class Roster {
  /** The origin, while it is connected. */
  origin: Worker | undefined;
  /** Bundles the hungry workers would take together; kept up, so that it costs the same with many. */
  credit = 0;
  #byName = new Map<string, Worker>();
  #byAddress = new Map<string, Worker>();
  /** Workers with credit, longest waiting first. */
  #hungry = new Set<Worker>();

  /** Number of workers. */
  get size(): number {
    return this.#byName.size;
  }

  /** All workers. */
  [Symbol.iterator](): Iterator<Worker> {
    return this.#byName.values();
  }

  /** Takes a worker in. */
  add(name: string, address: string, origin: boolean): Worker {
    const worker: Worker = {
      name,
      address,
      origin,
      granted: 0,
      sent: 0,
      idle: false,
      reserved: false,
      trial: undefined,
      free: 0,
    };
    this.#byName.set(name, worker);
    this.#byAddress.set(address, worker);
    if (origin) this.origin = worker;
    return worker;
  }

  /** Forgets a worker. */
  remove(worker: Worker): void {
    this.#byName.delete(worker.name);
    this.#byAddress.delete(worker.address);
    this.#hungry.delete(worker);
    this.credit -= worker.free;
    if (this.origin === worker) this.origin = undefined;
  }

  /** The worker of a name. */
  named(name: string): Worker | undefined {
    return this.#byName.get(name);
  }

  /** The worker behind an address. */
  at(address: string): Worker | undefined {
    return this.#byAddress.get(address);
  }

  /** The worker that has waited longest for a bundle. */
  hungriest(): Worker | undefined {
    for (const worker of this.#hungry) return worker;
    return undefined;
  }

  /** Notes that a worker was sent a bundle: it goes behind those who wait. */
  fed(worker: Worker): void {
    worker.sent++;
    worker.idle = false;
    this.#hungry.delete(worker);
    this.refresh(worker);
  }

  /** Takes in that a worker's credit, or its being reserved, has changed. */
  refresh(worker: Worker): void {
    const open = worker.idle || !(worker.reserved || worker.trial?.gone === false);
    const free = open ? Math.max(0, worker.granted - worker.sent) : 0;
    this.credit += free - worker.free;
    worker.free = free;
    if (free > 0) this.#hungry.add(worker);
    else this.#hungry.delete(worker);
  }

  /** Keeps a worker free of other work, or no longer. */
  reserve(worker: Worker, reserved: boolean): void {
    if (worker.reserved === reserved) return;
    worker.reserved = reserved;
    this.refresh(worker);
  }
}
