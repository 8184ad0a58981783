/**
 * Rows about what is left of the processors when all tasks have a given length.
 *
 * @module
 */

import { WORKERS } from "../workload.ts";
import { efficiency, type Row, row, scaled } from "./row.ts";

/** Seconds that the tasks of a row take together, on one worker. */
const TOTAL = 2;

/** Of the tasks with a heavy tail, one in so many is so many times as long as the others. */
const ONE_IN = 100;
const TIMES = 50;

/** Tasks of 10 ms, 1 ms and 100 µs, and tasks of 1 ms of which a few take 50. */
export function efficiencyRows(scale: number): Row[] {
  return [...[10, 1, 0.1].map((milliseconds) => equalRow(milliseconds, scale)), tailRow(scale)];
}

function equalRow(milliseconds: number, scale: number): Row {
  const tasks = Math.max(2 * WORKERS, scaled(TOTAL * 1000 / milliseconds, scale));
  const name = milliseconds < 1 ? `${milliseconds * 1000} µs` : `${milliseconds} ms`;
  const workload = { work: "spin", milliseconds, tasks } as const;
  return row(`efficiency, ${name} tasks`, workload, efficiency(tasks * milliseconds));
}

function tailRow(scale: number): Row {
  const milliseconds = 1;
  const tasks = Math.max(ONE_IN, scaled(TOTAL * 1000 / milliseconds / 1.5, scale));
  const long = someOf(tasks, Math.round(tasks / ONE_IN));
  const total = milliseconds * (tasks + (TIMES - 1) * long.length);
  const workload = { work: "tail", milliseconds, tasks, times: TIMES, long } as const;
  return row(`efficiency, 1 ms tasks, 1 % of ${TIMES} ms`, workload, efficiency(total));
}

/** Some of the numbers below `count`, without a pattern, and the same ones every time. */
function someOf(count: number, some: number): number[] {
  const chosen = new Set<number>();
  for (let x = 1; chosen.size < some; x = x * 48_271 % 0x7fffffff) chosen.add(x % count);
  return [...chosen].sort((a, b) => a - b);
}
