/**
 * The other brokers of a federation.
 *
 * To each other, brokers are much like workers: one that has idle workers grants credit to those
 * that have something queued, gets bundles for it, and sends the results back. So every pair of
 * brokers has two connections, one for each direction of lending. What was borrowed is not lent on:
 * every bundle is at most one step from home.
 *
 * @module
 */

import { PROTOCOL } from "../wire/messages.ts";
import type { Load, Message, Peer } from "../wire/messages.ts";
import { Roster } from "./roster.ts";

/** A broker from which this one would borrow. */
interface Lender {
  /** The connection to it. */
  readonly link: string;
  /** What it last said of itself; undefined until it has, and when it is lost. */
  load: Load | undefined;
  /** When it last said something. */
  heardAt: number;
  /** When to introduce ourselves again, because it did not know us. */
  introduceAt: number;
  /** Bundles it may have sent, counted from our introduction. */
  granted: number;
  /** Bundles it has sent. */
  received: number;
}

/** What peers need of the dispatcher. */
export interface PeerEvents {
  /** Sends a message over a connection to a lender. */
  tell(link: string, message: Message): void;
  /** A lender is lost: nobody waits for what was borrowed from it. */
  lenderLost(link: string): void;
  /** The broker that has the origin is lost. */
  homeLost(): void;
  /** We have introduced ourselves to the broker that has the origin again. */
  homeAgain(): void;
}

/** Milliseconds without a word after which a lender counts as lost. */
const SILENCE = 3_500;
/** Milliseconds after which a broker that was not known introduces itself again. */
const AGAIN = 1_000;
/** Milliseconds between two looks beyond which nothing can be said of the silence of others. */
const MOST_PAUSE = 1_000;
/** Milliseconds of work to have in stock beyond what workers ask for: more than a round trip takes. */
const STOCK_TIME = 250;
/** Milliseconds over which the rate of work is averaged. */
const RATE_WINDOW = 1_000;

/** See the module's text. */
export class Peers {
  /** Those that would borrow from this broker, as a roster of workers. */
  readonly borrowers = new Roster();
  #lenders = new Map<string, Lender>();
  /** Bundles given to own workers since the last look, and their running rate per millisecond. */
  #given = 0;
  #rate = 0;
  #lookedAt = 0;
  #saidAt = 0;

  constructor(
    private readonly self: Omit<Peer, "type" | "protocol">,
    private readonly on: PeerEvents,
  ) {}

  /** Whether there is any other broker. */
  get any(): boolean {
    return this.#lenders.size > 0 || this.borrowers.size > 0;
  }

  /** Bundles that workers of other brokers would take at once. */
  get free(): number {
    return this.#sum((load) => load.free);
  }

  /** Workers of other brokers. */
  get workers(): number {
    return this.#sum((load) => load.workers);
  }

