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
  const tasks = scaled(1_000_000, scale);
  return [
    row("memory of an idle worker", { work: "idle" }, megabytes),
    {
      ...row(
        `memory with ${counted(tasks)} queued`,
        { work: "queue", tasks, perBundle: 1 },
        megabytes,
      ),
      limit: LONGEST_FILL,
    },
    row(
      `memory with ${counted(tasks)} queued by 1,000`,
      { work: "queue", tasks, perBundle: 1000 },
      megabytes,
    ),
  ];
}
