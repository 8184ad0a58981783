/**
 * Where the parts of bundles are: which of them wait, who gets what, and how a part moves from one
 * place to another.
 *
 * A part is queued until a worker has credit for it; of several such workers the one that has
 * waited longest gets it. What was lost with its worker is the matter of {@link Recovery}.
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";
import { LIMITS } from "../wire/limits.ts";
import type { Message } from "../wire/messages.ts";
import { workerLost } from "../wire/worker_lost.ts";
import { BundleQueue } from "./bundle_queue.ts";
import { expect } from "./expect.ts";
import { failureOf, nothingOf } from "./failure.ts";
import { Ledger } from "./ledger.ts";
import { payloadOf } from "./payloads.ts";
import type { Peers } from "./peers.ts";
import { headerOf, holderOf, overlap, QUEUED, stretchOf, unwantedOf } from "./records.ts";
import type { Bundle, Member, Part, Stretch } from "./records.ts";
import { Recovery } from "./recovery.ts";
import type { Roster } from "./roster.ts";

/** How something is said. */
export interface PlacesEvents {
  /** Sends to a worker, or to a broker that borrows. */
  send(to: Member, message: Message): void;
  /** Sends to a broker that lends. */
  tell(link: string, message: Message): void;
}

/** What can be chosen. */
export interface PlacesOptions {
  /** Whether lost workers are replaced. */
  readonly replaces: boolean;
  /** How many bundles wait when those behind them are packed; {@link LIMITS} tells. */
  readonly packAfter?: number;
}

/** All places a part can be in. */
export class Places {
  readonly ledger = new Ledger();
  readonly recovery: Recovery;
  /** Bundles given to own workers, and to other brokers, so far. */
  readonly moved = { given: 0, lent: 0 };
  readonly #queue: BundleQueue;
  /** What was borrowed from other brokers. */
  readonly #borrowed: BundleQueue;

  constructor(
    private readonly roster: Roster,
    private readonly peers: Peers,
    { replaces, packAfter = LIMITS.packAfterBundles }: PlacesOptions,
    private readonly on: PlacesEvents,
  ) {
    this.#queue = new BundleQueue(this.ledger, packAfter);
    this.#borrowed = new BundleQueue(this.ledger, packAfter);
    this.recovery = new Recovery(this.ledger, roster, replaces, {
      give: (part, worker) => this.#give(part, worker),
      enqueue: (part) => this.enqueue(part),
      giveUp: (part, attempts, reason, worker) =>
        this.fail(part, workerLost(part.bundle.common.label, attempts, reason, worker)),
    });
  }

  /** Number of parts that wait for a worker. */
  get queued(): number {
    return this.#queue.length + this.#borrowed.length + this.recovery.length;
  }

  /** The same without what other brokers lent, or can run alone here: others may have them. */
  get lendable(): number {
    return this.#queue.length + this.recovery.lendable;
  }

  /** Number of parts of other brokers that wait for any worker. */
  get borrowed(): number {
    return this.#borrowed.length;
  }

  /** Bundles that own workers would take at once and that are not queued. */
  get free(): number {
    return this.#queue.length + this.#borrowed.length > 0 ? 0 : this.roster.credit;
  }

  /** Whether it is one of our own workers, or another broker. */
  rosterOf(member: Member): Roster {
    return this.roster.has(member) ? this.roster : this.peers.borrowers;
  }

  /** The parts of a stretch that somebody has. */
  heldBy(member: Member, stretch: Stretch): Part[] {
    const whole = this.ledger.whole(stretch);
    if (whole !== undefined) return holderOf(whole) === member ? [whole] : [];
    return this.ledger.overlapping(stretch).filter((part) => holderOf(part) === member);
  }

  /** Sends what concerns a bundle to the worker that spawned it, by way of its broker. */
  toOwner({ common, via }: Bundle, message: Message): void {
    if (via !== undefined) return this.on.tell(via, message);
    const owner = this.roster.named(common.owner);
    if (owner !== undefined) this.on.send(owner, message);
  }

  /** Nobody reads an outcome, but owners and their brokers count on one for what they gave away. */
  cancelQueued(part: Part, stretch: Stretch): void {
    const end = part.base + part.count;
    const { base, count } = overlap(part, stretch.base, stretch.count);
    const piece = this.ledger.cut(part, base, count);
    this.toOwner(piece.bundle, nothingOf(stretchOf(piece)));
    const first = piece === part;
    if (base + count < end) this.#queueOf(piece).unshift(piece.next!);
    if (first) this.drop(piece);
    // Only what stands first has the place in the queue.
    else this.ledger.remove(piece);
  }

  /**
   * Makes a part of some tasks of one, which leaves its place: its holder is not to have it.
   *
   * @param isDone whether it comes to nobody any more
   */
  takeOut(part: Part, { base, count }: Pick<Stretch, "base" | "count">, isDone: boolean): Part {
    const end = part.base + part.count;
    const { kind } = part.state;
    const holder = holderOf(part);
    const piece = this.ledger.cut(part, base, count);
    this.ledger.move(piece, { kind: "awaited", until: 0, begun: false });
    if (kind === "queued") {
      if (base + count < end) this.#queueOf(piece).unshift(piece.next!);
      if (piece === part && isDone) this.#queueOf(piece).leave();
      else if (piece === part) this.#queueOf(piece).remove(piece);
    } else if (kind === "waiting") this.recovery.leave();
    if (holder !== undefined && this.rosterOf(holder).has(holder)) {
      const { owner, id } = stretchOf(piece);
      for (let index = base; index < base + count; index++) {
        this.on.send(holder, { type: "cancel", owner, id, index });
      }
    }
    return piece;
  }