  /** The connection to the broker that has the origin, once that is known. */
  get home(): string | undefined {
    for (const { link, load } of this.#lenders.values()) if (load?.home) return link;
    return undefined;
  }

  /** A broker to borrow from, reached over a connection called `link`. */
  add(link: string, now: number): void {
    if (this.#lenders.has(link)) return;
    const lender: Lender = {
      link,
      load: undefined,
      heardAt: now,
      introduceAt: Infinity,
      granted: 0,
      received: 0,
    };
    this.#lenders.set(link, lender);
    this.#introduce(lender);
  }

  /** A broker over whose connection nothing will come any more. */
  remove(link: string): void {
    if (!this.#lenders.delete(link)) return;
    this.on.lenderLost(link);
  }

  /** Whether the run's end may be told over a connection: by the origin's broker, if that is known. */
  mayEnd(link: string): boolean {
    return this.home === undefined || this.home === link;
  }

  /** What a lender says of itself on its meta socket. */
  heard(link: string, load: Load, now: number): void {
    const lender = this.#lenders.get(link);
    if (lender === undefined) return;
    lender.heardAt = now;
    lender.load = load;
  }

  /** A lender does not know us, or not any more. */
  refused(link: string, now: number): void {
    const lender = this.#lenders.get(link);
    if (lender === undefined || lender.introduceAt < Infinity) return;
    this.on.lenderLost(link);
    lender.introduceAt = now + AGAIN;
  }

  /** A bundle has come from a lender. */
  received(link: string): void {
    const lender = this.#lenders.get(link);
    if (lender !== undefined) lender.received++;
  }

  /** A bundle was given to a worker of our own. */
  gave(): void {
    this.#given++;
  }

  /** Time has passed. */
  tick(now: number): void {
    const passed = now - this.#lookedAt;
    this.#lookedAt = now;
    const share = Math.min(1, passed / RATE_WINDOW);
    if (passed > 0) this.#rate += (this.#given / passed - this.#rate) * share;
    this.#given = 0;
    // Who could not look for a while cannot say who was silent.
    const awake = passed < MOST_PAUSE;
    for (const lender of this.#lenders.values()) {
      if (now >= lender.introduceAt) this.#introduce(lender);
      if (!awake) lender.heardAt = now;
      if (lender.load === undefined || now - lender.heardAt < SILENCE) continue;
      const { home } = lender.load;
      lender.load = undefined;
      this.on.lenderLost(lender.link);
      if (home) this.on.homeLost();
      // It may only have been out of reach; if it has died nobody reads this.
      this.#introduce(lender);
    }
    if (now - this.#saidAt < AGAIN) return;
    this.#saidAt = now;
    // Nothing new for those who know us; those who have forgotten us say so.
    for (const lender of this.#lenders.values()) {
      if (lender.load !== undefined) this.#sayCredit(lender);
    }
  }

  /**
   * Grants credit to those that have something to lend, in proportion: for what own workers would
   * take at once, and for a stock that covers the way, one bundle for each worker or what they get
   * through meanwhile, but not more than a fair share of all there is. As long as nobody has
   * anything, each gets a part of it in advance, so that the first bundles come without being asked
   * for.
   *
   * @param free bundles that own workers would take at once
   * @param queued bundles that wait for them already
   * @param workers own workers
   */
  borrow(free: number, queued: number, workers: number): void {
    if (this.#lenders.size === 0) return;
    const offered = this.#sum((load) => load.queued);
    const fair = (offered + queued) * workers / Math.max(1, workers + this.workers);
    const stock = Math.min(Math.max(workers, Math.ceil(this.#rate * STOCK_TIME)), fair);
    const wanted = Math.max(0, Math.ceil(free + stock) - queued);
    for (const lender of this.#lenders.values()) {
      if (lender.load === undefined) continue;
      const share = offered > 0
        ? wanted * lender.load.queued / offered
        : Math.min(free, wanted) / this.#lenders.size;
      this.#grant(lender, Math.ceil(share));
    }
  }

  /** Sees to it that a lender may send so many bundles; small differences are let pass. */
  #grant(lender: Lender, wanted: number): void {
    const open = lender.granted - lender.received;
    if (open === wanted || (open > 0 && open >= wanted / 2 && open <= 2 * wanted)) return;
    lender.granted = lender.received + wanted;
    this.#sayCredit(lender);
  }

  #sayCredit({ link, granted }: Lender): void {
    this.on.tell(link, { type: "credit", bundles: granted, idle: false });
  }

  #introduce(lender: Lender): void {
    lender.granted = lender.received = 0;
    lender.introduceAt = Infinity;
    this.on.tell(lender.link, { type: "peer", protocol: PROTOCOL, ...this.self });
    if (this.home === lender.link) this.on.homeAgain();
  }

  #sum(of: (load: Load) => number): number {
    let sum = 0;
    for (const { load } of this.#lenders.values()) if (load !== undefined) sum += of(load);
    return sum;
  }
}
