/**
 * Rows about what a program that waits for its tasks hears, and when, while every worker is busy.
 *
 * The origin is one of the workers, so all that concerns the program has to get in between tasks.
 * The peers' programs have a process to themselves, whose figures would say nothing.
 *
 * @module
 */

import { milliseconds, type Row, scaled } from "./row.ts";

/** Tasks of so many milliseconds, for about three seconds on two workers. */
const TASK = 3;
const TASKS = 2_000;

/** From the end of a task until the program has its result, and how late operations are. */
export function latenessRows(scale: number): Row[] {
  const workload = { work: "late", milliseconds: TASK, tasks: scaled(TASKS, scale) } as const;
  return [
    {
      name: "late results, all busy",
      workload: { ...workload, what: "results" },
      lines: [milliseconds("p50", 0.5), milliseconds("p99, goal 30", 0.99)],
    },
    {
      name: "program's I/O late, all busy",
      workload: { ...workload, what: "operations" },
      lines: [milliseconds("p99, goal 15", 0.99)],
    },
  ];
}
