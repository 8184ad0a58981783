/**
 * When a broker announces how much work there is.
 *
 * Hunger, and something to lend, are announced at once when they begin, though not more often than
 * others can read it; everything else with the ticks.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";

/** Decides when the load is to be announced. */
export class LoadWatch {
  /** As they were announced last, so that slow changes add up. */
  #demand = 0;
  #lendable = 0;
  #hungry = false;
  #lends = false;
  #announcedAt = -Infinity;
  /** To be announced with the next tick, or as soon as it may be. */
  #changed = false;
  #urgent = false;

  /** Something else has changed that others should hear of. */
  changed(): void {
    this.#changed = true;
  }

  /** Time has passed. */
  tick(now: number): void {
    if (this.#changed || now - this.#announcedAt >= LIMITS.announceMs) this.#urgent = true;
  }

  /** Whether the load is to be announced now, being this. */
  isDue(demand: number, lendable: number, now: number): boolean {
    this.#changed ||= differs(demand, this.#demand) || differs(lendable, this.#lendable);
    this.#urgent ||= (demand > 0 && !this.#hungry) || (lendable > 0 && !this.#lends);
    this.#hungry = demand > 0;
    this.#lends = lendable > 0;
    if (!this.#urgent || now - this.#announcedAt < LIMITS.announceLeastMs) return false;
    this.#announcedAt = now;
    this.#changed = this.#urgent = false;
    this.#demand = demand;
    this.#lendable = lendable;
    return true;
  }
}

/** Whether a number has changed so much that others should hear of it before long. */
function differs(now: number, before: number): boolean {
  return (now === 0) !== (before === 0) || Math.abs(now - before) > 0.2 * Math.max(now, before);
}
