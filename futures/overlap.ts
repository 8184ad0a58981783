/**
 * Tasks that let others begin while they await something of their own: a page, a file, a timer.
 *
 * A worker gives its processor to one task until that ends or waits for a future of ours, so that
 * tasks need not expect to meet each other in the middle of their code. A function for which that is
 * no concern says so with `task(fn, { concurrency: 100 })`: so many of its tasks may have begun on one
 * worker. All but the last of them do not hold the processor between two steps; the last one does,
 * and lets go when one of the others has ended.
 *
 * A state machine without I/O or clock.
 *
 * @module
 */

import type { FunctionHandle } from "./function_handle.ts";
import { taskOptions } from "./registry.ts";
import type { Turn } from "./turn.ts";
import type { Turns } from "./turns.ts";

/** What has begun of one function; with each turn, the milliseconds until its task's first await. */
interface Begun {
  /** Those that do not hold the processor. */
  readonly free: Map<Turn, number>;
  /** Those that came when there were as many as there may be. */
  readonly held: Map<Turn, number>;
}

/** See the module's text. */
export class Overlap {
  readonly #begun = new Map<FunctionHandle, Begun>();

  constructor(private readonly turns: Turns) {}

  /** A turn's task has returned a promise; it is about to be suspended. */
  suspends(handle: FunctionHandle, turn: Turn): void {
    const most = concurrencyOf(handle);
    if (most === 1) return;
    let begun = this.#begun.get(handle);
    if (begun === undefined) {
      this.#begun.set(handle, begun = { free: new Map(), held: new Map() });
    }
    if (begun.free.size < most - 1) {
      turn.overlaps = true;
      begun.free.set(turn, turn.spent);
    } else begun.held.set(turn, turn.spent);
  }

  /**
   * A task has come to its end.
   *
   * @param spent its milliseconds, from its beginning on
   * @returns its share of the worker's: after its first await there is room for as many as may have
   *   begun
   */
  ends(handle: FunctionHandle, turn: Turn, spent: number): number {
    const begun = this.#begun.get(handle);
    if (begun === undefined) return spent;
    const { free, held } = begun;
    const first = free.get(turn) ?? held.get(turn) ?? spent;
    if (free.delete(turn)) {
      const [next] = held;
      if (next !== undefined) {
        held.delete(next[0]);
        free.set(...next);
        this.turns.overlap(next[0]);
      }
    } else held.delete(turn);
    if (free.size + held.size === 0) this.#begun.delete(handle);
    return first + (spent - first) / concurrencyOf(handle);
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    for (const [handle, { free, held }] of this.#begun) {
      const most = concurrencyOf(handle);
      if (free.size >= most) {
        throw new Error(`${free.size} of ${handle.label} are free, of ${most}`);
      }
      if (held.size > 0 && free.size < most - 1) {
        throw new Error(`${handle.label} holds the processor, with ${free.size} of ${most}`);
      }
      for (const turn of free.keys()) {
        if (!turn.overlaps) throw new Error(`${turn.label} holds the processor unasked`);
      }
    }
  }
}

function concurrencyOf({ fn }: FunctionHandle): number {
  return fn && taskOptions(fn)?.concurrency || 1;
}
