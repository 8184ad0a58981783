/**
 * How long a word to the broker and its answer take, as measured.
 *
 * The broker answers a {@link Probe} at once; this worker reads the answer when it gets to it. So
 * what is measured while tasks run is only a bound from above. What is measured while nothing ran in
 * between is the way itself, with what a busy machine adds to it; the least of the last few counts.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";

/** Measurements that count. */
const KEPT = 8;
/** So many are made one right after the other, in the beginning. */
const EAGER = 4;

/** See the module's text. Times in milliseconds. */
export class RoundTrip {
  /** 0 while nothing is known. */
  ms = 0;
  #measured: number[] = [];
  /** The question that is under way; `pure` while nothing has run since. */
  #asked: { readonly number: number; readonly at: number; pure: boolean } | undefined;
  #number = 0;
  #askedAt = -Infinity;

  /**
   * Whether it is worth to ask now.
   *
   * @param idle whether no task runs
   * @returns the number of the question, or undefined
   */
  ask(idle: boolean, now: number): number | undefined {
    const since = now - this.#askedAt;
    const pause = this.#number < EAGER ? 0 : LIMITS.probeMs;
    // One that is not answered was lost with its connection.
    if (this.#asked === undefined ? since < pause : since < LIMITS.probeLostMs) return undefined;
    this.#askedAt = now;
    this.#asked = { number: ++this.#number, at: now, pure: idle };
    return this.#number;
  }

  /** To another broker the way is another one, and nobody will answer what was asked. */
  beginAnew(): void {
    this.ms = this.#number = 0;
    this.#measured = [];
    this.#asked = undefined;
    this.#askedAt = -Infinity;
  }

  /** A task begins: what is answered meanwhile may lie unread for as long as it takes. */
  computes(): void {
    if (this.#asked !== undefined) this.#asked.pure = false;
  }

  /** An answer has come. */
  answered(number: number, now: number): void {
    const asked = this.#asked;
    if (asked?.number !== number) return;
    this.#asked = undefined;
    const took = Math.max(0, now - asked.at);
    if (!asked.pure && (this.#measured.length === 0 || took >= this.ms)) return;
    this.#measured.push(took);
    if (this.#measured.length > KEPT) this.#measured.shift();
    this.ms = Math.min(...this.#measured);
  }
}
