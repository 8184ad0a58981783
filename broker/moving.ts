/**
 * What becomes of tasks whose broker was lost.
 *
 * Their owner comes to this broker and brings what has no outcome yet; workers come and say what
 * they have of it; in whatever order, and perhaps late, since who computes does not notice. What
 * the owner has brought is `awaited` until somebody claims it, or for some time; then it is given
 * out anew. What nobody has brought yet is kept as a claim. A task may so be begun twice, unless it
 * is one that may not; its owner gets one outcome.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import { stretchesOf } from "../wire/stretches.ts";
import type { Hold, Moved, ResultMessage, Started } from "../wire/messages.ts";
import { Claims } from "./claims.ts";
import type { Borrowed, Claim } from "./claims.ts";
import { someOf } from "./failure.ts";
import type { Places, PlacesEvents } from "./places.ts";
import { cutPayload, payloadOf } from "./payloads.ts";
import { headerOf, holderOf, overlap, stretchOf, unwantedOf } from "./records.ts";
import type { Bundle, Member, Part, Stretch } from "./records.ts";
import type { Roster } from "./roster.ts";

/** What moving needs of the bundles. */
export interface MovingEvents extends PlacesEvents {
  warn(text: string): void;
  started(from: Member, message: Started, now: number): void;
  /** Somebody has a task that its owner does not want. */
  unwanted(holder: Member, part: Part, index: number, now: number): void;
}

/** Borrowers that may be lost with a part before its tasks are suspected. */
const MOST_LENT = 3;

/** Why a task is given out again. */
const NOT_BACK = "its broker was lost, and whoever had it did not come back";

/** See the module's text. */
export class Moving {
  readonly claims = new Claims();
  /** Whether anything may be awaited. */
  #awaits = false;
  #lookedAt = -Infinity;

  constructor(
    private readonly places: Places,
    private readonly workers: Roster,
    private readonly on: MovingEvents,
  ) {}

  /** Takes in what those say who come. @returns what is wrong with it, if something is */
  hear(from: Member, message: Moved | Hold, now: number): string | undefined {
    if (message.type === "moved") return this.#moved(from, message, now);
    return void this.#hold(from, message, now);
  }

