/**
 * Silence of the other side of a connection. Only such silence counts as this process could have
 * heard broken: while it was stopped, or not served by its event loop, it says nothing of the other.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import { keepTime } from "../wire/served_clock.ts";

/** See the module's text. */
export interface Silence {
  /** Something was heard. */
  heard(): void;
  stop(): void;
}

/** Who is told of what. */
export interface SilenceEvents {
  /** Called at each look, before anything is concluded. */
  look(): void;
  /** Called once. */
  tooLong(): void;
}

/**
 * Listens.
 *
 * @param everyMs between two looks
 * @param mostMs how long a silence may be
 */
export function listenForSilence(
  everyMs: number,
  { look, tooLong }: SilenceEvents,
  mostMs: () => number = () => LIMITS.agentSilenceMs,
): Silence {
  const { clock, stop } = keepTime({
    everyMs,
    onBeat(now) {
      look();
      if (now - heardAt <= mostMs()) return;
      stop();
      tooLong();
    },
  });
  let heardAt = clock.now();
  return { heard: () => void (heardAt = clock.now()), stop };
}
