/**
 * Questions for the run's numbers that a launcher answers.
 *
 * @module
 */

import type { RunStats } from "../telemetry/stats.ts";

/** See the module's text. */
export class Questions {
  #last = 0;
  #open = new Map<number, (stats: RunStats) => void>();

  /** @param put hands a question, by its number, to the launcher */
  constructor(private readonly put: (id: number) => void) {}

  /** How the run stands. A launcher that does not answer has gone, and this process goes with it. */
  ask(): Promise<RunStats> {
    const id = ++this.#last;
    return new Promise((resolve) => {
      this.#open.set(id, resolve);
      this.put(id);
    });
  }

  /** The launcher has answered. */
  answered(id: number, stats: RunStats): void {
    this.#open.get(id)?.(stats);
    this.#open.delete(id);
  }
}
