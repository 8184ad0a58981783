/**
 * The table: one line for each figure, one column for each contestant.
 *
 * @module
 */

import { median } from "./statistics.ts";
import type { Machine } from "./machine.ts";
import type { Figure } from "./results.ts";
import type { Line, Row } from "./rows/row.ts";
import type { Measured } from "./workload.ts";

/** What became of a contestant in a row. */
export type Outcome =
  | { kind: "measured"; runs: Measured[]; right: boolean }
  | { kind: "failed"; reason: string }
  /** It was given up after so many seconds. */
  | { kind: "slow"; seconds: number }
  /** It has no way to do this work. */
  | { kind: "cannot"; reason: string };

/** A row, measured. */
export interface MeasuredRow {
  readonly row: Row;
  /** By the contestant's name. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

const NAME_WIDTH = 46;
const UNIT_WIDTH = 11;
const COLUMN_WIDTH = 19;

/** What stands above the table. */
export function header(machine: Machine, entrants: readonly string[], repeat: number): string {
  const { cores, model, memory, system, deno, load } = machine;
  const gigabytes = (memory / 2 ** 30).toFixed(0);
  const busy = load === "" ? "" : `, load ${load}`;
  return [
    `${cores} x ${model}, ${gigabytes} GiB, ${system}, Deno ${deno}${busy}`,
    ...entrants,
    repeat === 1
      ? "Each figure is of a single run."
      : `Each figure is the median of ${repeat} runs (* of one, which took long).`,
    "In brackets: what a peer achieves for each 1 of scoop's; below 1 it is slower, or needs more.",
    "",
  ].join("\n");
}

/** The heads of the columns. */
export function columns(names: readonly string[]): string {
  const heads = names.map((name) => name.padStart(COLUMN_WIDTH)).join("");
  return `${"".padEnd(NAME_WIDTH + UNIT_WIDTH)}${heads}`;
}

/** The lines of a row; the first contestant is what the others are compared with. */
export function lines({ row, outcomes }: MeasuredRow, names: readonly string[], repeat: number) {
  const [first] = names;
  return row.lines.map((line) => {
    const base = figure(line, outcomes.get(first!)).median;
    const cells = names.map((name) => {
      const cell = cellText(line, outcomes.get(name), repeat, name === first ? undefined : base);
      return cell.padStart(COLUMN_WIDTH);
    });
    return `${title(row, line).padEnd(NAME_WIDTH)}${line.unit.padStart(UNIT_WIDTH)}${
      cells.join("")
    }`;
  }).join("\n");
}

/** What is to be said about a row below the table. */
export function remarks({ row, outcomes }: MeasuredRow): string[] {
  const found: string[] = [];
  for (const [name, outcome] of outcomes) {
    const text = outcome.kind === "failed"
      ? `failed: ${outcome.reason}`
      : outcome.kind === "measured"
      ? outcome.runs.at(-1)?.note
      : undefined;
    if (text !== undefined) found.push(`${row.name}, ${name}: ${text}`);
    if (outcome.kind === "measured" && !outcome.right) {
      found.push(`${row.name}, ${name}: the results are wrong`);
    }
  }
  return found;
}

/** Why cells are empty, and who that is true of. */
export function refusals(measured: readonly MeasuredRow[]): string[] {
  const found = new Map<string, Set<string>>();
  for (const [name, outcome] of measured.flatMap(({ outcomes }) => [...outcomes])) {
    if (outcome.kind !== "cannot") continue;
    found.set(outcome.reason, (found.get(outcome.reason) ?? new Set()).add(name));
  }
  return [...found].map(([reason, names]) => `-: ${reason} (${[...names].join(", ")})`);
}

/** What one contestant achieved. */
export function figure(line: Line, outcome: Outcome | undefined): Figure {
  if (outcome === undefined) return {};
  if (outcome.kind === "cannot") return { cannot: outcome.reason };
  if (outcome.kind === "slow") return { over: outcome.seconds };
  if (outcome.kind === "failed") return { failed: outcome.reason };
  const runs = outcome.runs.map((run) => line.value(run));
  const elapsed = outcome.runs.map((run) => run.elapsed);
  const note = outcome.runs.at(-1)?.note;
  const { right } = outcome;
  return { median: median(runs), runs, right, elapsed, ...(note !== undefined && { note }) };
}

/** A line's full name. */
export function title(row: Row, line: Line): string {
  return line.name === "" ? row.name : `${row.name}, ${line.name}`;
}

function cellText(
  line: Line,
  outcome: Outcome | undefined,
  repeat: number,
  base: number | undefined,
): string {
  if (outcome === undefined || outcome.kind === "cannot") return "-";
  if (outcome.kind === "failed") return "failed";
  if (outcome.kind === "slow") return `over ${outcome.seconds} s`;
  if (!outcome.right) return "wrong";
  const value = figure(line, outcome).median!;
  const once = outcome.runs.length < repeat ? "*" : "";
  if (base === undefined) return `${short(value)}${once}`;
  const ratio = line.better === "higher" ? value / base : base / value;
  return `${short(value)}${once} (${short(ratio, 2)})`;
}

/** Three digits are what a measurement is good for. */
export function short(value: number, digits = 3): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: digits });
}
