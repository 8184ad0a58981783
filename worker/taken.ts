/**
 * What a process takes of its machine.
 *
 * @module
 */

import { processorTime } from "../wire/processor_time.ts";

/** What a process takes of its machine. */
export interface Taken {
  /** Milliseconds of processor time since it began. */
  readonly cpuMs: number;
  /** Bytes of memory. */
  readonly rss: number;
}

/** What this process takes; looking costs 60 µs. */
export function takenByThisProcess(): Taken {
  return { cpuMs: processorTime(), rss: Deno.memoryUsage().rss };
}
