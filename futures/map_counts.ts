/**
 * How many tasks of a `map` are known, and what became of them, for those who show the run.
 *
 * @module
 */

import type { FunctionCounts } from "../telemetry/tally_keeper.ts";
import { CancelledError } from "../wire/errors.ts";

/** See the module's text. */
export class MapCounts {
  #known = 0;
  #settled = 0;
  #over = false;

  /** @param size the number of inputs, as far as it is known; Infinity when it is not */
  constructor(private readonly counts: FunctionCounts, size: number) {
    if (Number.isFinite(size)) this.read(size);
  }

  /** So many inputs are known in all. */
  read(tasks: number): void {
    if (tasks <= this.#known) return;
    this.counts.spawned(tasks - this.#known);
    this.#known = tasks;
  }

  /** A task has returned. */
  done(): void {
    if (this.#over) return;
    this.#settled++;
    this.counts.done();
  }

  /** A task has failed, unless it was given up: that is told at the end. */
  failed(error: unknown): void {
    if (this.#over || error instanceof CancelledError) return;
    this.#settled++;
    this.counts.failed();
  }

  /** Nothing is waited for any more: the rest will have no outcome. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#known > this.#settled) this.counts.dropped(this.#known - this.#settled);
  }
}
