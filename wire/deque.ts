/**
 * A first-in first-out list that also takes back at its head; both ends in constant time.
 *
 * @module
 */

/** Below this many emptied slots the array is not worth compacting. */
const COMPACT_AFTER = 1024;

/** A list with cheap access to both ends. */
export class Deque<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  /** Number of items. */
  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Adds at the tail. */
  push(item: T): void {
    this.#items.push(item);
  }

  /** Puts an item back at the head. */
  unshift(item: T): void {
    if (this.#head === 0) {
      // Room for one would have to be made each time, by moving all items. So much room is not
      // taken back by the next few that leave either.
      this.#head = 1 + (this.#items.length >> 1);
      this.#items = [...new Array<undefined>(this.#head), ...this.#items];
    }
    this.#items[--this.#head] = item;
  }

  /** The item at the head, left where it is. */
  peek(): T | undefined {
    return this.#items[this.#head];
  }

  /** The item at the tail, left where it is. */
  last(): T | undefined {
    return this.length === 0 ? undefined : this.#items[this.#items.length - 1];
  }

  /** Takes the item at the head. */
  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head > COMPACT_AFTER && this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Takes out every item for which `keep` is false. */
  filter(keep: (item: T) => boolean): void {
    const kept: T[] = [];
    for (let i = this.#head; i < this.#items.length; i++) {
      const item = this.#items[i]!;
      if (keep(item)) kept.push(item);
    }
    this.#items = kept;
    this.#head = 0;
  }

  /** From head to tail. */
  *[Symbol.iterator](): Iterator<T> {
    for (let i = this.#head; i < this.#items.length; i++) yield this.#items[i]!;
  }
}
