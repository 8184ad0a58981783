/**
 * The bundles of a broker: what waits, who has what, and where outcomes go.
 *
 * A bundle is queued until a worker has credit for it; of several such workers the one that has
 * waited longest gets it. What was lost with its worker is the matter of {@link Recovery}.
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";
import { TimeoutError } from "../wire/errors.ts";
import type { BundleHeader, Cancel, Message, ResultMessage, Started } from "../wire/messages.ts";
import { workerLost } from "../wire/worker_lost.ts";
import { BundleQueue } from "./bundle_queue.ts";
import { failureOf, nothingOf } from "./failure.ts";
import { createInterner } from "./intern.ts";
import { Ledger, unfinished } from "./ledger.ts";
import type { Entry } from "./ledger.ts";
import type { Peers } from "./peers.ts";
import { Recovery } from "./recovery.ts";
import type { Roster, Worker } from "./roster.ts";
import { stuckTasks } from "./stuck.ts";

/** How bundles have something done. */
export interface BundlesEvents {
  /** Sends to a worker, or to a broker that borrows. */
  send(address: string, message: Message): void;
  /** Sends to a broker that lends. */
  tell(link: string, message: Message): void;
  warn(text: string): void;
}

/** Borrowers that may be lost with a bundle before its tasks are suspected. */
const MOST_LENT = 3;
/** Milliseconds without any worker after which a broker gives back what it borrowed. */
const KEPT_WITHOUT_WORKERS = 3_000;

/** See the module's text. */
export class Bundles {
  readonly ledger = new Ledger();
  #queue = new BundleQueue();
  /** Bundles of other brokers. */
  #borrowed = new BundleQueue();
  #recovery: Recovery;
  #intern = createInterner();
  #withoutWorkersSince = -1;

