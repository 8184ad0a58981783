/**
 * What a row of the table is.
 *
 * @module
 */

import { quantile } from "../statistics.ts";
import { type Measured, WORKERS, type Workload } from "../workload.ts";

/** One figure that a measurement yields. */
export interface Line {
  /** Added to the row's name; empty when the row has one line. */
  readonly name: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
  /** The figure, in `unit`. */
  value(measured: Measured): number;
}

/** One workload, measured for every contestant that can do it. */
export interface Row {
  readonly name: string;
  readonly workload: Workload;
  readonly lines: readonly Line[];
  /** Milliseconds after which a contestant counts as too slow for it, where the usual is too long. */
  readonly limit?: number;
}

/** A row with one figure. */
export function row(name: string, workload: Workload, line: Omit<Line, "name">): Row {
  return { name, workload, lines: [{ name: "", ...line }] };
}

/** Tasks per second, of so many tasks. */
export function rate(tasks: number, unit = "tasks/s"): Omit<Line, "name"> {
  return { unit, better: "higher", value: ({ seconds }) => tasks / seconds! };
}

/** A quantile of the single trips of a run, in microseconds. */
export function microseconds(name: string, share: number): Line {
  const value = ({ samples }: Measured) => quantile(samples!, share) * 1000;
  return { name, unit: "µs", better: "lower", value };
}

/** The same in milliseconds. */
export function milliseconds(name: string, share: number): Line {
  const value = ({ samples }: Measured) => quantile(samples!, share);
  return { name, unit: "ms", better: "lower", value };
}

/** Share of the processors' time that the tasks themselves took, which are so many milliseconds. */
export function efficiency(total: number): Omit<Line, "name"> {
  const ideal = total / 1000 / WORKERS;
  return { unit: "% of ideal", better: "higher", value: ({ seconds }) => 100 * ideal / seconds! };
}

/** Resident memory. */
export const megabytes: Omit<Line, "name"> = {
  unit: "MB",
  better: "lower",
  value: ({ bytes }) => bytes! / 1e6,
};

/** A number of tasks made smaller, and still a round one. */
export function scaled(tasks: number, scale: number): number {
  return Math.max(1, Math.round(tasks * scale));
}

/** A number with its thousands apart. */
export function counted(tasks: number): string {
  return tasks.toLocaleString("en-US");
}
