/**
 * Rows about single tasks: how soon the result is there, and how large the arguments may be.
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
    latencyRow("remote", scaled(200, scale), PAUSE),
    latencyRow("local", scaled(200, scale), PAUSE),
    latencyRow("local", scaled(20_000, scale), 0),
    arrayRow(1, scaled(30, scale)),
    arrayRow(100, scaled(2, scale)),
    argumentsRow(1, scaled(200, scale)),
    argumentsRow(16, scaled(16, scale)),
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

function argumentsRow(megabytes: number, tasks: number): Row {
  const workload = { work: "arguments", bytes: megabytes * 1_000_000, tasks } as const;
  return row(`${megabytes} MB arguments, one for each task`, workload, {
    unit: "MB/s",
    better: "higher",
    value: ({ seconds }) => megabytes * tasks / seconds!,
  });
}
