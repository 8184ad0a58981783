/**
 * What becomes of bundles when somebody says something of them, or is lost.
 *
 * Whatever is said of tasks is believed only of those that are with whoever says it: the answers to
 * what was taken from somebody meanwhile, and lies, change nothing. Methods that may refuse return
 * why they do, if they do.
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";
import { TimeoutError, WorkerLostError } from "../wire/errors.ts";
import { LIMITS } from "../wire/limits.ts";
import type {
  BundleHeader,
  Busy,
  Cancel,
  Forget,
  Lost,
  ResultMessage,
  Started,
  Stop,
} from "../wire/messages.ts";
import { judge } from "./excess.ts";
import type { Excess } from "./excess.ts";
import { failureOf, someOf } from "./failure.ts";
import type { Ledger } from "./ledger.ts";
import { isOnce, unbegun } from "./once.ts";
import { Moving } from "./moving.ts";
import type { Peers } from "./peers.ts";
import type { Places, PlacesEvents } from "./places.ts";
import { gapsIn } from "../wire/stretches.ts";
import { ofTask, workerLost } from "../wire/worker_lost.ts";
import { graceOf, holderOf, markUnwanted, overlap, stretchOf } from "./records.ts";
import type { Member, Part, Stretch } from "./records.ts";
import type { Roster } from "./roster.ts";
import { Watch } from "./stuck.ts";
import type { Stuck } from "./stuck.ts";

/** How bundles have something said. */
export interface BundlesEvents extends PlacesEvents {
  warn(text: string): void;
}

/** Times that a part is taken from a worker that is stuck in something else before it is suspected. */
const MOST_SPARED = 3;

/** See the module's text. */
export class Bundles {
  #ledger: Ledger;
  #watch = new Watch();
  #withoutWorkersSince = -1;
  /** What was lost with its broker. */
  readonly moving: Moving;

  constructor(
    private readonly roster: Roster,
    private readonly peers: Peers,
    private readonly places: Places,
    private readonly on: BundlesEvents,
  ) {
    this.#ledger = places.ledger;
    this.moving = new Moving(places, roster, {
      send: on.send,
      tell: on.tell,
      warn: on.warn,
      started: (from, message, now) => void this.started(from, message, now),
      unwanted: (...held) => this.#tellUnwanted(...held),
    });
  }

  /** Takes in a bundle from its owner. */
  add(from: Member, bundle: BundleHeader, payload: Encoded): string | undefined {
    if (bundle.owner !== from.name) return "a bundle of somebody else";
    return this.#enter(bundle, payload);
  }

  /** Takes in a bundle of another broker, which came over the connection called `via`. */
  borrow(bundle: BundleHeader, payload: Encoded, via: string): string | undefined {
    return this.#enter(bundle, payload, via);
  }

