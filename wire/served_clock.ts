/**
 * Time as far as this process was there to see it pass. Whoever judges the silence of others by
 * this clock cannot blame them for having been stopped, blocked or starved himself.
 *
 * @module
 */

import { breathe } from "./breath.ts";
import { LIMITS } from "./limits.ts";
import { drainSockets } from "./receiver.ts";
import { setTimeout } from "./timers.ts";

/**
 * Goes with the real clock from beat to beat, but between two beats no further than they are apart
 * by plan, and `LIMITS.servedBeatMs`.
 */
export class ServedClock {
  readonly #read: () => number;
  readonly #mostMs: number;
  /** This clock's time at the last beat, and the real one's. */
  #served: number;
  #beatAt: number;

  /**
   * @param read the real time in milliseconds
   * @param everyMs milliseconds between two beats by plan
   */
  constructor(read: () => number = () => performance.now(), everyMs = 0) {
    this.#read = read;
    this.#mostMs = everyMs + LIMITS.servedBeatMs;
    this.#served = this.#beatAt = read();
  }

  /** Milliseconds; at first those of the real clock, later perhaps less, and never going back. */
  now(): number {
    return this.#served + Math.min(this.#read() - this.#beatAt, this.#mostMs);
  }

  /** This process was served: what waited for it has been taken in. */
  beat(): void {
    this.#served = this.now();
    this.#beatAt = this.#read();
  }
}

/** See {@link keepTime}. */
export interface TimeKeeping {
  /** Milliseconds between two beats. */
  readonly everyMs: number;
  /** Called at each beat, with the clock's time. What it throws is reported; the beats go on. */
  onBeat(now: number): void;
  /** True when the beats are not to keep the process alive. */
  readonly unref?: boolean;
}

/**
 * A clock that is served by this process. At each beat everything that has arrived is delivered
 * first, so that nobody is judged by a word that lies unread.
 */
export function keepTime(
  { everyMs, onBeat, unref = false }: TimeKeeping,
): { clock: ServedClock; stop(): void } {
  const clock = new ServedClock(undefined, everyMs);
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const beat = async () => {
    try {
      await breathe();
      await drainSockets();
      if (stopped) return;
      clock.beat();
      onBeat(clock.now());
    } catch (error) {
      report(error);
    }
    wait();
  };
  const wait = () => {
    if (stopped) return;
    timer = setTimeout(beat, everyMs);
    if (unref) Deno.unrefTimer(timer);
  };
  wait();
  return {
    clock,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function report(error: unknown): void {
  console.error(`scoop: ${String(error).split("\n", 1)[0]}`);
}
