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

import { LIMITS } from "../wire/limits.ts";
import { isNumbered, PROTOCOL } from "../wire/messages.ts";
import type { Load, Message, Numbered, Peer, ResultMessage } from "../wire/messages.ts";
import { Session } from "../wire/session.ts";
import { expect } from "./expect.ts";
import { Roster } from "./roster.ts";

/** How it stands with a broker from which this one would borrow. */
type Standing =
  /** We have introduced ourselves; it has not answered, and there is nothing that could be lost. */
  | { readonly kind: "greeting"; readonly since: number }
  | { readonly kind: "serving" }
  /** The connection broke; we have introduced ourselves again, and it has not answered. */
  | { readonly kind: "broken"; readonly since: number }
  /** It did not know us, or did not want us. */
  | { readonly kind: "refused"; readonly again: number };

/** A broker from which this one would borrow. */
interface Lender {
  /** The connection to it. */
  readonly link: string;
  session: Session;
  standing: Standing;
  /** It has not taken us in yet, in this session. */
  isNew: boolean;
  /** What it last said of itself; undefined until it has, and when it is lost. */
  load: Load | undefined;
  /** When it last said something. */
  heardAt: number;
  /** When we last introduced ourselves. */
  introducedAt: number;
  /** When it was last told where the session stands. */
  syncedAt: number;
  /** Bundles it may have sent, counted from the session's beginning. */
  granted: number;
  /** Bundles it has sent. */
  received: number;
}

/** What peers need of the dispatcher. */
export interface PeerEvents {
  /** Sends a message over a connection to a lender. */
  tell(link: string, message: Message, number: number): void;
  /**
   * A lender is lost, or has forgotten us: what was borrowed from it is of no use to it. What was
   * `untold` of outcomes may never have come.
   */
  lenderLost(link: string, untold: ResultMessage[], now: number): void;
  /** A lender has taken us in, and knows of nothing that we had of it before. */
  lenderBack(link: string, now: number): void;
  /** The broker that has the origin is lost. */
  homeLost(): void;
  /** The broker that has the origin has forgotten us, and takes us in anew. */
  homeAgain(): void;
}

/** Milliseconds of work to have in stock beyond what workers ask for: more than a round trip takes. */
const STOCK_MS = 250;
/** Milliseconds over which the rate of work is averaged. */
const RATE_WINDOW_MS = 1_000;
/** The most that a broker is believed to have of anything. */
const MOST = 1_000_000;

/** See the module's text. */
export class Peers {
  /** Those that would borrow from this broker. */
  readonly borrowers = new Roster();
  /** What waits until it is known who has the origin. */
  #forHome: Message[] = [];
  #lenders = new Map<string, Lender>();
  /** Bundles given to own workers since the last look, and their running rate per millisecond. */
  #given = 0;
  #rate = 0;
  #lookedAt = 0;
  #gaveAt = -Infinity;

