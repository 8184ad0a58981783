/**
 * A memory for what was used last.
 *
 * @module
 */

/** Values by their keys; of more than `most` the one that was not asked for the longest goes. */
export class Recent<V> {
  readonly #values = new Map<string, V>();

  constructor(private readonly most: number) {}

  /** Number of values. */
  get size(): number {
    return this.#values.size;
  }

  /** The value of a key, which is recent by that. */
  get(key: string): V | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  /** Keeps a value. */
  set(key: string, value: V): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.most) {
      for (const oldest of this.#values.keys()) return void this.#values.delete(oldest);
    }
  }
}
