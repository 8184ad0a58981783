/**
 * Parts of bundles that wait for a worker: by priority, then in the order of their arrival.
 *
 * @module
 */

import { Deque } from "../wire/deque.ts";
import type { Part } from "./records.ts";

/** Below this many places of parts that have left the queue it is not worth tidying up. */
const TIDY_AFTER = 1024;

/**
 * The queue. A part that leaves it otherwise than by {@link BundleQueue.shift} keeps its place
 * until that is reached; it is not counted.
 */
export class BundleQueue {
  #levels = new Map<number, Deque<Part>>();
  /** The priorities of the levels; of each three the first is the highest, as in any binary heap. */
  #heap: number[] = [];
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
    while (this.#heap.length > 0) {
      const priority = this.#heap[0]!;
      const level = this.#levels.get(priority)!;
      for (let part = level.shift(); part !== undefined; part = level.shift()) {
        if (part.state.kind === "queued") {
          this.#length--;
          return part;
        }
        this.#left--;
      }
      this.#levels.delete(priority);
      this.#popHighest();
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
    for (const level of this.#levels.values()) level.filter(({ state }) => state.kind === "queued");
  }

  #level(priority: number): Deque<Part> {
    let level = this.#levels.get(priority);
    if (level === undefined) {
      this.#levels.set(priority, level = new Deque());
      this.#raise(priority);
    }
    return level;
  }

  #raise(priority: number): void {
    const heap = this.#heap;
    let at = heap.push(priority) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (heap[above]! >= priority) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = priority;
  }

  #popHighest(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (let below = 1; below < heap.length; below = 2 * at + 1) {
      if (below + 1 < heap.length && heap[below + 1]! > heap[below]!) below++;
      if (heap[below]! <= last) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    const parts = [...this.#levels.values()].flatMap((level) => [...level])
      .filter(({ state }) => state.kind === "queued");
    if (new Set(parts).size !== this.#length || parts.length !== this.#length) {
      throw new Error(`a queue has ${parts.length} parts, and counted ${this.#length}`);
    }
    if (this.#heap.length !== this.#levels.size) throw new Error("a queue has lost a level");
    this.#heap.forEach((priority, i) => {
      if (i > 0 && this.#heap[(i - 1) >> 1]! < priority) throw new Error("a queue is out of order");
    });
  }
}