  #enter(bundle: BundleHeader, payload: Encoded, via?: string): string | undefined {
    if (!Number.isSafeInteger(bundle.base + bundle.count)) return "a bundle without end";
    const known = this.#ledger.first(bundle.owner, bundle.id);
    if (known !== undefined && known.via !== via) {
      // Outcomes could not be told apart.
      const error = new Error(
        `two workers of the run are called ${bundle.owner}: set WORKER_NAME to another name`,
      );
      const failure = failureOf(bundle, error);
      if (via !== undefined) this.on.tell(via, failure);
      else this.on.send(this.roster.named(bundle.owner)!, failure);
      return undefined;
    }
    const part = this.#ledger.enter(bundle, payload, via);
    if (part === undefined) {
      if (via === undefined) return "a bundle that is known already";
      return this.#lentAgain(bundle, via);
    }
    // Others have lost it before.
    if (part.attempt > 0) this.places.recovery.add(part, "its worker was lost");
    else this.places.enqueue(part);
    return undefined;
  }

  /** After an outage something is lent that is still here, all or some of it. */
  #lentAgain(bundle: BundleHeader, via: string): undefined {
    const { owner, id } = bundle;
    for (const gap of gapsIn(bundle, this.#ledger.overlapping(bundle))) {
      this.on.tell(via, { type: "giveBack", owner, id, ...gap });
    }
  }

  /** Outcomes have come from somebody. */
  result(from: Member, message: ResultMessage, now: number): string | undefined {
    const { base, count } = message.result;
    let parts = this.places.heldBy(from, message.result);
    let known = tasksIn(parts, message.result);
    if (known < count) {
      if (this.moving.settles(from, message, now)) return undefined;
      parts = this.places.heldBy(from, message.result);
      known = tasksIn(parts, message.result);
    }
    if (parts.length === 0) return "outcomes of tasks that it does not have";
    if (known === count) this.places.toOwner(parts[0]!.bundle, message);
    for (const part of parts) {
      const at = overlap(part, base, count);
      if (known < count) this.places.toOwner(part.bundle, someOf(message, part, at.base, at.count));
      this.#ledger.remove(this.#ledger.cut(part, at.base, at.count));
    }
    this.places.rosterOf(from).refresh(from);
    return undefined;
  }

  /** Tasks have begun. */
  started(from: Member, message: Started, now: number): string | undefined {
    const parts = this.places.heldBy(from, message);
    for (const part of parts) this.#begun(from, part, message, now);
    const known = tasksIn(parts, message);
    if (known === message.count || this.moving.claims.begun(from, message)) return undefined;
    return "the start of tasks that it does not have";
  }

  #begun(from: Member, part: Part, message: Started, now: number): void {
    const { bundle, state } = part;
    const { base, count } = overlap(part, message.base, message.count);
    // Other brokers look after their workers themselves.
    if (state.kind !== "lent" || bundle.common.retries === 0) {
      for (let index = base; index < base + count; index++) from.begun.add(bundle, index, now);
      if (bundle.common.timeout > 0 && state.kind !== "lent") this.#watch.add(from);
    }
    this.places.toOwner(bundle, { ...message, base, count });
  }

  /** A worker is in a task of its own that has a timeout, or has come back from it. */
  busy(from: Member, { label, timeout }: Busy, now: number): void {
    // The origin cannot be spared.
    if (from.origin) return;
    from.busy = timeout > 0 ? { label, timeout, since: now } : undefined;
    if (timeout > 0) this.#watch.add(from);
  }

  /** Somebody does not get to what it has. */
  giveBack(from: Member, stretch: Stretch): string | undefined {
    const claimed = this.moving.claims.of(from, stretch).length > 0;
    if (claimed) this.moving.claims.remove(from, stretch);
    const parts = this.places.heldBy(from, stretch);
    if (parts.length === 0) return claimed ? undefined : "gives back what it does not have";
    for (const part of parts) {
      const { base, count } = overlap(part, stretch.base, stretch.count);
      this.places.again(this.#ledger.cut(part, base, count));
    }
    this.places.rosterOf(from).refresh(from);
    return undefined;
  }

  /** A task ended its process, which had to live on. */
  lostTask(from: Member, { owner, id, index, reason }: Lost): string | undefined {
    const [part] = this.places.heldBy(from, { owner, id, base: index, count: 1 });
    if (part === undefined) return "the loss of a task that it does not have";
    this.places.recovery.again(this.#ledger.cut(part, index, 1), reason, from.name);
    this.places.rosterOf(from).refresh(from);
    return undefined;
  }

  /**
   * An owner does not want something any more.
   *
   * @param via the connection over which this was said; undefined for an own worker
   */
  cancel(message: Cancel | Stop, now: number, via?: string): string | undefined {
    const { owner, id, index } = message;
    if (!Number.isSafeInteger(index) || index < -1) return "cancels a task that cannot be";
    if (message.type === "stop" && message.grace < 0) return "gives a task less than no time";
    const stretch = index === -1
      ? { owner, id, base: 0, count: Infinity }
      : { owner, id, base: index, count: 1 };
    const told = new Set<Member>();
    for (const part of this.#ledger.overlapping(stretch)) {
      // After an outage it may have come another way since: that is not the matter of this one.
      if (part.bundle.via !== via) continue;
      const holder = holderOf(part);
      // Whoever comes with it after an outage and has begun it is to hear of that.
      const isKept = holder !== undefined || part.state.kind === "awaited";
      if (isKept) markUnwanted(part, index, message.type === "stop" ? message.grace : undefined);
      else this.places.cancelQueued(part, stretch);
      if (holder !== undefined && !told.has(holder)) {
        told.add(holder);
        this.on.send(holder, message);
        if (message.type === "stop") this.#expectEnd(holder, part, message, now);
      }
    }
    return undefined;
  }

  /** The broker from which something came over the connection called `via` has no use for it now. */
  forget({ owner, id }: Forget, via: string): void {
    this.#forget(this.#ledger.partsOf(owner, id).filter(({ bundle }) => bundle.via === via));
  }

  #forget(parts: readonly Part[]): void {
    this.places.forgetHeld(parts);
    for (const part of parts) this.places.drop(part);
  }

  /** Somebody has a task that its owner did not want any more when nobody knew who has it. */
  #tellUnwanted(holder: Member, part: Part, index: number, now: number): void {
    const { owner, id } = stretchOf(part);
    const grace = graceOf(part, index);
    if (grace === undefined) return this.on.send(holder, { type: "cancel", owner, id, index });
    const stop: Stop = { type: "stop", owner, id, index, grace };
    this.on.send(holder, stop);
    this.#expectEnd(holder, part, stop, now);
  }

  /** Of what is to end: whoever does not see to it in time is stuck. Other brokers look after theirs. */
  #expectEnd(holder: Member, { bundle, state }: Part, { index, grace }: Stop, now: number): void {
    if (state.kind === "lent" || holder.origin) return;
    const { stopping, session } = holder;
    if (stopping.some((one) => one.bundle === bundle && one.index === index)) return;
    stopping.push({ bundle, index, graceMs: grace, since: now, number: session.sent });
    this.#watch.add(holder);
  }

  /**
   * A worker wants to be replaced: what it has goes to others.
   *
   * @returns false when it cannot be
   */
  retire(worker: Member): boolean {
    if (worker.origin) return false;
    this.places.takeBack([...worker.held]);
    const rest = unbegun(this.#ledger, worker);
    for (const part of [...worker.held].reverse()) {
      if (isOnce(part) && !rest.has(part)) {
        this.places.recovery.again(part, "it was replaced", worker.name);
      } else this.places.again(part);
    }
    this.places.rosterOf(worker).refresh(worker);
    return true;
  }

  /**
   * A worker is gone. Nobody waits for what its tasks have spawned: they will spawn it again.
   *
   * @returns how many tasks it had, which run again
   */
  workerGone(worker: Member, reason: string): number {
    this.#watch.remove(worker);
    this.moving.claims.forget(worker);
    const owned = this.#ledger.ownedBy(worker.name).filter(({ bundle }) =>
      bundle.via === undefined
    );
    this.#forget(owned);
    const tasks = [...worker.held].reduce((sum, { count }) => sum + count, 0);
    const rest = unbegun(this.#ledger, worker);
    const [first] = rest;
    if (first !== undefined && worker.begun.size === 0) {
      // The word of it may be lost with the worker, if the task has ended that at once.
      rest.delete(first);
      this.places.fail(first, workerLost(first.bundle.common.label, 0, reason, worker.name));
    }
    for (const part of [...worker.held]) {
      if (!rest.has(part)) this.places.recovery.again(part, reason, worker.name);
    }
    for (const part of [...rest].reverse()) this.places.again(part);
    return tasks;
  }

  /**
   * Tasks that run past their timeout keep a worker's processor for good: it has to go, and what it
   * had besides goes to others.
   *
   * @returns the workers that have to go, and why
   */
  findStuck(now: number): Stuck[] {
    const found = this.#watch.find(now);
    for (const stuck of found) this.#takeAll(stuck, new TimeoutError(stuck.reason));
    return found.filter(({ worker }) => !worker.origin);
  }

  /**
   * A worker uses more memory than it may, as whoever started it has seen.
   *
   * @returns why it has to go, if it has to
   */
  exceeds(worker: Member, excess: Excess, now: number): string | undefined {
    // The origin cannot be replaced.
    if (worker.origin) return undefined;
    const found = judge(worker, excess, now);
    if (found.kind === "none") return undefined;
    const { reason } = found;
    // Otherwise those that it has are lost with it, and run alone.
    if (found.kind === "task") {
      this.#takeAll({ worker, task: found.task, reason }, new WorkerLostError(reason));
    }
    return reason;
  }

  /** Takes from a worker what it has: the task that it is stuck in fails. */
  #takeAll({ worker, task, reason }: Stuck, error: Error): void {
    worker.busy = undefined;
    worker.stopping = [];
    const begun = new Set(worker.begun.bundles());
    this.places.takeBack([...worker.held]);
    if (task !== undefined) {
      const { bundle: { common: { owner, label: name }, id }, index } = task;
      const [part] = this.places.heldBy(worker, { owner, id, base: index, count: 1 });
      if (part !== undefined) {
        const facts = { name, index: undefined, worker: worker.name, attempts: part.attempt + 1 };
        this.places.fail(this.#ledger.cut(part, index, 1), ofTask(error, facts));
      }
    }
    const rest = unbegun(this.#ledger, worker);
    for (const part of [...worker.held].reverse()) {
      if (isOnce(part) && !rest.has(part)) {
        this.places.recovery.again(part, reason, worker.name);
        continue;
      }
      // What has begun may have led to this, and would so again, without an end.
      this.#spare(part, reason, task === undefined || begun.has(part.bundle));
    }
    this.places.rosterOf(worker).refresh(worker);
  }

  /** Takes a part from a worker that is stuck in something else: it is not to blame. */
  #spare(part: Part, reason: string, counted: boolean): void {
    if (counted && ++part.spared > MOST_SPARED) this.places.recovery.again(part, reason);
    else this.places.again(part);
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    this.moving.claims.check(new Set([...this.roster, ...this.peers.borrowers]));
  }

  /** Time has passed. */
  tick(now: number): void {
    this.places.recovery.tick(now);
    this.moving.tick(now);
    this.#giveBackAll(now);
  }

  /**
   * What was borrowed goes back when own workers do not take it: when there are none for it, and
   * get no others soon, or when all are in something long.
   */
  #giveBackAll(now: number): void {
    // What was lost before is nothing for the origin.
    const { size, origin } = this.roster;
    if (size > (origin === undefined ? 0 : 1)) this.#withoutWorkersSince = -1;
    else if (this.#withoutWorkersSince < 0) this.#withoutWorkersSince = now;
    const deserted = this.#withoutWorkersSince >= 0 &&
      now - this.#withoutWorkersSince >= LIMITS.keptMs && this.places.queued > 0;
    const all = (deserted && size === 0) || (this.peers.isIdle && this.places.borrowed > 0);
    if (!deserted && !all) return;
    for (const part of this.#ledger.borrowed()) {
      const { kind } = part.state;
      if ((all && kind === "queued") || (deserted && kind === "waiting")) this.#returnTo(part);
    }
  }

  /** Gives a part back to the broker it was borrowed from. */
  #returnTo(part: Part): void {
    const { owner, id, base, count } = stretchOf(part);
    const { state, bundle: { via } } = part;
    if (state.kind === "waiting") {
      // The lender counts the attempt: it is not to lend it for ever.
      this.on.tell(via!, { type: "lost", owner, id, index: base, reason: state.because });
    } else this.on.tell(via!, { type: "giveBack", owner, id, base, count });
    this.places.drop(part);
  }
}

/** How many of some tasks are in these parts. */
function tasksIn(parts: readonly Part[], { base, count }: Pick<Stretch, "base" | "count">): number {
  return parts.reduce((sum, part) => sum + overlap(part, base, count).count, 0);
}
