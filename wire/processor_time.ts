/**
 * How much processor time this process has taken.
 *
 * @module
 */

import { nodeProcess } from "./node_builtins.ts";

/** Reads it; undefined as long as nobody knows a way that costs less than Node's. */
let read: (() => number) | undefined;

/** From now on it is read by a function that returns microseconds, as the C library's `clock`. */
export function readProcessorTimeBy(clock: () => number | bigint): void {
  read = () => Number(clock()) / 1000;
}

/** Milliseconds of processor time since the process began, in all its threads. */
export function processorTime(): number {
  if (read !== undefined) return read();
  const { user, system } = nodeProcess().cpuUsage();
  return (user + system) / 1000;
}
