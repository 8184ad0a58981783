/**
 * The row about tasks that wait.
 *
 * @module
 */

import { counted, type Row, row, scaled } from "./row.ts";

/** Milliseconds. */
const NAP = 10;
const TASKS = 1_000;

/** How many tasks wait at a time, when all of them do nothing else. */
export function napRows(scale: number): Row[] {
  const tasks = scaled(TASKS, scale);
  const workload = { work: "naps", milliseconds: NAP, tasks } as const;
  return [row(`${counted(tasks)} async naps of ${NAP} ms`, workload, {
    unit: "at a time",
    better: "higher",
    value: ({ seconds }) => tasks * NAP / 1000 / seconds!,
  })];
}
