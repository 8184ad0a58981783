/**
 * Looks at who holds the processor without doing anything.
 *
 * @module
 */

import type { Turns } from "../futures/turns.ts";
import { LIMITS } from "../wire/limits.ts";
import type { Host } from "./host.ts";

/** What a look needs to know, and whom it tells. */
export interface LookEvents {
  /** Whether work of others waits for the processor. */
  workWaits(): boolean;
  /** It has waited long behind somebody who does nothing. */
  stalled(): void;
}

/** See the module's text. */
export class Looks {
  /** A latch: a look is on its way. */
  #looking = false;

  constructor(
    private readonly host: Pick<Host, "after" | "later">,
    private readonly turns: Turns,
    private readonly on: LookEvents,
  ) {}

  /** Looks before long. */
  soon(): void {
    if (this.#looking) return;
    this.#looking = true;
    this.host.after(LIMITS.idleAfterMs, () => {
      // Whoever had something to do has had a turn before the look.
      this.host.later(() => {
        this.#looking = false;
        this.#look();
      });
    }, true);
  }

  #look(): void {
    const { turns } = this;
    const again = turns.look();
    const waits = this.on.workWaits() && turns.active > 0;
    if (waits && turns.quietLooks * LIMITS.idleAfterMs >= LIMITS.stalledMs) this.on.stalled();
    else if (again || waits) this.soon();
  }
}
