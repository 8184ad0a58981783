/**
 * Rows about many small tasks.
 *
 * @module
 */

import { counted, rate, type Row, row, scaled } from "./row.ts";

/**
 * Milliseconds for the largest map; whoever takes longer does so at the same pace as in the smaller
 * one, and would be waited for for minutes.
 */
const LONGEST_MAP = 10_000;

/** No-op maps, no-op submits, and tasks that spawn tasks; these once more in a first second. */
export function taskRows(scale: number): Row[] {
  return [
    ...[100_000, 1_000_000].map((tasks) => mapRow(scaled(tasks, scale))),
    submitRow(scaled(50_000, scale)),
    fibRow(scale < 0.1 ? 14 : 24),
    coldSubmitRow(scaled(50_000, scale)),
    coldFibRow(scale < 0.1 ? 10 : 18),
  ];
}

function mapRow(tasks: number): Row {
  const workload = { work: "map", tasks, warmUp: warmUp(tasks) } as const;
  return { ...row(`no-op map ${counted(tasks)}`, workload, rate(tasks)), limit: LONGEST_MAP };
}

function submitRow(tasks: number): Row {
  const workload = { work: "submit", tasks, warmUp: warmUp(tasks) } as const;
  return row(`no-op submit ${counted(tasks)}`, workload, rate(tasks));
}

function fibRow(n: number): Row {
  const calls = fibCalls(n);
  const workload = { work: "fib", n, warmUp: n - 6 } as const;
  return row(`nested fib(${n}), ${counted(calls)} tasks`, workload, rate(calls));
}

function coldSubmitRow(tasks: number): Row {
  return row(`cold: no-op submit ${counted(tasks)}`, { work: "coldSubmit", tasks }, rate(tasks));
}

function coldFibRow(n: number): Row {
  const calls = fibCalls(n);
  const name = `cold: nested fib(${n}), ${counted(calls)} tasks`;
  return row(name, { work: "coldFib", n }, rate(calls));
}

/** fib(n) makes two calls for each leaf but one, and has fib(n + 1) leaves. */
function fibCalls(n: number): number {
  return 2 * fib(n + 1) - 1;
}

function fib(n: number): number {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

/** A slow peer should not spend its time on warming up: more than this is not needed. */
function warmUp(tasks: number): number {
  return Math.min(10_000, Math.ceil(tasks / 10));
}
