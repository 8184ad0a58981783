/**
 * The shared constants of a run, and who waits for those that are not set yet.
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";

/** See the module's text. */
export class Constants {
  #values = new Map<string, Encoded>();
  #waiting = new Map<string, Set<string>>();

  /** Sets a constant: returns the addresses that wait for it, or undefined if it was set before. */
  set(name: string, payload: Encoded): string[] | undefined {
    if (this.#values.has(name)) return undefined;
    this.#values.set(name, payload);
    const waiting = [...this.#waiting.get(name) ?? []];
    this.#waiting.delete(name);
    return waiting;
  }

  /** A constant; if there is none yet, `address` waits for it from now on. */
  get(name: string, address: string): Encoded | undefined {
    const payload = this.#values.get(name);
    if (payload !== undefined) return payload;
    let waiting = this.#waiting.get(name);
    if (waiting === undefined) this.#waiting.set(name, waiting = new Set());
    waiting.add(address);
    return undefined;
  }

  /** Forgets a constant. */
  drop(name: string): void {
    this.#values.delete(name);
  }

  /** `address` waits for nothing any more. */
  forget(address: string): void {
    for (const waiting of this.#waiting.values()) waiting.delete(address);
  }
}
