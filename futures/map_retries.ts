/**
 * Tasks of a `map` that have thrown and are tried again, each by itself.
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";
import type { ChunkOwner } from "./map_chunk.ts";
import { Stage } from "./outcome.ts";
import { Attempts } from "./retry.ts";
import { SpawnedTask } from "./spawned_task.ts";

/** See the module's text. */
export class MapRetries {
  #tasks = new Set<SpawnedTask<unknown>>();

  /** True when a task is tried again, and its outcome is that of another attempt. */
  tries(
    map: Omit<ChunkOwner, "ended" | "triesAgain">,
    index: number,
    error: unknown,
    args: () => unknown[] | Encoded,
  ): boolean {
    if (map.options.thrown === undefined || map.closed) return false;
    const attempts = new Attempts(map.options.thrown, index);
    const delay = attempts.next(error);
    if (delay === undefined) return false;
    const task = new SpawnedTask<unknown>(map.handle, args(), map.options, map.turn, attempts);
    this.#tasks.add(task);
    task.offerLater(delay);
    task.outcome.listen(() => {
      this.#tasks.delete(task);
      const { stage, value } = task.outcome;
      if (stage === Stage.finished) map.arrived(index, value, () => task.inputs());
      else map.failed(index, value, () => task.inputs());
    });
    return true;
  }

  /** Nobody wants any of them, begun or not. */
  stop(reason: unknown, graceMs: number): void {
    for (const task of [...this.#tasks]) task.stop(reason, graceMs);
  }
}
