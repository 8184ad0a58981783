/**
 * Tasks that a worker is known to have begun and not to have finished.
 *
 * @module
 */

import { expect } from "./expect.ts";

/** A task that is known to have begun, of a bundle of type `B`. */
export interface BegunTask<B> {
  readonly bundle: B;
  /** Within the owner's bundle. */
  readonly index: number;
  /** When its worker said so, in milliseconds of the broker's clock. */
  readonly since: number;
}

/** One with its place in the order in which they began. */
interface Placed<B> extends BegunTask<B> {
  readonly place: number;
}

/** See the module's text. A thousand that wait for a timer cost no more, each, than one. */
export class BegunTasks<B extends object> {
  /** By bundle and index. */
  readonly #tasks = new Map<B, Map<number, Placed<B>>>();
  #places = 0;
  #size = 0;
  /** The one that began last, as far as that is known. */
  #last: Placed<B> | undefined;

  /** Number of tasks. */
  get size(): number {
    return this.#size;
  }

  /** Notes that a task has begun at a time; once more, if it was known. */
  add(bundle: B, index: number, since: number): void {
    let tasks = this.#tasks.get(bundle);
    if (tasks === undefined) this.#tasks.set(bundle, tasks = new Map());
    if (!tasks.has(index)) this.#size++;
    tasks.set(index, this.#last = { bundle, index, since, place: this.#places++ });
  }

  /** Forgets those of a stretch of a bundle. */
  remove(bundle: B, base: number, count: number): void {
    const tasks = this.#tasks.get(bundle);
    if (tasks === undefined) return;
    if (count < tasks.size) {
      for (let index = base; index < base + count; index++) this.#remove(tasks, index);
    } else {
      for (const index of tasks.keys()) {
        if (index >= base && index < base + count) this.#remove(tasks, index);
      }
    }
    if (tasks.size === 0) this.#tasks.delete(bundle);
  }

  #remove(tasks: Map<number, Placed<B>>, index: number): void {
    const task = tasks.get(index);
    if (task === undefined) return;
    tasks.delete(index);
    this.#size--;
    if (task === this.#last) this.#last = undefined;
  }

  /** The one that began last. */
  get last(): BegunTask<B> | undefined {
    if (this.#last === undefined && this.#size > 0) this.#last = this.#findLast();
    return this.#last;
  }

  #findLast(): Placed<B> | undefined {
    let last: Placed<B> | undefined;
    for (const tasks of this.#tasks.values()) {
      for (const task of tasks.values()) if (task.place > (last?.place ?? -1)) last = task;
    }
    return last;
  }

  /** Those of a bundle, by index. */
  of(bundle: B): ReadonlyMap<number, BegunTask<B>> {
    return this.#tasks.get(bundle) ?? new Map();
  }

  /** Bundles that they belong to. */
  bundles(): Iterable<B> {
    return this.#tasks.keys();
  }

  /** Whether one of another bundle has begun as well. */
  hasBeside(bundle: B): boolean {
    return this.#tasks.size > (this.#tasks.has(bundle) ? 1 : 0);
  }

  /**
   * @param has whether the worker has a task
   * @throws {Error} when an invariant is broken
   */
  check(has: (bundle: B, index: number) => boolean): void {
    let size = 0;
    for (const [bundle, tasks] of this.#tasks) {
      expect(tasks.size > 0, "a bundle of which nothing has begun");
      size += tasks.size;
      for (const index of tasks.keys()) expect(has(bundle, index), "begun elsewhere");
    }
    expect(size === this.#size, `${size} have begun, ${this.#size} counted`);
    expect(this.last === this.#findLast(), "another began last");
  }
}
