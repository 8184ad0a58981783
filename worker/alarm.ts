/**
 * One timer, for the earliest of the moments that it is set to.
 *
 * @module
 */

import type { Host } from "./host.ts";

/** See the module's text. */
export class Alarm {
  #at = Infinity;
  #disarm: (() => void) | undefined;

  /** @param unref whether the process may end before */
  constructor(private readonly host: Pick<Host, "after">, private readonly unref: boolean) {}

  /** Calls `ring` at that time, in milliseconds, unless it is set to an earlier one. */
  set(at: number, now: number, ring: () => void): void {
    if (at >= this.#at) return;
    this.#disarm?.();
    this.#at = at;
    this.#disarm = this.host.after(Math.max(0, at - now), () => {
      this.#at = Infinity;
      ring();
    }, this.unref);
  }

  /** Takes it back. */
  stop(): void {
    this.#disarm?.();
    this.#at = Infinity;
  }
}
