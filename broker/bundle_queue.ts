/**
 * Parts of bundles that wait for a worker: by priority, then in the order of their arrival.
 *
 * @module
 */

import { Deque } from "../wire/deque.ts";
import { Levels } from "../wire/levels.ts";
import type { Ledger } from "./ledger.ts";
import { Pack } from "./pack.ts";
import type { Part } from "./records.ts";

/** Below this many places of parts that have left the queue it is not worth tidying up. */
const TIDY_AFTER = 1024;

/** What stands in a queue: a part, or a pack of those that stand one behind the other. */
type Standing = Part | Pack;

/**
 * The queue. A part that leaves it otherwise than by {@link BundleQueue.shift} keeps its place
 * until that is reached; it is not counted.
 */
export class BundleQueue {
  #levels = new Levels<Deque<Standing>>();
  #length = 0;
  #left = 0;

  /**
   * @param ledger whose parts these are
   * @param packAfter how many of one priority stand here when those behind them are packed, as far
   *   as that is possible
   */
  constructor(private readonly ledger: Ledger, private readonly packAfter: number) {}

  /** Number of parts that wait. */
  get length(): number {
    return this.#length;
  }

  /** Adds a part behind the others of its priority. */
  push(part: Part): void {
    const level = this.#level(part.bundle.priority);
    const standing = level.length >= this.packAfter ? this.#pack(part, level) : part;
    if (standing !== undefined) level.push(standing);
    this.#length++;
  }

  /** What is to be added to a level: the part, a new pack, or nothing, when a pack has taken it. */
  #pack(part: Part, level: Deque<Standing>): Standing | undefined {
    const last = level.last();
    const pack = this.ledger.pack(part, last instanceof Pack ? last : undefined);
    if (pack === undefined) return part;
    return pack === last ? undefined : pack;
  }

  /** Puts a part before the others of its priority. */
  unshift(part: Part): void {
    this.#level(part.bundle.priority).unshift(part);
    this.#length++;
  }

  /** Takes the part that goes next. */
  shift(): Part | undefined {
    for (let level = this.#levels.highest(); level !== undefined; level = this.#levels.highest()) {
      for (let part = this.#first(level); part !== undefined; part = this.#first(level)) {
        if (part.state.kind === "queued") {
          this.#length--;
          return part;
        }
        this.#left--;
      }
      this.#levels.dropHighest();
    }
    return undefined;
  }

  /** Takes the first part of a level, in whatever state it is. */
  #first(level: Deque<Standing>): Part | undefined {
    for (let first = level.peek(); first !== undefined; first = level.peek()) {
      if (!(first instanceof Pack)) return level.shift() as Part;
      const part = first.parts === undefined ? this.ledger.shift(first) : first.parts.shift();
      if (first.isEmpty) level.shift();
      if (part !== undefined) return part;
    }
    return undefined;
  }

  /** A part that waited is done, since nobody wants it any more. */
  leave(): void {
    this.#length--;
    this.#left++;
    if (this.#left > TIDY_AFTER && this.#left > this.#length) this.#tidy();
  }

  /** The same for a part that may be queued again: its place goes with it. */
  remove(part: Part): void {
    this.#length--;
    this.#level(part.bundle.priority).filter((standing) => {
      if (!(standing instanceof Pack)) return standing !== part;
      standing.parts = standing.parts?.filter((one) => one !== part);
      return !standing.isEmpty;
    });
  }

  #tidy(): void {
    this.#left = 0;
    for (const level of this.#levels) {
      level.filter((standing) => {
        if (!(standing instanceof Pack)) return isQueued(standing);
        standing.parts = standing.parts?.filter(isQueued);
        return !standing.isEmpty;
      });
    }
  }

  #level(priority: number): Deque<Standing> {
    return this.#levels.at(priority, () => new Deque());
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    const all = [...this.#levels].flatMap((level) => [...level]);
    const packs = all.filter((standing) => standing instanceof Pack);
    const loose = all.filter((standing): standing is Part => !(standing instanceof Pack));
    const parts = [...loose, ...packs.flatMap(({ parts }) => parts ?? [])].filter(isQueued);
    const packed = packs.reduce((sum, { length }) => sum + length, 0);
    if (new Set(parts).size !== parts.length || parts.length + packed !== this.#length) {
      throw new Error(`a queue has ${parts.length + packed} parts, and counted ${this.#length}`);
    }
    this.#levels.check();
  }
}

function isQueued({ state }: Part): boolean {
  return state.kind === "queued";
}