  constructor(
    private readonly roster: Roster,
    private readonly peers: Peers,
    private readonly on: BundlesEvents,
  ) {
    this.#recovery = new Recovery(this.ledger, roster, {
      give: (entry, worker) => this.#give(entry, worker),
      enqueue: (entry) => this.#enqueue(entry, true),
      giveUp: (entry, attempts, reason) =>
        this.#fail(entry, workerLost(entry.bundle.label, attempts, reason)),
    });
  }

  /** Number of bundles that wait for a worker. */
  get queued(): number {
    return this.#queue.length + this.#borrowed.length + this.#recovery.length;
  }

  /** The same without those of other brokers: others may have them. */
  get lendable(): number {
    return this.#queue.length;
  }

  /** Bundles that own workers would take at once and that are not queued. */
  get free(): number {
    return this.#queue.length + this.#borrowed.length > 0 ? 0 : this.roster.credit;
  }

  /** Takes in a bundle from a worker, or from another broker: a new one, or one it gives back. */
  add(from: Worker, bundle: BundleHeader, payload: Encoded): void {
    // One that is given back and not known any more: nobody waits for it.
    if (bundle.owner !== from.name && this.ledger.find(bundle) === undefined) return;
    this.#intern(bundle, payload);
    this.#enqueue(this.ledger.add(bundle, payload));
  }

  /** Takes in a bundle of another broker, which came over the connection called `via`. */
  borrow(bundle: BundleHeader, payload: Encoded, via: string): void {
    const known = this.ledger.find(bundle);
    if (known !== undefined && known.via !== via) {
      // Outcomes could not be told apart.
      const error = new Error(
        `two workers of the run are called ${bundle.owner}: set WORKER_NAME to another name`,
      );
      return this.on.tell(via, failureOf(bundle, error));
    }
    this.#intern(bundle, payload);
    this.#enqueue(this.ledger.add(bundle, payload, 0, via));
  }

  /** A broker that has lost all its workers, and gets no other soon, gives back what it borrowed. */
  #giveBack(now: number): void {
    if (this.roster.size > 0) this.#withoutWorkersSince = -1;
    else if (this.#withoutWorkersSince < 0) this.#withoutWorkersSince = now;
    if (this.#withoutWorkersSince < 0) return;
    if (now - this.#withoutWorkersSince < KEPT_WITHOUT_WORKERS) return;
    const leaving = this.#recovery.takeBorrowed();
    for (let entry = this.#borrowed.shift(); entry; entry = this.#borrowed.shift()) {
      leaving.push(entry);
    }
    for (const entry of leaving) {
      this.ledger.remove(entry);
      const { bundle, via } = entry;
      this.on.tell(via!, { type: "bundle", bundle, payload: unfinished(entry) });
    }
  }

  /** Time has passed. */
  tick(now: number): void {
    this.#recovery.serve(now);
    this.#giveBack(now);
  }

  /** Whether it is one of our own workers, or another broker. */
  rosterOf(worker: Worker): Roster {
    return this.roster.at(worker.address) === worker ? this.roster : this.peers.borrowers;
  }

  /** Outcomes have come from a worker, or from another broker. */
  result(worker: Worker, message: ResultMessage): void {
    const entry = this.ledger.settle(message.result);
    if (entry === undefined) return;
    this.#toOwner(entry, message);
    this.rosterOf(worker).refresh(worker);
  }

  /** Sends what concerns a bundle to the worker that spawned it, by way of its broker. */
  #toOwner({ bundle, via }: Entry, message: Message): void {
    if (via !== undefined) return void this.on.tell(via, message);
    const owner = this.roster.named(bundle.owner);
    if (owner !== undefined) this.on.send(owner.address, message);
  }

  /** A long task has begun. */
  started(message: Started, now: number): void {
    const entry = this.ledger.find(message);
    if (entry === undefined) return;
    entry.startedAt = now;
    this.#toOwner(entry, message);
  }

  /** An owner does not want something any more. */
  cancel(message: Cancel): void {
    for (const entry of this.ledger.partsOf(message.owner, message.id)) {
      const { base, count } = entry.bundle;
      const all = message.index === -1 || (count === 1 && message.index === base);
      if (entry.holder !== undefined) this.#tellHolder(entry, message);
      else if (all) this.#cancelQueued(entry);
    }
  }

  /** Nobody reads an outcome, but owners and their brokers count on one for what they gave away. */
  #cancelQueued(entry: Entry): void {
    this.ledger.remove(entry);
    this.#toOwner(entry, nothingOf(entry.bundle));
  }

  #tellHolder(entry: Entry, message: Cancel): void {
    const name = entry.holder!;
    const holder = this.roster.named(name) ?? this.peers.borrowers.named(name);
    if (holder !== undefined) this.on.send(holder.address, message);
  }

  /**
   * A worker is gone. Nobody waits for what its tasks have spawned: they will spawn it again.
   *
   * @returns how many tasks it had, which run again
   */
  workerGone(worker: Worker, reason: string): number {
    for (const entry of this.ledger.ownedBy(worker.name)) this.#drop(entry, worker.name);
    const held = this.ledger.heldBy(worker.name);
    for (const entry of held) this.#recovery.again(entry, reason);
    return held.reduce((sum, entry) => sum + entry.bundle.count, 0);
  }

  /** A broker that borrowed is gone: what it had goes to others. */
  borrowerGone(borrower: Worker): void {
    this.peers.borrowers.remove(borrower);
    for (const entry of this.ledger.heldBy(borrower.name)) {
      // Its tasks are hardly to blame; but no bundle is lent for ever.
      if (entry.lent > MOST_LENT) this.#recovery.again(entry, `${borrower.name} was lost`);
      else {
        const { bundle, payload, skip, lent } = entry;
        const again = this.ledger.add(bundle, payload, skip);
        again.lent = lent;
        this.#enqueue(again);
      }
    }
  }

  /** Nobody waits for what was borrowed from a lost broker. */
  lenderLost(link: string): void {
    const borrowed = this.ledger.borrowedFrom(link);
    if (borrowed.length > 0) {
      this.on.warn(`another broker is lost; ${borrowed.length} bundles of it are dropped`);
    }
    for (const entry of borrowed) this.#drop(entry);
  }

  /** Forgets a bundle that nobody waits for any more. */
  #drop(entry: Entry, except?: string): void {
    const { owner, id } = entry.bundle;
    this.ledger.remove(entry);
    if (entry.holder === undefined || entry.holder === except) return;
    this.#tellHolder(entry, { type: "cancel", owner, id, index: -1 });
  }

  /** A task would have ended its process, which had to live on. */
  lostWithoutWorker(message: { owner: string; id: number; base: number; reason: string }): void {
    const entry = this.ledger.find(message);
    if (entry !== undefined) this.#recovery.again(entry, message.reason);
  }

  #fail(entry: Entry, error: Error): void {
    this.#toOwner(entry, failureOf(entry.bundle, error));
  }

  /**
   * Tasks that run past their timeout keep a worker's processor for good: it has to go.
   *
   * @returns the workers, and why
   */
  findStuck(now: number): { worker: Worker; reason: string }[] {
    return stuckTasks(this.roster, this.ledger, now).map(({ worker, entry }) => {
      const { label, timeout } = entry.bundle;
      const reason = `${label} ran longer than its timeout of ${timeout} ms`;
      this.ledger.remove(entry);
      this.#fail(entry, new TimeoutError(reason));
      return { worker, reason };
    });
  }

  #enqueue(entry: Entry, anyone = false): void {
    if (entry.bundle.attempt > 0 && !anyone) this.#recovery.add(entry);
    else if (entry.via !== undefined) this.#borrowed.push(entry);
    else this.#queue.push(entry);
  }

  /**
   * Gives out what can be given. Own workers go first; what they have no
   * credit for goes to other brokers.
   */
  assign(now: number): void {
    if (this.#recovery.length > 0) this.#recovery.serve(now);
    for (let worker = this.roster.hungriest(); worker; worker = this.roster.hungriest()) {
      const entry = this.#borrowed.shift() ?? this.#queue.shift();
      if (entry === undefined) return;
      this.#give(entry, worker);
    }
    const { borrowers } = this.peers;
    for (let peer = borrowers.hungriest(); peer; peer = borrowers.hungriest()) {
      const entry = this.#queue.shift();
      if (entry === undefined) return;
      entry.lent++;
      this.#give(entry, peer);
    }
  }

  #give(entry: Entry, worker: Worker): void {
    const roster = this.rosterOf(worker);
    this.ledger.hold(entry, worker.name);
    roster.fed(worker);
    if (roster === this.roster) this.peers.gave();
    const payload = unfinished(entry);
    this.on.send(worker.address, { type: "bundle", bundle: entry.bundle, payload });
  }
}
