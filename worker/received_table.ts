/**
 * The bundles a worker has been given by others, from their arrival to their last outcome.
 *
 * ```text
 *   coming ──▶ queued ⇄ begun ──▶ (gone: every outcome has left, or it was given back)
 * ```
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";
import { Deque } from "../wire/deque.ts";
import { LIMITS } from "../wire/limits.ts";
import type { BundleHeader, Cancel, Forget, Message, Stop } from "../wire/messages.ts";
import { stretchesOf } from "../wire/stretches.ts";
import type { TallyKeeper } from "../telemetry/tally_keeper.ts";
import type { FunctionHandle } from "../futures/function_handle.ts";
import type { Work } from "../futures/work.ts";
import { ReceivedWork, unwanted } from "./received_work.ts";
import { bytesOf } from "./telling.ts";

/**
 * Where a bundle is: it waits for its function, stands in the inbox, or the executor has it (or some
 * of its tasks are suspended).
 */
export type Stage = "coming" | "queued" | "begun";

/** What a bundle is known by. */
interface BundleKey {
  readonly owner: string;
  readonly id: number;
}

/** How the table has something done. */
export interface ReceivedEvents {
  /** There may be something to report soon. */
  noted(): void;
  say(message: Message): void;
}

/** See the module's text. */
export class ReceivedTable {
  /** Bundles that wait for their function. */
  coming = 0;
  #stages = new Map<ReceivedWork, Stage>();
  /** By owner and id: what was cut apart on its way may come in parts. */
  #byBundle = new Map<string, Set<ReceivedWork>>();
  /** With outcomes that may have to leave. */
  #noted = new Set<ReceivedWork>();
  /** Tasks that were suspended a moment ago, the oldest first: who lasts is known to be running. */
  #suspended = new Deque<{ work: ReceivedWork; index: number; since: number }>();

  constructor(
    private readonly worker: string,
    private readonly on: ReceivedEvents,
    private readonly keeper: TallyKeeper,
  ) {}

  /** Number of bundles that are here and not done. */
  get size(): number {
    return this.#stages.size;
  }

  /** Takes in a bundle; it waits for its function until {@link fetched}. */
  add(bundle: BundleHeader, payload: Encoded, handle: FunctionHandle): ReceivedWork {
    const work = new ReceivedWork(bundle, payload, handle, this.worker, {
      noted: (work) => {
        this.#noted.add(work);
        this.on.noted();
      },
      suspended: (work, index) => {
        if (work.told.has(index)) return;
        this.#suspended.push({ work, index, since: -1 });
        this.on.noted();
      },
      lost: (work, index, reason) => {
        const { owner, id } = work.bundle;
        this.on.say({ type: "lost", owner, id, index, reason });
        this.#noted.add(work);
        this.on.noted();
      },
    });
    this.coming++;
    this.#stages.set(work, "coming");
    const key = keyOf(bundle);
    const parts = this.#byBundle.get(key);
    if (parts === undefined) this.#byBundle.set(key, new Set([work]));
    else parts.add(work);
    return work;
  }

