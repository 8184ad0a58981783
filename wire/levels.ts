/**
 * Things by priority: the highest is at hand, and another one costs little, however many there are.
 * Programs may give each of 100,000 tasks a priority of its own, such as a time.
 *
 * @module
 */

/** One `L` for each priority, in a binary heap. */
export class Levels<L> {
  #levels = new Map<number, L>();
  /** Of each three the first is the highest, as in any binary heap. */
  #heap: number[] = [];

  /** Number of levels. */
  get size(): number {
    return this.#heap.length;
  }

  /** The level of the highest priority; undefined when there is none. */
  highest(): L | undefined {
    const priority = this.#heap[0];
    return priority === undefined ? undefined : this.#levels.get(priority)!;
  }

  /** The level of a priority, made if there is none. */
  at(priority: number, make: () => L): L {
    let level = this.#levels.get(priority);
    if (level === undefined) {
      this.#levels.set(priority, level = make());
      this.#raise(priority);
    }
    return level;
  }

  /** Forgets the level of the highest priority. */
  dropHighest(): void {
    const heap = this.#heap;
    if (heap.length === 0) return;
    this.#levels.delete(heap[0]!);
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

  /** All levels, in no order. */
  [Symbol.iterator](): IterableIterator<L> {
    return this.#levels.values();
  }

  /** The new level rises from the end to its place. */
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

  /** @throws {Error} when an invariant is broken */
  check(): void {
    if (this.#heap.length !== this.#levels.size) throw new Error("a queue has lost a level");
    this.#heap.forEach((priority, i) => {
      if (!this.#levels.has(priority)) throw new Error("a queue has lost a level");
      if (i > 0 && this.#heap[(i - 1) >> 1]! < priority) throw new Error("a queue is out of order");
    });
  }
}
