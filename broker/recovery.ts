/**
 * What becomes of the tasks of a lost worker.
 *
 * They are cut into bundles of one, and each of these is from then on run alone, on a worker that
 * holds nothing else: if that is lost as well, it is clear which task did it, and no other is
 * blamed. The origin is spared such tasks, since the run ends with it.
 *
 * @module
 */

import { splitArray } from "../wire/split.ts";
import type { Entry, Ledger } from "./ledger.ts";
import type { Roster, Worker } from "./roster.ts";

/** What a recovery asks of the dispatcher. */
export interface RecoveryEvents {
  /** A worker has been found for a task. */
  give(entry: Entry, worker: Worker): void;
  /** A task goes to whoever comes first, the origin included. */
  enqueue(entry: Entry): void;
  /** A task was tried often enough; it has left the ledger. */
  giveUp(entry: Entry, attempts: number, reason: string): void;
}

/** Milliseconds without any worker but the origin after which it gets what was lost once. */
const ALONE_AFTER = 10_000;

/** See the module's text. */
export class Recovery {
  /** What has to run alone, longest waiting first. */
  #waiting: Entry[] = [];
  #withoutHelpersSince = -1;

  constructor(
    private readonly ledger: Ledger,
    private readonly roster: Roster,
    private readonly events: RecoveryEvents,
  ) {}

  /** Number of tasks that wait to run alone. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Adds a task that was lost before, elsewhere. */
  add(entry: Entry): void {
    this.#waiting.push(entry);
  }

  /** Takes out what was borrowed from other brokers. */
  takeBorrowed(): Entry[] {
    const borrowed = this.#waiting.filter((entry) => entry.via !== undefined && !entry.gone);
    this.#waiting = this.#waiting.filter((entry) => entry.via === undefined);
    return borrowed;
  }

  /** Takes the tasks of a lost bundle, one by one, or gives them up. */
  again(entry: Entry, reason: string): void {
    this.ledger.remove(entry);
    const { bundle, payload, skip } = entry;
    const attempt = bundle.attempt + 1;
    if (attempt > bundle.retries) return this.events.giveUp(entry, attempt, reason);
    const whole = bundle.count === 1 && skip === 0;
    const elements = whole ? [] : splitArray(payload.body);
    for (let i = 0; i < bundle.count; i++) {
      const body = whole ? payload.body : single(elements[skip + i]!);
      const part = this.ledger.add(
        { ...bundle, base: bundle.base + i, count: 1, attempt },
        { body, frames: payload.frames },
        0,
        entry.via,
      );
      part.lostBecause = reason;
      this.#waiting.push(part);
    }
  }

  /** Finds workers for what waits, and keeps some free for it. */
  serve(now: number): void {
    if (this.#waiting.length === 0) return this.#release();
    this.#waiting = this.#waiting.filter((entry) => !entry.gone);
    const helpers = [...this.roster].filter((worker) => !worker.origin);
    const load = (worker: Worker) => this.ledger.countHeldBy(worker.name);
    helpers.sort((a, b) => load(a) - load(b));
    const wanted = Math.min(this.#waiting.length, Math.ceil(helpers.length / 2));
    for (const [i, worker] of helpers.entries()) this.roster.reserve(worker, i < wanted);
    for (const worker of helpers) {
      // One whose tasks all wait may wait for just this one.
      if (worker.granted <= worker.sent || !(load(worker) === 0 || worker.idle)) continue;
      const entry = this.#waiting.shift();
      if (entry === undefined) break;
      worker.trial = entry;
      this.events.give(entry, worker);
    }
    this.#countOnOrigin(helpers.length, now);
  }

  #release(): void {
    this.#withoutHelpersSince = -1;
    for (const worker of this.roster) this.roster.reserve(worker, false);
  }

  /** When nobody but the origin is left it gets what was lost once; the rest is given up. */
  #countOnOrigin(helpers: number, now: number): void {
    if (helpers > 0) this.#withoutHelpersSince = -1;
    else if (this.#withoutHelpersSince < 0) this.#withoutHelpersSince = now;
    else if (now - this.#withoutHelpersSince >= ALONE_AFTER) {
      const entries = this.#waiting;
      this.#waiting = [];
      for (const entry of entries) {
        const { attempt } = entry.bundle;
        if (attempt === 1) this.events.enqueue(entry);
        else {
          this.ledger.remove(entry);
          this.events.giveUp(entry, attempt, `${entry.lostBecause}, and no other is left`);
        }
      }
    }
  }
}

/** A payload of one task, from its element in a larger one. */
function single(element: Uint8Array): Uint8Array {
  const body = new Uint8Array(element.length + 1);
  body[0] = 0x91; // MessagePack's array of one
  body.set(element, 1);
  return body;
}
