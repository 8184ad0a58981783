/**
 * How much of a `map` may be in flight.
 *
 * @module
 */

import type { Inputs } from "./inputs.ts";
import { MOST_TASKS } from "./sizing.ts";

/** Tasks in flight for each worker, at most: 8 of the largest bundles. */
const WINDOW_PER_WORKER = 8 * MOST_TASKS;
/** Tasks in flight for each worker before results are taken, where inputs come from elsewhere. */
const FIRST_WINDOW_PER_WORKER = 128;
/** Bundles for each worker that a window holds at the least. */
const BUNDLES_PER_WORKER = 4;
/** Bytes of arguments in flight, about, whatever the number of tasks. */
const WINDOW_BYTES = 64 << 20;
/** Bytes of results nobody has taken, about, whatever the number of tasks. */
const RESULT_BYTES = 256 << 20;

/** What a {@link MapWindow} is told at its beginning. */
export interface WindowPlan {
  readonly inputs: Inputs;
  readonly chunkSize: number;
  /** Tasks in flight at most; by the number of workers when undefined. */
  readonly window: number | undefined;
  /** The same, as the user wants it. */
  readonly readAhead?: number;
}

/** See the module's text. */
export class MapWindow {
  /** Bytes of the arguments of bundles that are not done, about. */
  bytesInFlight = 0;
  /** Bytes of results that nobody has taken, about. */
  resultBytes = 0;

  /** @param workers tells how many there are in the run */
  constructor(private readonly plan: WindowPlan, private readonly workers: () => number) {}

  /** Tasks whose inputs may be read and whose results nobody has taken, with `taken` taken. */
  size(taken: number): number {
    const { inputs, chunkSize, window, readAhead } = this.plan;
    const wanted = window ?? readAhead;
    if (wanted !== undefined) return wanted;
    const workers = this.workers();
    const most = WINDOW_PER_WORKER * workers;
    // What is there anyway can be read at once.
    if (inputs.size !== Infinity) return most;
    const first = Math.max(FIRST_WINDOW_PER_WORKER, BUNDLES_PER_WORKER * chunkSize) * workers;
    return Math.min(most, Math.max(first, 2 * taken));
  }

  /** Tasks in one bundle at most, so that no worker gets all that is in a small window. */
  share(taken: number): number {
    const { inputs, chunkSize, window, readAhead } = this.plan;
    if (chunkSize > 0 || window !== undefined) return Infinity;
    if (inputs.size !== Infinity && readAhead === undefined) return Infinity;
    return Math.max(1, Math.ceil(this.size(taken) / (BUNDLES_PER_WORKER * this.workers())));
  }

  /** How many more inputs may be read. */
  room(pulled: number, taken: number): number {
    if (this.bytesInFlight > WINDOW_BYTES || this.resultBytes > RESULT_BYTES) return 0;
    return this.size(taken) - (pulled - taken);
  }
}