  /** Forgets a part that nobody waits for any more. */
  drop(part: Part): void {
    const { kind } = part.state;
    const holder = holderOf(part);
    this.ledger.remove(part);
    if (kind === "queued") this.#queueOf(part).leave();
    else if (kind === "waiting") this.recovery.leave();
    if (holder !== undefined) this.rosterOf(holder).refresh(holder);
  }

  /** Tells whoever has some of these parts that they are not their matter any more. */
  forgetHeld(parts: readonly Part[]): void {
    const told = new Set<string>();
    for (const part of parts) {
      const holder = holderOf(part);
      if (holder === undefined || !this.rosterOf(holder).has(holder)) continue;
      const { owner, id } = stretchOf(part);
      const key = `${id} ${holder.address} ${owner}`;
      if (told.has(key)) continue;
      told.add(key);
      this.on.send(holder, { type: "forget", owner, id });
    }
  }

  /** The same for tasks that may come again: nobody's word of them may be mistaken then. */
  takeBack(parts: readonly Part[]): void {
    this.forgetHeld(parts);
    for (const part of parts) {
      const holder = holderOf(part);
      if (holder === undefined) continue;
      holder.withheldUntil = holder.session.sent;
      this.rosterOf(holder).refresh(holder);
    }
  }

  /** A part comes to its end without having been executed. */
  fail(part: Part, error: Error): void {
    this.toOwner(part.bundle, failureOf(stretchOf(part), error));
    this.ledger.remove(part);
  }

  /** A part is to go to somebody else, before others, and has not been tried. */
  again(part: Part): void {
    if (part.attempt > 0) return this.recovery.add(part, "its worker was lost");
    this.ledger.move(part, QUEUED);
    this.#queueOf(part).unshift(part);
  }

  enqueue(part: Part): void {
    this.ledger.move(part, QUEUED);
    this.#queueOf(part).push(part);
  }

  #queueOf({ bundle }: Part): BundleQueue {
    return bundle.via === undefined ? this.#queue : this.#borrowed;
  }

  /** Gives out what can be given. Own workers go first; what they do not take is lent. */
  assign(): void {
    this.recovery.serve();
    for (let worker = this.roster.hungriest(); worker; worker = this.roster.hungriest()) {
      const part = this.#borrowed.shift() ?? this.#queue.shift();
      if (part === undefined) break;
      // One with a timeout may cost its worker: best one that has nothing else to lose.
      const timed = part.bundle.common.timeout > 0;
      this.#give(part, (timed && this.roster.hungriestWithNothing()) || worker);
    }
    this.#giveAhead();
    const { borrowers } = this.peers;
    for (let peer = borrowers.hungriest(); peer; peer = borrowers.hungriest()) {
      const part = this.recovery.lend() ?? this.#queue.shift();
      if (part === undefined) return;
      this.#give(part, peer);
    }
  }

  /** Of what is plenty, so that nobody waits for it, those that are far get some in advance. */
  #giveAhead(): void {
    const isPlenty = () => this.#queue.length + this.#borrowed.length > this.roster.joined;
    while (isPlenty()) {
      const worker = this.roster.farsighted();
      if (worker === undefined) return;
      this.#give((this.#borrowed.shift() ?? this.#queue.shift())!, worker);
    }
  }

  #give(part: Part, to: Member): void {
    const unwanted = unwantedOf(part);
    if (unwanted.length === part.count) {
      this.toOwner(part.bundle, nothingOf(stretchOf(part)));
      return this.ledger.remove(part);
    }
    let payload: Encoded;
    try {
      payload = payloadOf(part);
    } catch (error) {
      return this.fail(part, error as Error);
    }
    const roster = this.rosterOf(to);
    if (roster !== this.roster) {
      part.lent++;
      this.moved.lent++;
      this.ledger.move(part, { kind: "lent", by: to });
    } else {
      this.moved.given++;
      // What waited to run alone does so.
      const kind = part.state.kind === "waiting" ? "trial" : "held";
      this.ledger.move(part, { kind, by: to });
      this.peers.gave();
    }
    roster.fed(to);
    this.on.send(to, { type: "bundle", bundle: headerOf(part), payload });
    if (unwanted.length === 0) return;
    const { owner, id } = stretchOf(part);
    for (const index of unwanted) this.on.send(to, { type: "cancel", owner, id, index });
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    this.ledger.check(new Set([...this.roster, ...this.peers.borrowers]));
    this.#queue.check();
    this.#borrowed.check();
    this.recovery.check();
    const queued = { own: 0, borrowed: 0 };
    for (const { bundle: { via }, state: { kind } } of this.ledger.loose()) {
      if (kind === "queued") queued[via === undefined ? "own" : "borrowed"]++;
    }
    for (const { via, length } of this.ledger.packs()) {
      queued[via === undefined ? "own" : "borrowed"] += length;
    }
    expect(queued.borrowed === this.#borrowed.length, "borrowed parts are queued elsewhere");
    expect(queued.own === this.#queue.length, "a part is in no queue");
    for (const { held, name } of this.peers.borrowers) {
      const odd = [...held].some(({ state, bundle }) => state.kind !== "lent" || bundle.via);
      expect(!odd, `${name} has what was not lent to it, or was lent on`);
    }
  }
}