  /** A bundle's function is there, or never will be; false when nobody waits for it any more. */
  fetched(work: ReceivedWork): boolean {
    if (this.#stages.get(work) !== "coming") return false;
    this.coming--;
    this.#stages.set(work, "queued");
    return true;
  }

  /** The executor takes it. */
  begun(work: Work): void {
    this.#setStage(work, "begun");
  }

  /** Moves what is known; what was abandoned meanwhile stays forgotten. */
  #setStage(work: Work, stage: Stage): void {
    if (work instanceof ReceivedWork && this.#stages.has(work)) this.#stages.set(work, stage);
  }

  /** The executor puts its rest back. */
  putBack(work: Work): void {
    this.#setStage(work, "queued");
  }

  /** Tells the broker that a task begins, if it should know; false when the work is not ours. */
  begins(work: Work, index: number): boolean {
    const received = work instanceof ReceivedWork;
    const mean = received ? work.mean : work.handle.mean;
    const long = mean === 0 || mean > LIMITS.longTaskMs;
    // Whoever waits for an outcome that is there would wait for this task as well.
    if (long) { for (const noted of this.#noted) this.#send(noted); }
    if (!received) return false;
    const { bundle } = work;
    // What is never to run twice must be known to have ended before another task may get stuck.
    if (bundle.timeout > 0) {
      for (const noted of this.#noted) if (noted.bundle.retries === 0) this.#send(noted);
    }
    // What waits here, perhaps for this very task, would be lost with it: that is to be known.
    if (bundle.timeout > 0) this.#tellWaiting(work);
    if (bundle.timeout > 0 || bundle.retries === 0 || long) this.#tellStarted(work, [index]);
    return true;
  }

  /** All that is here, for another broker. */
  *again(): Generator<Message> {
    for (const work of this.#stages.keys()) {
      const { owner, id } = work.bundle;
      for (const stretch of work.held()) yield { type: "hold", owner, id, ...stretch };
      yield* startsOf(work, [...work.told].filter((index) => work.isOpen(index)));
    }
  }

  #tellWaiting(except: ReceivedWork): void {
    for (const [work, stage] of this.#stages) {
      if (stage !== "begun" || work === except) continue;
      const index = work.waiting;
      if (index !== undefined && !work.told.has(index)) this.#tellStarted(work, [index]);
    }
  }

  #tellStarted(work: ReceivedWork, indices: readonly number[]): void {
    for (const index of indices) work.told.add(index);
    for (const message of startsOf(work, indices)) this.on.say(message);
  }

  /**
   * The owner does not want a task, or (-1) any of a bundle; or nobody has it to do here any more.
   *
   * @returns what has left the table by that: it does not stand in any queue any more
   */
  hear(message: Cancel | Forget | Stop): ReceivedWork[] {
    switch (message.type) {
      case "forget":
        return this.#leave(message, (work) => work.forget());
      case "stop":
        return this.#stop(message);
      case "cancel":
        if (message.index === -1) return this.#leave(message, (work) => work.abandon());
        for (const work of this.#partsOf(message)) work.cancel(message.index);
        return [];
    }
  }

  #leave(bundle: BundleKey, how: (work: ReceivedWork) => void): ReceivedWork[] {
    const parts = this.#partsOf(bundle);
    for (const work of parts) {
      how(work);
      if (this.#stages.get(work) === "coming") this.coming--;
      this.#send(work);
      this.#forgetIfOver(work);
    }
    return parts;
  }

  /** What is here of a bundle. */
  #partsOf(bundle: BundleKey): ReceivedWork[] {
    return [...this.#byBundle.get(keyOf(bundle)) ?? []];
  }

  /**
   * What has begun is to end as well. What computes without a pause cannot hear of it: the broker
   * looks after that.
   */
  #stop({ owner, id, index, grace }: Stop): ReceivedWork[] {
    const removed: ReceivedWork[] = [];
    for (const work of this.#partsOf({ owner, id })) {
      const stage = this.#stages.get(work);
      if (index !== -1) work.cancel(index);
      else {
        work.abandonRest();
        if (stage === "coming") this.coming--;
        if (stage === "queued") removed.push(work);
        this.#stages.set(work, "begun");
      }
      work.stop(index, unwanted(work.handle.label), grace);
      this.#send(work);
      this.#forgetIfOver(work);
    }
    return removed;
  }

  /** Whether any task of others has begun and has no outcome. */
  get inTasks(): boolean {
    for (const [work, stage] of this.#stages) {
      if (stage === "begun" && work.waiting !== undefined) return true;
    }
    return false;
  }

  /** Gives back what nobody has begun of a bundle that does not stand in the inbox (any more). */
  giveBack(work: ReceivedWork): void {
    const rest = work.cutRest();
    if (rest !== undefined) {
      const { owner, id } = work.bundle;
      this.on.say({ type: "giveBack", owner, id, ...rest });
    }
    this.#stages.set(work, "begun");
    this.#forgetIfOver(work);
  }

  /** See {@link giveBack}. */
  giveBackAll(works: readonly ReceivedWork[]): void {
    for (const work of works) this.giveBack(work);
  }

  /** True when outcomes are kept back for a little. */
  get isWaiting(): boolean {
    return this.#noted.size > 0 || this.#suspended.length > 0;
  }

  #tellSuspended(now: number): void {
    if (this.#suspended.length === 0) return;
    for (const one of this.#suspended) if (one.since < 0) one.since = now;
    // A thousand tasks that wait, each told of by itself, took as long as what they waited for.
    let begun: Map<ReceivedWork, number[]> | undefined;
    for (let one = this.#suspended.peek(); one !== undefined; one = this.#suspended.peek()) {
      const { work, index, since } = one;
      const open = this.#stages.has(work) && work.isOpen(index);
      if (open && now - since < LIMITS.reportMs) break;
      this.#suspended.shift();
      if (!open || work.told.has(index)) continue;
      begun ??= new Map();
      const known = begun.get(work);
      if (known === undefined) begun.set(work, [index]);
      else known.push(index);
    }
    if (begun === undefined) return;
    for (const [work, indices] of begun) this.#tellStarted(work, indices);
  }

  /** Sends the outcomes that should leave now. */
  report(now: number): void {
    this.#tellSuspended(now);
    for (const work of this.#noted) {
      if (work.isDue(now)) this.#send(work);
      else if (work.hasNothingNoted) {
        this.#noted.delete(work);
        this.#forgetIfOver(work);
      }
    }
  }

  /** Sends all outcomes that there are. */
  reportAll(): void {
    for (const work of this.#noted) this.#send(work);
  }

  #send(work: ReceivedWork): void {
    for (const { result, payload } of work.report()) {
      this.on.say({ type: "result", result, payload });
      this.keeper.of(work.handle).moved(0, bytesOf(payload));
    }
    this.#noted.delete(work);
    this.#forgetIfOver(work);
  }

  #forgetIfOver(work: ReceivedWork): void {
    if (!work.over) return;
    this.#stages.delete(work);
    this.#noted.delete(work);
    const key = keyOf(work.bundle);
    const parts = this.#byBundle.get(key);
    parts?.delete(work);
    if (parts?.size === 0) this.#byBundle.delete(key);
  }

  /**
   * @param inbox what the scheduler has
   * @throws {Error} when an invariant is broken
   */
  check(inbox: Iterable<unknown>): void {
    const queued = new Set(inbox);
    let coming = 0;
    for (const [work, stage] of this.#stages) {
      work.check();
      if (stage === "coming") coming++;
      if ((stage === "queued") !== queued.has(work)) {
        throw new Error(`a bundle of ${work.handle.label} is ${stage}, and the inbox disagrees`);
      }
      if (work.over && !this.#noted.has(work)) {
        throw new Error(`a bundle of ${work.handle.label} is over and remembered`);
      }
    }
    if (coming !== this.coming) {
      throw new Error("the bundles that wait for a function are miscounted");
    }
    for (const work of queued) {
      if (!this.#stages.has(work as ReceivedWork)) throw new Error("the inbox has a stranger");
    }
  }
}

/** What tells that tasks have begun. @param indices within the bundle as it came */
function startsOf({ bundle }: ReceivedWork, indices: readonly number[]): Message[] {
  const { owner, id } = bundle;
  return stretchesOf(indices).map(({ base, count }) => ({
    ...{ type: "started", owner, id, base: bundle.base + base, count },
  }));
}

function keyOf({ owner, id }: BundleKey): string {
  return `${owner}/${id}`;
}
