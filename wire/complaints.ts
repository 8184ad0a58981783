/**
 * Tells of what others do wrong: every time at first, then at a limited rate. Whoever does it may
 * do it hundreds of times a second.
 *
 * @module
 */

import { LIMITS } from "./limits.ts";

/** Complaints that are told one by one. */
const FIRST = 20;

/** Counts, and tells. */
export class Complaints {
  #count = 0;
  #toldAt = -Infinity;

  /** @param tell says something to whoever reads the log */
  constructor(private readonly tell: (text: string) => void) {}

  /** How many there were. */
  get count(): number {
    return this.#count;
  }

  /** One more. */
  add(text: string, now: number): void {
    this.#count++;
    if (this.#count > FIRST && now - this.#toldAt < LIMITS.complainMs) return;
    this.#toldAt = now;
    this.tell(this.#count > FIRST ? `${text} (${this.#count} such messages so far)` : text);
  }
}
