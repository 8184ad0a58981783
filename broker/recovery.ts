/**
 * What becomes of the tasks of a lost worker.
 *
 * They are cut into parts of one, and each of these is from then on run alone, on a worker that
 * holds nothing else: if that is lost as well, it is clear which task did it, and no other is
 * blamed. The origin is spared such tasks, since the run ends with it. When no worker becomes free of
 * others for a while, one whose tasks all wait gets a task: they may wait for just that.
 *
 * @module
 */

import { Deque } from "../wire/deque.ts";
import { LIMITS } from "../wire/limits.ts";
import { expect } from "./expect.ts";
import type { Ledger } from "./ledger.ts";
import type { Member, Part } from "./records.ts";
import type { Roster } from "./roster.ts";

/** What a recovery asks of the bundles. */
export interface RecoveryEvents {
  /** A worker has been found for a task. */
  give(part: Part, worker: Member): void;
  /** A task goes to whoever comes first, the origin included. */
  enqueue(part: Part): void;
  /** A part was tried often enough, or nobody is left to try it; it is to leave the ledger. */
  giveUp(part: Part, attempts: number, reason: string, worker: string): void;
}

/** The tasks that have to run alone. */
export class Recovery {
  /** Longest waiting first; those that have left the ledger keep their place until it is reached. */
  #waiting = new Deque<Part>();
  #length = 0;
  /** More waits than when workers were last chosen for it. */
  #grown = false;
  #reserved = new Set<Member>();
  #withoutHelpersSince = -1;
  /** Since when there is nobody on whom something could run alone; -1 while there is, or was just now. */
  #ladenSince = -1;
  /** Whether that will not change by itself: everybody may wait for just what waits here. */
  #isStuck = false;

  /** @param replaces whether lost workers are replaced: then these are waited for */
  constructor(
    private readonly ledger: Ledger,
    private readonly roster: Roster,
    private readonly replaces: boolean,
    private readonly on: RecoveryEvents,
  ) {}

  /** Number of tasks that wait to run alone. */
  get length(): number {
    return this.#length;
  }

  /** A part was lost with a worker: its tasks are tried again one by one, or given up. */
  again(part: Part, reason: string, worker = ""): void {
    const attempt = part.attempt + 1;
    if (attempt > part.bundle.common.retries) return this.on.giveUp(part, attempt, reason, worker);
    part.attempt = attempt;
    this.add(part, reason);
  }

  /** Adds what was lost before, whose attempts are counted already. */
  add(part: Part, because: string): void {
    for (const task of this.ledger.singles(part)) {
      this.ledger.move(task, { kind: "waiting", because });
      this.#waiting.push(task);
      this.#length++;
    }
    this.#grown = true;
  }

  /** A task that waited is done, since nobody wants it any more. */
  leave(): void {
    this.#length--;
    if (this.#length === 0) this.#release();
  }

  /** Gives what waits to workers that have nothing else. */
  serve(): void {
    if (this.#grown) this.#choose();
    while (this.#length > 0) {
      const alone = this.roster.unladen();
      const worker = alone ?? (this.#isStuck ? this.roster.ladenIdle() : undefined);
      if (worker === undefined) return;
      if (alone !== undefined) this.#freed();
      this.on.give(this.#shift()!, worker);
    }
  }

  /** There is, or was just now, somebody on whom something can run alone. */
  #freed(): void {
    this.#withoutHelpersSince = -1;
    this.#isStuck = false;
    this.#ladenSince = -1;
  }

  /** Whether there is, or was a moment ago, anybody here for these tasks. */
  get #hasHelpers(): boolean {
    return this.roster.size > (this.roster.origin === undefined ? 0 : 1);
  }

  /** Number of tasks that other brokers may have: here is nobody for them but the origin. */
  get lendable(): number {
    return this.#hasHelpers ? 0 : this.#length;
  }

  /** Takes a task that another broker may have. What was borrowed is not lent on. */
  lend(): Part | undefined {
    for (let left = this.lendable; left > 0; left--) {
      const part = this.#shift()!;
      if (part.bundle.via === undefined) return part;
      this.#waiting.push(part);
      this.#length++;
    }
    return undefined;
  }

  /** Time has passed: others may be the ones that have least to do. */
  tick(now: number): void {
    if (this.#length === 0) return;
    if (this.#ladenSince < 0) this.#ladenSince = now;
    this.#isStuck = now - this.#ladenSince >= LIMITS.aloneSoonMs;
    this.#choose();
    this.serve();
    if (this.#length > 0) this.#countOnOrigin(now);
  }

  #shift(): Part | undefined {
    for (let part = this.#waiting.shift(); part !== undefined; part = this.#waiting.shift()) {
      if (part.state.kind !== "waiting") continue;
      this.leave();
      return part;
    }
    return undefined;
  }

  /** Keeps workers free for what waits: those that will be so soonest, and half of all at most. */
  #choose(): void {
    this.#grown = false;
    const helpers = [...this.roster].filter(({ origin }) => !origin);
    helpers.sort((a, b) => a.held.size - b.held.size);
    const wanted = Math.min(this.#length, Math.ceil(helpers.length / 2));
    const chosen = new Set(helpers.slice(0, wanted));
    for (const worker of this.#reserved) {
      if (!chosen.has(worker) && this.roster.has(worker)) this.roster.reserve(worker, false);
    }
    for (const worker of chosen) this.roster.reserve(worker, true);
    this.#reserved = chosen;
  }

  #release(): void {
    this.#freed();
    for (const worker of this.#reserved) {
      if (this.roster.has(worker)) this.roster.reserve(worker, false);
    }
    this.#reserved.clear();
  }

  /**
   * When nobody but the origin is left, and nobody is to come, or nobody does, it gets what was lost
   * once; the rest is given up. A host may be gone for good, and the run must not wait for it without
   * end.
   */
  #countOnOrigin(now: number): void {
    const patienceMs = this.replaces ? LIMITS.aloneReplacedMs : LIMITS.aloneAfterMs;
    if (this.#hasHelpers) this.#withoutHelpersSince = -1;
    else if (this.#withoutHelpersSince < 0) this.#withoutHelpersSince = now;
    else if (now - this.#withoutHelpersSince >= patienceMs) {
      for (let part = this.#shift(); part !== undefined; part = this.#shift()) {
        const { attempt, state } = part;
        if (attempt === 1) this.on.enqueue(part);
        else {
          const because = state.kind === "waiting" ? state.because : "";
          this.on.giveUp(part, attempt, `${because}, and no other is left`, "");
        }
      }
    }
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    const waiting = [...this.#waiting].filter(({ state }) => state.kind === "waiting");
    expect(waiting.length === this.#length, `${waiting.length} wait, ${this.#length} counted`);
    const all = this.ledger.loose().filter(({ state }) => state.kind === "waiting");
    expect(all.length === this.#length, `${all.length} in the ledger wait, ${this.#length} here`);
    for (const member of this.roster) {
      expect(!member.reserved || this.#reserved.has(member), `${member.name} is reserved for ever`);
    }
    expect(this.#length > 0 || this.#reserved.size === 0, "workers are reserved for nothing");
  }
}
