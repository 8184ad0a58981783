/**
 * The figures of a whole run, as they are kept in a file and written about.
 *
 * @module
 */

import type { Role } from "./contestant.ts";
import type { Machine } from "./machine.ts";
import type { Line } from "./rows/row.ts";
import { figure, type MeasuredRow, title } from "./table.ts";
import type { Workload } from "./workload.ts";

/** One figure of one contestant. */
export interface Figure {
  /** The middle of all runs; absent when there is none. */
  median?: number;
  /** The figure of every run. */
  runs?: number[];
  right?: boolean;
  /** Seconds that the whole processes took. */
  elapsed?: number[];
  note?: string;
  failed?: string;
  /** Seconds after which it was given up. */
  over?: number;
  /** Why it has no way to do this. */
  cannot?: string;
}

/** One line of the table. */
export interface ResultRow {
  readonly name: string;
  readonly unit: string;
  readonly better: Line["better"];
  readonly workload?: Workload;
  /** By the contestant's name. */
  readonly figures: Readonly<Record<string, Figure>>;
}

/** Who takes part, as what, and who does not and why. */
export interface Entrants {
  /** What is measured, by name. */
  readonly contestants: Readonly<Record<string, string>>;
  readonly roles: Readonly<Record<string, Role>>;
  /** The reason, by name. */
  readonly skipped: Readonly<Record<string, string>>;
}

/** All of a run. */
export interface Results extends Entrants {
  /** When, as an ISO date. */
  readonly at: string;
  readonly machine: Machine;
  readonly repeat: number;
  readonly scale: number;
  readonly rows: readonly ResultRow[];
}

/** The lines of what was measured. */
export function resultRows(measured: readonly MeasuredRow[]): ResultRow[] {
  return measured.flatMap(({ row, outcomes }) =>
    row.lines.map((line) => ({
      name: title(row, line),
      unit: line.unit,
      better: line.better,
      workload: row.workload,
      figures: Object.fromEntries(
        [...outcomes].map(([name, outcome]) => [name, figure(line, outcome)]),
      ),
    }))
  );
}

/** A figure that may be compared: there is one, and the results were right. */
export function comparable(figure: Figure | undefined): number | undefined {
  return figure?.right ? figure.median : undefined;
}
