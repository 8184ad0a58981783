/**
 * The turns that are suspended, in no order. A recursion of small tasks adds and takes out half a
 * million of them in a second; a Set made itself anew every few of these, which took 6 % of the time.
 *
 * @module
 */

import type { Turn } from "./turn.ts";

/** See the module's text. */
export class SuspendedTurns {
  /** Each knows its place. */
  readonly #turns: Turn[] = [];

  /** How many there are. */
  get size(): number {
    return this.#turns.length;
  }

  /** Whether a turn is one of them. */
  has({ place }: Turn): boolean {
    return place >= 0;
  }

  /** All of them, as they are now. */
  all(): Turn[] {
    return [...this.#turns];
  }

  /** Adds one that is not there. */
  add(turn: Turn): void {
    turn.place = this.#turns.length;
    this.#turns.push(turn);
  }

  /** Takes one out, if it is there. */
  delete(turn: Turn): void {
    const { place } = turn;
    if (place < 0) return;
    const last = this.#turns.pop()!;
    if (last !== turn) {
      this.#turns[place] = last;
      last.place = place;
    }
    turn.place = -1;
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    this.#turns.forEach((turn, i) => {
      if (turn.place !== i) throw new Error(`${turn.label} is not where it takes itself to be`);
    });
  }
}
