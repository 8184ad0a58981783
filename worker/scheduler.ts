/**
 * A worker's decisions: what to execute next, what to give away, how much to ask for.
 *
 * A state machine without I/O or clock. It is asked after everything that happens what should leave
 * ({@link Scheduler.give}) and how much credit the broker should know of ({@link Scheduler.credit}).
 *
 * What a worker spawns stays with it until there is a reason to give it away. There are two: others
 * are hungry (the broker announces for how many bundles), or there is more than this worker will
 * get to soon, above the high water mark. The second keeps the broker stocked ({@link Stock}), since
 * a worker busy with one long task cannot answer the first. A recursion of small tasks never reaches
 * the mark, so it runs where it began, and only its oldest branches leave, on demand.
 *
 * @module
 */

import { LocalQueue } from "../futures/local_queue.ts";
import { bundleSize, LONG_BUNDLE_TIME } from "../futures/sizing.ts";
import type { Turn } from "../futures/turn.ts";
import type { LocalWork, Source, Work } from "../futures/work.ts";
import { Deque } from "../wire/deque.ts";
import { LIMITS } from "../wire/limits.ts";
import { BundleTime } from "./bundle_time.ts";
import type { Held } from "./own_program.ts";
import type { ReceivedWork } from "./received_work.ts";
import { Stock } from "./stock.ts";

/** A bundle of another worker. */
export interface Received extends Work {
  /** Milliseconds the tasks nobody has begun should take; 0 when nothing is known. */
  readonly expected: number;
}

/** What a worker is told of the run. */
export interface Told {
  /** Workers in the run. */
  readonly size: number;
  /** Bundles other workers would take. */
  readonly demand: number;
  /** Workers that have nothing to do. */
  readonly idle?: number;
  /** Workers that what is given away reaches late. */
  readonly far?: number;
}

/** Work that is to leave, and the milliseconds it should take. */
export interface Leaving {
  readonly work: LocalWork;
  readonly expected: number;
}
/** Mostly so, and for each task of a recursion. */
const NOTHING: readonly never[] = [];

/** Milliseconds of work of its own above which a worker gives away: the high water mark. */
const HIGH_WATER = 10;
/**
 * Milliseconds of received work below which a worker asks for more: the low water mark. The longest
 * bundle of short tasks, so that the next is there when one is done.
 */
const LOW_WATER = LONG_BUNDLE_TIME;
/**
 * Assumed for a task of which nothing is known, in milliseconds: a second in stock ({@link Stock}) is
 * 16 of them then.
 */
const UNKNOWN = 62.5;
/** Received bundles to have, at most: what a bundle takes may turn out quite different. */
const MOST_CREDIT = 8;
/** Milliseconds of a round trip from which on a broker is far: more than a busy machine takes. */
const FAR = 5;
/** Round trips that the bundles may take, each, which a worker has sent to it in advance. */
const WORTHWHILE = 16;
/** For each so many milliseconds of the round trip one bundle more is had in advance, at most. */
const LEAST_AHEAD = 4;
/** Bundles of our own that go before one that has come. */
const OWN_TURNS = 3;
/** Milliseconds of received work that a busy worker keeps when others are hungry. */
const KEPT_WORK = 5;

/** Milliseconds in which a bundle is done sooner than it could be told that it is here. */
const LITTLE = 0.25;

/** See the module's text. */
export class Scheduler<R extends Received = ReceivedWork> {
  /** Bundles other workers would take, as far as this worker knows. */
  demand = 0;
  /** Workers that have nothing to do, as far as this worker knows. */
  idleWorkers = 0;
  /** Workers in the run. */
  size = 1;
  /** True for one that executes nothing itself: it keeps nothing back for itself. */
  eager = false;
  /** Whoever holds the processor does nothing with it: this worker takes nothing meanwhile. */
  stalled = false;
  /** Milliseconds until what is asked for is here, at the least. */
  roundTrip = 0;
  /** Whether this worker takes work of others at all now. */
  open = true;
  #local = new LocalQueue();
  #inbox = new Deque<R>();
  /** Bundles of our own begun since one from the inbox. */
  #ownTurns = 0;
  /** Bundles received since the hello. */
  #received = 0;
  readonly #bundleTime = new BundleTime();
  readonly #stock = new Stock();
  #othersAreFar = false;

  /** The broker has told how the run stands. */
  loaded({ size, demand, idle = 0, far = 0 }: Told): void {
    this.size = size;
    this.demand = demand;
    this.idleWorkers = idle;
    this.#othersAreFar = far > 0;
  }

  /** Adds what `turn` spawned. */
  offer(source: Source, turn: Turn): void {
    this.#local.push(source, turn);
  }

  /** Takes in a bundle of another worker, or one of our own that came back. */
  receive(work: R): void {
    this.#inbox.push(work);
  }

  /** Whether nothing of our own waits here. */
  get empty(): boolean {
    return this.#local.empty;
  }

