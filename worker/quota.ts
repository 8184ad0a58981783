/**
 * How much memory a worker may use, and how many tasks it may run, before it is replaced: what it
 * can tell of that itself. A task that does not let go is the matter of whoever started the worker
 * (`launch/memory_watch.ts`).
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import { sizeText } from "../wire/sizes.ts";

/** What a worker may use; Infinity for as much as it likes. */
export interface Quota {
  /** Bytes of its process, the resident ones: heap, arrays, and Deno itself. */
  readonly maxMemory: number;
  /** Tasks of others. */
  readonly maxTasks: number;
}

/** How it is told that a worker uses too much; told by those who start it, too. */
export function tooMuch(used: number, most: number): string {
  return `used ${sizeText(used)}, more than --max-memory ${sizeText(most)}`;
}

/** Counts a worker's tasks, and looks at its memory between them. */
export class QuotaWatch {
  #tasks = 0;
  #lookedAt = -Infinity;

  /**
   * @param retire called when the worker should be replaced, perhaps more than once
   * @param used bytes that this process uses
   */
  constructor(
    private readonly quota: Quota,
    private readonly retire: (reason: string) => void,
    private readonly used: () => number = () => Deno.memoryUsage().rss,
  ) {}

  /** How many more tasks of others may begin. */
  get left(): number {
    return Math.max(0, this.quota.maxTasks - this.#tasks);
  }

  /** So many tasks of others have begun, at `now` on a clock in milliseconds, and all but one ended. */
  executed(tasks: number, now: number): void {
    this.#tasks += tasks;
    if (this.left === 0) {
      this.retire(`it has run ${this.#tasks} tasks, as many as --max-tasks allows`);
    }
    this.look(now);
  }

  /** Looks at the memory, unless that was a moment ago. */
  look(now: number): void {
    const { maxMemory } = this.quota;
    if (maxMemory === Infinity || now - this.#lookedAt < LIMITS.ownMemoryLookMs) return;
    this.#lookedAt = now;
    const used = this.used();
    if (used > maxMemory) this.retire(tooMuch(used, maxMemory));
  }
}

/** Why a worker that has run nothing yet will be of no use; undefined when it may be. */
export function tooLarge({ maxMemory }: Quota): string | undefined {
  const used = maxMemory === Infinity ? 0 : Deno.memoryUsage().rss;
  if (used <= maxMemory) return undefined;
  return `with the program alone it ${tooMuch(used, maxMemory)}`;
}
