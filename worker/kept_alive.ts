/**
 * Keeps a process alive for those who cannot do so themselves.
 *
 * @module
 */

import { setInterval } from "../wire/timers.ts";

/** Counts what is waited for; while there is something, the process goes on. */
export class KeptAlive {
  #count = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  #attached = true;

  /** Whether the process goes on for it, as it does unless told otherwise. */
  attach(attached: boolean): void {
    this.#attached = attached;
    if (this.#timer === undefined) return;
    if (attached) Deno.refTimer(this.#timer);
    else Deno.unrefTimer(this.#timer);
  }

  /** Whether anything is waited for. */
  get any(): boolean {
    return this.#count > 0;
  }

  /** There is one more thing to wait for, or one less; true when that makes a difference. */
  change(by: 1 | -1): boolean {
    this.#count += by;
    if (this.any === (this.#timer !== undefined)) return false;
    clearInterval(this.#timer);
    // It does nothing but be there.
    this.#timer = this.any ? setInterval(() => {}, 1 << 30) : undefined;
    this.attach(this.#attached);
    return true;
  }
}