  constructor(
    private readonly self: Pick<Peer, "name" | "key">,
    private readonly newSession: () => string,
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

  /** Workers of other brokers that have nothing to do. */
  get idle(): number {
    return this.#sum((load) => load.idleHere);
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

  /** Sends something to the broker that has the origin, as soon as that is known. */
  toHome(message: Message): void {
    this.#forHome.push(message);
    this.sendHome();
  }

  /** It may be known now. */
  sendHome(): undefined {
    const { home } = this;
    if (home !== undefined) { for (const one of this.#forHome.splice(0)) this.tell(home, one); }
  }

  /** A broker to borrow from, reached over a connection called `link`. */
  add(link: string, now: number): void {
    if (this.#lenders.has(link)) return;
    const lender: Lender = {
      ...{ link, session: new Session(this.newSession()), load: undefined },
      standing: { kind: "greeting", since: now },
      isNew: true,
      ...{ heardAt: now, introducedAt: now, syncedAt: now, granted: 0, received: 0 },
    };
    this.#lenders.set(link, lender);
    this.#introduce(lender, now);
  }

  /** A broker over whose connection nothing will come any more. */
  remove(link: string, now: number): void {
    const lender = this.#lenders.get(link);
    if (lender === undefined) return;
    this.#lenders.delete(link);
    this.on.lenderLost(link, untoldOf(lender), now);
  }

  /** Whether the run's end may be told over a connection: by the origin's broker, if that is known. */
  mayEnd(link: string): boolean {
    return this.home === undefined || this.home === link;
  }

  /** Sends a message to a lender, now or when it is there again. */
  tell(link: string, message: Message): void {
    const lender = this.#lenders.get(link);
    if (lender === undefined) return;
    const number = lender.session.number(message);
    if (lender.standing.kind === "serving") this.on.tell(link, message, number);
  }

  /** Our connection to a lender broke. */
  broken(link: string, now: number): void {
    const lender = this.#lenders.get(link);
    if (lender === undefined) return;
    const { kind } = lender.standing;
    if (kind === "refused") return;
    if (kind === "serving") lender.standing = { kind: "broken", since: now };
    this.#introduce(lender, now);
  }

  /**
   * A message has come from a lender: what belongs to sessions is seen to.
   *
   * @returns whether there is more to it than that
   */
  arrive(link: string, numbered: Numbered, now: number): boolean {
    const lender = this.#lenders.get(link);
    if (lender === undefined) return false;
    lender.heardAt = now;
    const { message } = numbered;
    switch (message.type) {
      case "load":
        this.#heard(lender, message, now);
        return true;
      case "peerWelcome":
        this.#welcomed(lender, message.received, now);
        return false;
      case "sync":
        if (lender.standing.kind === "serving") this.#synced(lender, message, now);
        return false;
      case "refuse":
        if (lender.standing.kind === "refused") return false;
        this.#beginAnew(lender, now);
        return true;
    }
    if (!isNumbered(message)) return true;
    // What was under way when the connection broke comes again once we have agreed on it.
    if (lender.standing.kind !== "serving") return false;
    const arrival = lender.session.arrive(numbered);
    if (arrival === "gap") this.#introduceAgain(lender, now);
    if (arrival !== "new") return false;
    if (lender.session.isSyncDue) this.#sync(lender, now);
    if (message.type === "bundle") lender.received++;
    return true;
  }

  /** What a lender says of itself on its meta socket. */
  #heard(lender: Lender, load: Load, now: number): void {
    const most = (count: number) => Math.min(count, MOST);
    const { queued, demand, size, free, idleHere, workers } = load;
    lender.load = {
      ...load,
      ...{ queued: most(queued), demand: most(demand), size: most(size), free: most(free) },
      ...{ idleHere: most(idleHere), workers: most(workers) },
    };
    // It is there, and our introduction was lost on the way: not every connection tells that it broke.
    const { kind } = lender.standing;
    if (kind === "greeting" || kind === "broken") this.#introduceAgain(lender, now);
  }

  #welcomed(lender: Lender, received: number, now: number): void {
    const { session, standing, link } = lender;
    if (standing.kind === "refused") return;
    if (!session.acknowledge(received)) return this.#beginAnew(lender, now);
    lender.standing = { kind: "serving" };
    for (const { message, number } of session.unacknowledged()) {
      this.on.tell(link, message, number);
    }
    if (lender.isNew) this.on.lenderBack(link, now);
    lender.isNew = false;
  }

  #synced(lender: Lender, { received, sent }: { received: number; sent: number }, now: number) {
    if (!lender.session.acknowledge(received)) this.#beginAnew(lender, now);
    else if (lender.session.misses(sent)) this.#introduceAgain(lender, now);
  }

  #sync(lender: Lender, now: number): void {
    lender.syncedAt = now;
    this.on.tell(lender.link, lender.session.sync(), 0);
  }

  /** A lender has forgotten us. */
  #beginAnew(lender: Lender, now: number): void {
    this.#endSession(lender, now);
    lender.standing = { kind: "refused", again: now + LIMITS.introduceMs };
  }

