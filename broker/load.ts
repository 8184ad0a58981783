/**
 * When a broker announces how much work there is.
 *
 * Hunger, and something to lend, are announced at once when they begin, though not more often than
 * others can read it; everything else with the ticks.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import type { Load } from "../wire/messages.ts";
import type { DispatcherOptions } from "./actions.ts";
import type { Peers } from "./peers.ts";
import type { Places } from "./places.ts";
import type { Roster } from "./roster.ts";

/** What there is to do at a broker, and who would do it. */
export class LoadWatch {
  #planned: number;
  /** As they were announced last, so that slow changes add up. */
  #demand = 0;
  #lendable = 0;
  /** Whether somebody had nothing to do. */
  #idle = false;
  #hungry = false;
  #lends = false;
  #announcedAt = -Infinity;
  /** To be announced with the next tick, or as soon as it may be. */
  #changed = false;
  #urgent = false;

  constructor(
    private readonly options: DispatcherOptions,
    private readonly roster: Roster,
    private readonly peers: Peers,
    private readonly places: Places,
  ) {
    this.#planned = options.size;
  }

  /** Workers in the run: those planned, or those here if they are more. */
  get size(): number {
    const owners = this.options.owned && this.roster.origin !== undefined ? 1 : 0;
    return Math.max(this.#planned, this.roster.joined - owners + this.peers.workers);
  }

  /** Bundles that workers would take at once and that are not queued. */
  get demand(): number {
    return this.places.lendable > 0 ? 0 : this.places.free + this.peers.free;
  }

  /** Workers that have nothing to do, while there is nothing to be had. */
  get idle(): number {
    return this.places.lendable > 0 ? 0 : this.roster.idle + this.peers.idle;
  }

  /** The run has another size than was planned. */
  resize(size: number): void {
    this.#planned = size;
    this.changed();
  }

  /** Something else has changed that others should hear of. */
  changed(): void {
    this.#changed = true;
  }

  /** Time has passed. */
  tick(now: number): void {
    if (this.#changed || now - this.#announcedAt >= LIMITS.announceMs) this.#urgent = true;
  }

  /** The load, if it is to be announced now. */
  due(now: number): Load | undefined {
    const { demand, idle, size } = this;
    const { lendable, free } = this.places;
    if (!this.#isDue(demand, idle > 0, this.peers.any ? lendable : 0, now)) return undefined;
    const { joined: workers, origin } = this.roster;
    const home = origin !== undefined;
    // What is lent has a way to go as well.
    const far = this.roster.far + this.peers.workers;
    const { name: broker } = this.options;
    const { idle: idleHere } = this.roster;
    return {
      ...{ type: "load", broker, queued: lendable, demand, size, free, idle, idleHere, workers },
      ...{ far, home },
    };
  }

  #isDue(demand: number, idle: boolean, lendable: number, now: number): boolean {
    this.#changed ||= differs(demand, this.#demand) || differs(lendable, this.#lendable);
    this.#urgent ||= (demand > 0 && !this.#hungry) || (lendable > 0 && !this.#lends);
    this.#urgent ||= idle && !this.#idle;
    this.#hungry = demand > 0;
    this.#idle = idle;
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