  /** Whether all that waits here is a little work of our own. */
  get isBrief(): boolean {
    const oldest = this.#local.oldest();
    if (oldest === undefined || !this.#local.oneGroup || this.#inbox.length > 0) return false;
    const { source: { handle }, tasks } = oldest;
    return handle.known && tasks * handle.mean <= LIMITS.ownWorkMs;
  }

  /** Whether all that waits here is one bundle of others, which will be done in a moment. */
  get holdsLittle(): boolean {
    const work = this.#inbox.peek();
    if (work === undefined || this.#inbox.length > 1 || !this.#local.empty) return false;
    return work.expected > 0 && work.expected <= LITTLE;
  }

  /** Whether nothing waits here, of our own or of others. */
  get idle(): boolean {
    return this.#local.empty && this.#inbox.length === 0;
  }

  /** Number of tasks of others that wait here. */
  get received(): number {
    let tasks = 0;
    for (const { count, next } of this.#inbox) tasks += count - next;
    return tasks;
  }

  /** Bundles received since the hello, which credit counts as well. */
  get taken(): number {
    return this.#received;
  }

  /** Another broker counts anew. */
  beginAnew(): void {
    this.#received = 0;
  }

  /** A bundle has arrived; it may still have to wait for its function before {@link receive}. */
  arrived(): void {
    this.#received++;
    // What this worker would take is part of the demand: taken for that of others, it would give back
    // at once what has just been sent for it.
    if (this.demand > 0) this.demand--;
    if (this.idleWorkers > 0) this.idleWorkers--;
  }

  /**
   * What to execute next: our own newest, then what came first. What came is not left behind for
   * ever by work of our own that keeps coming, since somebody may be waiting for just that.
   */
  take(): Work | undefined {
    if (this.#ownTurns >= OWN_TURNS && this.#inbox.length > 0) return this.#takeReceived();
    const own = this.#takeOwn();
    if (own === undefined) return this.#takeReceived();
    this.#ownTurns++;
    return own;
  }

  #takeReceived(): R | undefined {
    this.#ownTurns = 0;
    const work = this.#inbox.shift();
    if (work !== undefined) this.#bundleTime.taken(work);
    return work;
  }

  /** Takes back what {@link take} gave, for later. */
  putBack(work: Work): void {
    if (work.turn === undefined) this.#inbox.unshift(work as Work as R);
    else if (work.next > 0) this.#local.putRest(work as LocalWork & Source, work.turn);
    else this.#local.putBack(work as LocalWork & Source, work.turn);
  }

  /** Everything that has come and nobody executes now: it goes back when this worker closes. */
  returnInbox(): R[] {
    const all = [...this.#inbox];
    this.#inbox = new Deque();
    return all;
  }

  /** Forgets bundles that nobody wants any more. */
  remove(works: readonly R[]): void {
    if (works.length > 0) this.#inbox.filter((work) => !works.includes(work));
  }

  /** Whether anything has come that nobody executes now. */
  get receivedWaits(): boolean {
    return this.#inbox.length > 0;
  }

  /** What has come and nobody executes now. */
  inbox(): Iterable<R> {
    return this.#inbox;
  }

  /** Everything of our own that nobody has begun, as it stands: it is not executed here any more. */
  clearOwn(): Source[] {
    return this.#local.clear();
  }

  #takeOwn(): LocalWork | undefined {
    return this.#local.takeNewest((source) => bundleSize(source, source.remaining, this.size));
  }

  /**
   * Received bundles that others should run instead: they are hungry, and this worker has more than
   * it will get to at once. Who is hungry and has something to do would be given what this worker
   * gets to as soon, and give it back in turn: of the bundles of tasks of 1 ms one in eight went to
   * and fro.
   *
   * @param busy whether a task has the processor, perhaps for long; when none has, the first bundle
   *   stays here, and only those who have nothing to do are given the others.
   */
  surplus(busy: boolean): readonly R[] {
    let wanted = busy ? this.demand : Math.min(this.demand, this.idleWorkers);
    if (wanted === 0 || this.#inbox.length === 0) return NOTHING;
    const leaving: R[] = [];
    let kept = 0;
    let first = !busy;
    this.#inbox.filter((work) => {
      const expected = work.expected || LOW_WATER;
      const stays = work.next > 0 || first || kept + expected <= KEPT_WORK || wanted === 0;
      first = false;
      if (stays) kept += expected;
      else {
        wanted--;
        this.demand--;
        this.idleWorkers = Math.max(0, this.idleWorkers - 1);
        leaving.push(work);
      }
      return stays;
    });
    return leaving;
  }

  /** A bundle given away has come to its end. */
  cameBack(expected: number): void {
    this.#stock.cameBack(expected);
  }

  /**
   * What should leave now.
   *
   * @param held who has the processor; when nobody has, the last bundle stays here.
   */
  give(held: Held, now: number): readonly Leaving[] {
    if (this.size <= 1 && !this.eager) return NOTHING;
    this.#stock.looks(now);
    const leaving = this.#leaving(held);
    this.#stock.looked(!this.#local.empty, now);
    return leaving;
  }

  #leaving(held: Held): readonly Leaving[] {
    let leaving: Leaving[] | undefined;
    const late = held === "perhaps for long" || this.#othersAreFar;
    for (;;) {
      const oldest = this.#local.oldest();
      if (oldest === undefined) break;
      const { source, tasks } = oldest;
      const { handle } = source;
      const each = handle.known ? handle.mean : UNKNOWN;
      const hungry = this.demand > 0;
      const waits = !this.eager && tasks * each <= HIGH_WATER;
      if (!hungry && (waits || this.#stock.isFull(this.size, each, late))) break;
      const size = bundleSize(source, tasks, this.size);
      if (held === "not" && tasks <= size && this.#local.oneGroup) break;
      const work = this.#collect(size);
      if (work === undefined) break;
      if (hungry) this.demand--;
      const expected = each * (work.count - work.next);
      this.#stock.left(expected);
      (leaving ??= []).push({ work, expected });
    }
    return leaving ?? NOTHING;
  }

  /**
   * Bundles this worker would have taken since its hello, if it got all it wants.
   *
   * @param coming bundles that have arrived and wait for their function
   */
  credit(idle: boolean, coming: number): number {
    if (this.roundTrip >= FAR) this.#bundleTime.learnLate();
    return this.#received + this.#wanted(idle, coming);
  }

  /**
   * How many more it would have taken by then, beyond {@link credit}, if there is plenty: so many
   * that the way from the broker is never waited for.
   *
   * @param coming bundles that have arrived and wait for their function
   */
  ahead(coming: number): number {
    if (!this.#asks(coming) || this.roundTrip < FAR) return 0;
    const inAdvance = this.#inAdvance - this.#inbox.length;
    return Math.max(0, inAdvance - this.#wanted(false, coming));
  }

  /** Bundles to have, or to have on their way, while one is executed. */
  get #inAdvance(): number {
    const each = this.#bundleTime.ms || UNKNOWN;
    // What is longer than many round trips would wait here, for little.
    if (each > WORTHWHILE * this.roundTrip) return 0;
    // Nobody is asked while a task computes: that takes as long as one, at worst.
    const most = MOST_CREDIT + Math.ceil(this.roundTrip / LEAST_AHEAD);
    return Math.min(most, 1 + Math.ceil((LOW_WATER + this.roundTrip) / each));
  }

  /** Whether it would take anything. */
  #asks(coming: number): boolean {
    return this.open && !this.stalled && this.#local.empty && coming === 0;
  }

  #wanted(idle: boolean, coming: number): number {
    if (!this.#asks(coming)) return 0;
    const each = this.#bundleTime.ms;
    const { bundles, ms } = this.#waits(idle && each > 0);
    // While a long task runs nothing is fetched beforehand: it would only wait here.
    const ahead = each === 0
      ? 1 - bundles
      : Math.min(MOST_CREDIT - bundles, Math.floor((LOW_WATER - ms) / each));
    const least = idle && this.#inbox.length === 0 ? 1 : 0;
    return Math.max(least, ahead, 0);
  }

  /**
   * What waits behind what is executed.
   *
   * @param begins whether the first is executed next: then it does not wait, unless it may take so
   *   long that nothing is to wait behind it
   */
  #waits(begins: boolean): { bundles: number; ms: number } {
    let [bundles, ms] = [0, 0];
    for (const { expected, count } of this.#inbox) {
      const isShort = expected <= (count > 1 ? 2 * LOW_WATER : LOW_WATER / 2);
      const isFirst = begins && expected > 0 && isShort;
      begins = false;
      if (isFirst) continue;
      bundles++;
      ms += expected || LOW_WATER;
    }
    return { bundles, ms };
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    this.#stock.check();
    for (const work of this.#inbox) {
      if (work.next >= work.count) throw new Error("the inbox has a bundle that is done");
    }
  }

  /** Takes `size` tasks of the oldest turn; tasks spawned one by one are joined. */
  #collect(size: number): LocalWork | undefined {
    const source = this.#local.oldest()?.source;
    const first = this.#local.takeOldest(() => size);
    if (source?.joins === undefined || first as unknown !== source || size === 1) return first;
    const others: Source[] = [];
    while (others.length < size - 1) {
      const next = this.#local.oldest()?.source;
      if (next === undefined || !source.joins(next)) break;
      const taken = this.#local.takeOldest(() => 1);
      if (taken as unknown === next) others.push(next);
      // One that nobody wants any more was passed over; what came behind it may not join.
      else if (taken !== undefined) this.#local.putBack(taken as LocalWork & Source, taken.turn);
    }
    return others.length === 0 ? first : source.join!(others);
  }
}