  /** A lender is not there any more. Should it be back, it has given us up as well, or does so then. */
  #lost(lender: Lender, now: number): void {
    const home = lender.load?.home ?? false;
    lender.load = undefined;
    lender.standing = { kind: "greeting", since: now };
    lender.heardAt = now;
    this.#endSession(lender, now);
    if (home) this.on.homeLost();
  }

  #endSession(lender: Lender, now: number): void {
    this.on.lenderLost(lender.link, untoldOf(lender), now);
    lender.session = new Session(this.newSession());
    lender.granted = lender.received = 0;
    lender.isNew = true;
  }

  /** Whether own workers have taken nothing for so long that a stock is no use to them. */
  get isIdle(): boolean {
    return this.#given === 0 && this.#lookedAt - this.#gaveAt >= LIMITS.keptMs;
  }

  /** A bundle was given to a worker of our own. */
  gave(): void {
    this.#given++;
  }

  /** Time has passed. */
  tick(now: number): void {
    this.#measure(now);
    for (const lender of this.#lenders.values()) {
      const { standing } = lender;
      const silent = lender.load !== undefined && now - lender.heardAt >= LIMITS.silenceMs;
      switch (standing.kind) {
        case "serving":
          if (silent) {
            this.#lost(lender, now);
            this.#introduce(lender, now);
          } else if (now - lender.syncedAt >= LIMITS.syncMs) this.#sync(lender, now);
          break;
        case "broken":
          if (now - standing.since >= LIMITS.brokerGraceMs) this.#lost(lender, now);
          break;
        case "refused":
          if (now < standing.again) break;
          lender.standing = { kind: "greeting", since: now };
          this.#introduce(lender, now);
          if (this.home === lender.link) this.on.homeAgain();
          break;
        case "greeting":
          if (silent) this.#lost(lender, now);
      }
    }
  }

  #measure(now: number): void {
    const passed = now - this.#lookedAt;
    this.#lookedAt = now;
    const share = Math.min(1, passed / RATE_WINDOW_MS);
    if (passed > 0) this.#rate += (this.#given / passed - this.#rate) * share;
    if (this.#given > 0) this.#gaveAt = now;
    this.#given = 0;
  }

  /**
   * Grants credit to those that have something to lend, in proportion: for what own workers would
   * take at once, and for a stock that covers the way, one bundle for each worker or what they get
   * through meanwhile, but not more than a fair share of all there is, and nothing while they take
   * nothing. As long as nobody has anything, each gets a part of it in advance, so that the first
   * bundles come without being asked for.
   *
   * @param free bundles that own workers would take at once
   * @param queued bundles that wait for them already
   * @param workers own workers
   */
  borrow(free: number, queued: number, workers: number): void {
    if (this.#lenders.size === 0) return;
    const offered = this.#sum((load) => load.queued);
    const fair = (offered + queued) * workers / Math.max(1, workers + this.workers);
    const most = free === 0 && this.isIdle ? 0 : fair;
    const stock = Math.min(Math.max(workers, Math.ceil(this.#rate * STOCK_MS)), most);
    const wanted = Math.max(0, Math.ceil(free + stock) - queued);
    for (const lender of this.#lenders.values()) {
      if (lender.load === undefined || lender.standing.kind !== "serving") continue;
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
    this.tell(lender.link, { type: "credit", bundles: lender.granted, ahead: 0, idle: false });
  }

  /** Introduces us, unless that was done just now. */
  #introduceAgain(lender: Lender, now: number): void {
    if (now - lender.introducedAt >= LIMITS.introduceMs) this.#introduce(lender, now);
  }

  #introduce(lender: Lender, now: number): void {
    lender.introducedAt = now;
    const { id: session, received } = lender.session;
    const peer: Message = { type: "peer", protocol: PROTOCOL, ...this.self, session, received };
    this.on.tell(lender.link, peer, 0);
  }

  #sum(of: (load: Load) => number): number {
    let sum = 0;
    for (const { load } of this.#lenders.values()) if (load !== undefined) sum += of(load);
    return sum;
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    this.borrowers.check();
    for (const { session, granted, link } of this.#lenders.values()) {
      session.check();
      expect(granted >= 0, `a credit of ${granted} for ${link}`);
    }
  }
}

/** Outcomes that a lender may not have. */
function untoldOf({ session }: Lender): ResultMessage[] {
  return [...session.unacknowledged()].flatMap(({ message }) =>
    message.type === "result" ? [message] : []
  );
}
