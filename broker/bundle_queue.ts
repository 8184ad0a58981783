/**
 * Parts of bundles that wait for a worker: by priority, then in the order of their arrival.
 *
 * @module
 */

import { Deque } from "../wire/deque.ts";
import { Levels } from "../wire/levels.ts";
import type { Part } from "./records.ts";

/** Below this many places of parts that have left the queue it is not worth tidying up. */
const TIDY_AFTER = 1024;

/**
 * The queue. A part that leaves it otherwise than by {@link BundleQueue.shift} keeps its place
 * until that is reached; it is not counted.
 */
export class BundleQueue {
  #levels = new Levels<Deque<Part>>();
  #length = 0;
  #left = 0;

  /** Number of parts that wait. */
  get length(): number {
    return this.#length;
  }

  /** Adds a part behind the others of its priority. */
  push(part: Part): void {
    this.#level(part.bundle.priority).push(part);
    this.#length++;
  }

  /** Puts a part before the others of its priority. */
  unshift(part: Part): void {
    this.#level(part.bundle.priority).unshift(part);
    this.#length++;
  }

  /** Takes the part that goes next. */
  shift(): Part | undefined {
    for (let level = this.#levels.highest(); level !== undefined; level = this.#levels.highest()) {
      for (let part = level.shift(); part !== undefined; part = level.shift()) {
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

  /** A part that waited is done, since nobody wants it any more. */
  leave(): void {
    this.#length--;
    this.#left++;
    if (this.#left > TIDY_AFTER && this.#left > this.#length) this.#tidy();
  }

  #tidy(): void {
    this.#left = 0;
    for (const level of this.#levels) level.filter(({ state }) => state.kind === "queued");
  }

  #level(priority: number): Deque<Part> {
    return this.#levels.at(priority, () => new Deque());
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    const parts = [...this.#levels].flatMap((level) => [...level])
      .filter(({ state }) => state.kind === "queued");
    if (new Set(parts).size !== this.#length || parts.length !== this.#length) {
      throw new Error(`a queue has ${parts.length} parts, and counted ${this.#length}`);
    }
    this.#levels.check();
  }
}
