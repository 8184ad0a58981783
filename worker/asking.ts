/**
 * What a worker asks its broker for, and when it says so.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import type { Message } from "../wire/messages.ts";
import { RoundTrip } from "./round_trip.ts";
import type { Scheduler } from "./scheduler.ts";

/** Mostly so, and for each task of a recursion. */
const NOTHING: readonly Message[] = [];

/** See the module's text. */
export class Asking {
  readonly #roundTrip = new RoundTrip();
  /** As the broker was told last. */
  #bundles = 0;
  #ahead = 0;
  /** With how many bundles received it has told that it has nothing to do; -1 when it has not. */
  #idleWith = -1;
  /** Since when it has had something to do that the broker, which was told otherwise, did not give. */
  #goesOnSince = Infinity;
  /** Since when there has been a little work of its own that the broker was not told of. */
  #brieflySince = Infinity;

  /** The broker is on this host: what takes long then is the fault of a busy machine. */
  #isHere = false;

  constructor(private readonly scheduler: Scheduler) {}

  /** It is known where the broker is. */
  opened(address: string): void {
    this.#isHere = address.startsWith("ipc:");
  }

  /** Another broker knows nothing of what was said, and answers no question of before. */
  beginAnew(): void {
    this.scheduler.beginAnew();
    this.#roundTrip.beginAnew();
    this.#bundles = this.#ahead = -1;
  }

  /** A task begins. */
  computes(): void {
    this.#roundTrip.computes();
  }

  /** The broker has taken this worker in: how far it is shall be known when the first tasks come. */
  greeted(now: number): Message[] {
    return this.#question(true, now);
  }

  /** The broker has answered a question. */
  answered(number: number, now: number): void {
    this.#roundTrip.answered(number, now);
    // Taken for far, a worker would hoard: the slowest percent of results came 240 ms late in place of
    // 90, while other programs kept the machine busy.
    this.scheduler.roundTrip = this.#isHere ? 0 : this.#roundTrip.ms;
  }

  /**
   * What is to be said now.
   *
   * @param idle whether no task has the processor
   * @param coming bundles that have arrived and wait for their function
   */
  words(idle: boolean, coming: number, now: number): readonly Message[] {
    // It begins at once, and is told of with its outcome: on the way of a single task from one worker
    // to another and back, one message of six.
    if (idle && this.scheduler.holdsLittle) return NOTHING;
    const bundles = this.scheduler.credit(idle, coming);
    const ahead = this.scheduler.ahead(coming);
    if (bundles < this.#bundles && this.scheduler.isBrief) {
      // It will ask for the same in a moment: a program that awaits one small task after the other
      // said two things for each of them, and took three times as long.
      this.#brieflySince = Math.min(this.#brieflySince, now);
      if (now - this.#brieflySince < LIMITS.ownWorkMs) return NOTHING;
    }
    this.#brieflySince = Infinity;
    // A recursion is idle for a moment after each of its tasks, with others of its own to go on with.
    const hasNothing = idle && this.scheduler.idle;
    const toldIdle = this.#idleWith === this.scheduler.taken;
    const anew = hasNothing && !toldIdle && bundles > this.scheduler.taken;
    this.#goesOnSince = toldIdle && !hasNothing ? Math.min(this.#goesOnSince, now) : Infinity;
    const goesOn = now - this.#goesOnSince >= LIMITS.goesOnMs;
    if (bundles === this.#bundles && ahead === this.#ahead && !anew && !goesOn) return NOTHING;
    this.#bundles = bundles;
    this.#ahead = ahead;
    this.#idleWith = hasNothing ? this.scheduler.taken : -1;
    this.#goesOnSince = Infinity;
    const credit: Message = { type: "credit", bundles, ahead, idle: hasNothing };
    // Whoever asks for work wants to know how long it takes to come.
    return [...this.#question(idle, now), credit];
  }

  /** When there may be something to say by itself, in milliseconds; Infinity for never. */
  changesAt(): number {
    return Math.min(
      this.#brieflySince + LIMITS.ownWorkMs,
      this.#goesOnSince + LIMITS.goesOnMs,
    );
  }

  #question(idle: boolean, now: number): Message[] {
    const number = this.#roundTrip.ask(idle, now);
    return number === undefined ? [] : [{ type: "probe", number }];
  }
}