  /** An owner brings a bundle. @returns what is wrong with it, if something is */
  #moved(from: Member, { bundle, payload }: Moved, now: number): string | undefined {
    if (bundle.owner !== from.name) return "brings a bundle of somebody else";
    const { ledger } = this.places;
    // What was borrowed from the broker that was lost: it is here, its owner too.
    const known = ledger.partsOf(bundle.owner, bundle.id);
    this.#release(known.filter(({ bundle: { via } }) => via !== undefined), now, () => undefined);
    const { begun, ...header } = bundle;
    const part = ledger.enter(header, payload);
    if (part === undefined) return "brings a bundle that is known already";
    this.await(part, begun, now);
    const { claims, results } = this.claims.take(bundle);
    for (const { message } of results) this.#settle(message);
    for (const claim of claims) this.#claimed(claim, now);
    return undefined;
  }

  /**
   * A part is kept for whoever has it.
   *
   * @param begun tasks that are known to have begun
   */
  await(part: Part, begun: Iterable<number>, now: number): void {
    const { ledger } = this.places;
    const once = part.bundle.common.retries === 0;
    this.#awaits = true;
    const end = part.base + part.count;
    ledger.move(part, { kind: "awaited", begun: false, until: now + LIMITS.claimMs });
    const until = now + (once ? LIMITS.claimOnceMs : LIMITS.claimBegunMs);
    for (const index of begun) {
      if (index < part.base || index >= end) continue;
      const [at] = ledger.overlapping({ ...stretchOf(part), base: index, count: 1 });
      if (at?.state.kind !== "awaited") continue;
      ledger.move(ledger.cut(at, index, 1), { kind: "awaited", begun: true, until });
    }
  }

  /** A worker has something. */
  #hold(from: Member, hold: Hold, now: number): void {
    const { owner, id, base, count } = hold;
    const until = now + LIMITS.unclaimedMs;
    this.#claimed({ owner, id, base, count, by: from, until, begun: [] }, now);
  }

  /** Gives a worker what it has, as far as that is awaited; the rest stays a claim. */
  #claimed(claim: Claim, now: number): void {
    this.claims.add(claim);
    const { by } = claim;
    for (const part of this.places.ledger.overlapping(claim)) {
      if (!this.#isFor(by, part)) continue;
      const piece = this.#take(part, claim, by, false, now);
      this.claims.remove(by, stretchOf(piece));
      const { owner, id } = claim;
      for (const begun of claim.begun) {
        const { base, count } = overlap(piece, begun.base, begun.count);
        if (count > 0) this.on.started(by, { type: "started", owner, id, base, count }, now);
      }
    }
  }

  /** Whether somebody who has a part is to have it. */
  #isFor(by: Member, { state: { kind }, bundle: { via } }: Part): boolean {
    // What was borrowed is not lent on.
    if (!this.workers.has(by) && via !== undefined) return false;
    switch (kind) {
      case "awaited":
      case "queued":
        return true;
      case "lent":
        // Its worker has left the borrower, and come here.
        return this.workers.has(by);
      case "waiting":
      case "held":
      case "trial":
      case "done":
        return false;
    }
  }

  /** Whether somebody who is not known to have a part may have done it. */
  #isBelieved(from: Member, part: Part): boolean {
    // Of a worker, what is queued may have been taken from it for a reason.
    return this.#isFor(from, part) && !(part.state.kind === "queued" && this.workers.has(from));
  }

  /**
   * What is common to a part and a stretch is with a worker now.
   *
   * @param isDone whether its outcomes are there
   */
  #take(part: Part, stretch: Stretch, by: Member, isDone: boolean, now: number): Part {
    const both = overlap(part, stretch.base, stretch.count);
    const piece = this.places.takeOut(part, both, isDone);
    this.places.ledger.move(piece, { kind: this.workers.has(by) ? "held" : "lent", by });
    for (const index of unwantedOf(piece)) this.on.unwanted(by, piece, index, now);
    this.places.rosterOf(by).refresh(by);
    return piece;
  }

  /**
   * Outcomes have come from somebody who is not known to have all of it: what is awaited, or
   * claimed and was given to somebody else meanwhile, is taken for what it has. What nobody knows
   * of is kept, if it may be asked for.
   *
   * @returns whether it was kept
   */
  settles(from: Member, message: ResultMessage, now: number): boolean {
    const { result } = message;
    const claimed = this.claims.of(from, result);
    let known = 0;
    for (const part of this.places.ledger.overlapping(result)) {
      if (holderOf(part) === from) known += overlap(part, result.base, result.count).count;
      else if (this.#isBelieved(from, part)) {
        known += this.#take(part, result, from, true, now).count;
      } else {
        for (const claim of claimed) {
          const { base, count } = overlap(part, claim.base, claim.count);
          const both = overlap({ ...part, base, count }, result.base, result.count);
          if (count <= 0 || both.count <= 0) continue;
          known += this.#take(part, { ...stretchOf(part), ...both }, from, true, now).count;
          break;
        }
      }
    }
    if (!this.claims.empty) this.claims.remove(from, result);
    // Its owner may come, as whoever has done it has come.
    const isNew = now - from.since < LIMITS.unclaimedMs && this.workers.has(from);
    const expected = isNew && this.workers.named(result.owner) === undefined;
    if (known > 0 || (claimed.length === 0 && !expected)) return false;
    this.claims.keep({ message, until: now + LIMITS.unclaimedMs });
    return true;
  }

  /** Outcomes that a broker should have had which is lost: somebody may ask for them, or has. */
  keep(results: readonly ResultMessage[], now: number): void {
    for (const message of results) {
      if (!this.#settle(message)) this.claims.keep({ message, until: now + LIMITS.unclaimedMs });
    }
  }

  /** Outcomes that have come before somebody asked for them; whether anybody has. */
  #settle(message: ResultMessage): boolean {
    const { base, count } = message.result;
    let asked = false;
    for (const part of this.places.ledger.overlapping(message.result)) {
      if (part.state.kind !== "awaited") continue;
      asked = true;
      const at = overlap(part, base, count);
      this.places.toOwner(part.bundle, someOf(message, part, at.base, at.count));
      this.places.ledger.remove(this.places.ledger.cut(part, at.base, at.count));
    }
    return asked;
  }

  /** A borrower is gone: its workers may come, with what it had. The rest goes to others. */
  borrowerGone(borrower: Member, now: number): void {
    this.claims.forget(borrower);
    const begun = new Map<Bundle, number[]>();
    for (const bundle of borrower.begun.bundles()) {
      begun.set(bundle, [...borrower.begun.of(bundle).keys()]);
    }
    for (const part of [...borrower.held].reverse()) {
      const reason = `${borrower.name} was lost`;
      // Its tasks are hardly to blame; but no bundle is lent for ever.
      if (part.lent > MOST_LENT) this.places.recovery.again(part, reason);
      else this.await(part, begun.get(part.bundle) ?? [], now);
    }
  }

  /**
   * A lender is lost. Those who wait for what was borrowed from it may come here; or it is back.
   *
   * @param untold outcomes that it may not have had
   */
  lenderLost(link: string, untold: ResultMessage[], now: number): void {
    const borrowed = this.places.ledger.borrowed(link);
    this.keep(untold, now);
    if (borrowed.length === 0) return;
    this.on.warn(`another broker is lost; ${borrowed.length} bundles of it are here`);
    this.#release(borrowed, now, (part) => borrowedOf(part, link));
  }

  /** A lender is back: it is told what own workers have of it, and what they have done of it. */
  lenderBack(link: string, now: number): void {
    for (const claim of this.claims.takeBorrowed(link)) this.#borrowAgain(claim, now);
    for (const message of this.claims.kept()) this.on.tell(link, message);
  }

  #borrowAgain({ owner, id, base, count, by, begun, borrowed }: Claim, now: number): void {
    const { link, header, payload } = borrowed!;
    const { ledger } = this.places;
    const some = cutPayload(payload, header.count, base - header.base, count);
    const part = some && ledger.enter({ ...header, base, count }, some, link);
    // Its owner has come, and brought it.
    if (part === undefined) return;
    ledger.move(part, { kind: "held", by });
    this.on.tell(link, { type: "hold", owner, id, base, count });
    for (const one of begun) this.on.started(by, { type: "started", owner, id, ...one }, now);
    this.places.rosterOf(by).refresh(by);
  }

  /** Nobody waits here for parts that workers have: who waits may come. */
  #release(
    parts: readonly Part[],
    now: number,
    borrowed: (part: Part) => Borrowed | undefined,
  ): void {
    const until = now + LIMITS.unclaimedMs;
    for (const part of parts) {
      const by = holderOf(part);
      const stretch = stretchOf(part);
      const end = part.base + part.count;
      const begun = [...by?.begun.of(part.bundle).keys() ?? []].filter((index) =>
        index >= part.base && index < end
      );
      const known = by && borrowed(part);
      this.places.drop(part);
      if (by === undefined || !this.places.rosterOf(by).has(by)) continue;
      this.claims.add({ ...stretch, by, until, begun: stretchesOf(begun), borrowed: known });
    }
  }

  /** Time has passed: what was awaited, or claimed, in vain. */
  tick(now: number): void {
    if (now - this.#lookedAt < LIMITS.awaitedLookMs) return;
    this.#lookedAt = now;
    if (!this.claims.empty) this.#expire(now);
    if (!this.#awaits) return;
    this.#awaits = false;
    for (const part of this.places.ledger.loose().reverse()) {
      const { state } = part;
      if (state.kind !== "awaited") continue;
      if (state.until > now) this.#awaits = true;
      else if (state.begun) this.places.recovery.again(part, NOT_BACK);
      else this.places.again(part);
    }
  }

  /** Nobody has asked for what workers have: they are to forget it. */
  #expire(now: number): void {
    for (const { by, owner, id } of this.claims.expire(now)) {
      // With it goes what else they have of the same bundle: it is given out anew.
      const all = { owner, id, base: 0, count: Infinity };
      const held = this.places.heldBy(by, all);
      this.on.send(by, { type: "forget", owner, id });
      by.withheldUntil = by.session.sent;
      for (const part of held.reverse()) this.places.again(part);
      this.claims.remove(by, { ...all, count: Number.MAX_SAFE_INTEGER });
      this.places.rosterOf(by).refresh(by);
    }
  }
}

/** How a part was borrowed; undefined when it could not be cut out of what it came in. */
function borrowedOf(part: Part, link: string): Borrowed | undefined {
  try {
    return { link, header: headerOf(part), payload: payloadOf(part) };
  } catch {
    return undefined;
  }
}
