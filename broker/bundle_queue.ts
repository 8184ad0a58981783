/**
 * Bundles that wait for a worker: by priority, then in the order of their arrival.
 *
 * @module
 */

import { Deque } from "../wire/deque.ts";
import type { Entry } from "./ledger.ts";

/** See the module's text. Entries that have left the ledger meanwhile are passed over. */
export class BundleQueue {
  #levels = new Map<number, Deque<Entry>>();
  #order: Deque<Entry>[] = [];

  /** Number of entries, those that have left the ledger included. */
  get length(): number {
    return this.#order.reduce((sum, level) => sum + level.length, 0);
  }

  /** Adds an entry behind the others of its priority. */
  push(entry: Entry): void {
    const { priority } = entry.bundle;
    let level = this.#levels.get(priority);
    if (level === undefined) {
      this.#levels.set(priority, level = new Deque());
      this.#order = [...this.#levels.keys()].sort((a, b) => b - a)
        .map((key) => this.#levels.get(key)!);
    }
    level.push(entry);
  }

  /** Takes the entry that goes next. */
  shift(): Entry | undefined {
    for (const level of this.#order) {
      for (let entry = level.shift(); entry !== undefined; entry = level.shift()) {
        if (!entry.gone) return entry;
      }
    }
    return undefined;
  }
}
