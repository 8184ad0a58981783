/**
 * What peers have no counterpart of, and why.
 *
 * @module
 */

import type { Workload } from "../workload.ts";

/** Tasks in a queue that a peer is asked to fill: some need a minute for five times as many. */
const MOST_QUEUED = 200_000;

/** Why a pool of threads or processes beside the program cannot do this; undefined if it can. */
export function poolRefuses(workload: Workload): string | undefined {
  switch (workload.work) {
    case "fib":
    case "coldFib":
      return "its tasks cannot spawn tasks and wait for them";
    case "latency":
      return workload.where === "local" ? "the program is no worker of its own" : undefined;
    case "late":
      return "the program has a process to itself";
    case "queue":
      if (workload.perBundle > 1) return "it queues task by task";
      return workload.tasks > MOST_QUEUED ? "a fifth of the tasks tells its memory" : undefined;
    case "dispatch":
    case "federation":
      return "it has no broker";
    case "growth":
      return "it is measured by itself";
    default:
      return undefined;
  }
}
