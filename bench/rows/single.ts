/**
 * Rows about one task at a time: how soon its result is there, and how large it may be.
 *
 * @module
 */

import { microseconds, type Row, row, scaled } from "./row.ts";
import { median } from "../statistics.ts";

/** Milliseconds between two trips, so that everybody has gone back to sleep. */
const PAUSE = 5;

/** Latency elsewhere and at home, large arrays, and a whole run with one task. */
export function singleRows(scale: number): Row[] {
  return [
    latencyRow("remote", scaled(400, scale), PAUSE),
    latencyRow("local", scaled(400, scale), PAUSE),
    latencyRow("local", scaled(20_000, scale), 0),
    arrayRow(1, scaled(30, scale)),
    arrayRow(100, scaled(3, scale)),
    row("hello, start to finish", { work: "hello" }, {
      unit: "ms",
      better: "lower",
      value: ({ elapsed }) => elapsed * 1000,
    }),
  ];
}

function latencyRow(where: "remote" | "local", samples: number, pause: number): Row {
  return {
    name: `submit to result, ${where}, ${pause > 0 ? "idle" : "no pause"}`,
    workload: { work: "latency", where, samples, pause },
    lines: [microseconds("p50", 0.5), microseconds("p99", 0.99)],
  };
}

function arrayRow(megabytes: number, trips: number): Row {
  const workload = { work: "array", bytes: megabytes * 1_000_000, trips } as const;
  return row(`${megabytes} MB array there and back`, workload, {
    unit: "ms",
    better: "lower",
    value: ({ samples }) => median(samples!),
  });
}
