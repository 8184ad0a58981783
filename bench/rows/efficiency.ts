/**
 * Rows about what is left of the processors when all tasks have a given length.
 *
 * @module
 */

import { WORKERS } from "../workload.ts";
import { type Row, row, scaled } from "./row.ts";

/** Seconds that the tasks of a row take together, on one worker. */
const TOTAL = 2;

/** Tasks of 10 ms, 1 ms and 100 µs. */
export function efficiencyRows(scale: number): Row[] {
  return [10, 1, 0.1].map((milliseconds) => {
    const tasks = Math.max(2 * WORKERS, scaled(TOTAL * 1000 / milliseconds, scale));
    const name = milliseconds < 1 ? `${milliseconds * 1000} µs` : `${milliseconds} ms`;
    const ideal = tasks * milliseconds / 1000 / WORKERS;
    return row(`efficiency, ${name} tasks`, { work: "spin", milliseconds, tasks }, {
      unit: "% of ideal",
      better: "higher",
      value: ({ seconds }) => 100 * ideal / seconds!,
    });
  });
}
