/**
 * How a process that is about to leave its run waits for what it has withdrawn.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import type { Host } from "./host.ts";

/** Fulfilled when nothing is open any more, or everybody has had the time to answer. */
export function answered(host: Pick<Host, "after">, isOpen: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = (leftMs: number) => {
      if (leftMs <= 0 || !isOpen()) return resolve();
      host.after(LIMITS.doneLookMs, () => look(leftMs - LIMITS.doneLookMs));
    };
    look(LIMITS.farewellMs);
  });
}
