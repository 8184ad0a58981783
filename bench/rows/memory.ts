/**
 * Rows about memory.
 *
 * @module
 */

import { counted, megabytes, type Row, row, scaled } from "./row.ts";

/** Milliseconds for a queue that is filled task by task. */
const LONGEST_FILL = 150_000;

/** A worker that does nothing, and the process that holds a long queue. */
export function memoryRows(scale: number): Row[] {
  const [many, most] = [200_000, 1_000_000].map((tasks) => scaled(tasks, scale)) as [
    number,
    number,
  ];
  return [
    row("memory of an idle worker", { work: "idle" }, megabytes),
    queueRow(many, 1),
    queueRow(most, 1),
    queueRow(most, 1_000),
  ];
}

function queueRow(tasks: number, perBundle: number): Row {
  const by = perBundle === 1 ? "" : ` by ${counted(perBundle)}`;
  const workload = { work: "queue", tasks, perBundle } as const;
  return {
    ...row(`memory with ${counted(tasks)} queued${by}`, workload, megabytes),
    limit: LONGEST_FILL,
  };
}
