/**
 * The table of a run in markdown, for the documentation.
 *
 * @module
 */

import { bestPeer, BOUND, OURS, ratioTo } from "./ratios.ts";
import type { Figure, ResultRow, Results } from "./results.ts";
import { short } from "./table.ts";

/** How names stand at the head of a column, where they are not names of packages. */
const HEADS: Record<string, string> = {
  "watched": "scoop, watched",
  "python pool": "ProcessPoolExecutor",
  "python, chunks": "the same, best chunk size",
  "raw zeromq": "raw ZeroMQ",
};

/** Rows of the excerpt. */
const EXCERPT = [
  /^no-op map 1,000,000$/,
  /^no-op submit/,
  /^nested fib/,
  /^cold: /,
  /^submit to result, remote, idle, p50$/,
  /^\d+ MB /,
  /^hello/,
  /^efficiency/,
  /async naps/,
  /^memory/,
];

/**
 * Replaces what stands between `<!-- bench: NAME -->` and `<!-- bench: end -->`.
 *
 * @throws {Error} when the first of these does not stand there once, or the second does not follow
 */
export function replacePart(page: string, name: string, body: string): string {
  const begin = `<!-- bench: ${name} -->`;
  const end = "<!-- bench: end -->";
  const parts = page.split(begin);
  if (parts.length !== 2) {
    throw new Error(`expected ${begin} once, found it ${parts.length - 1} times`);
  }
  const [before, after] = parts as [string, string];
  const rest = after.indexOf(end);
  if (rest < 0) throw new Error(`no ${end} follows ${begin}`);
  return `${before}${begin}\n\n${body.trim()}\n\n${after.slice(rest)}`;
}

/** All of a run: where and when it was, who took part, the table, and what is to be said about it. */
export function wholeTable(results: Results): string {
  const names = Object.keys(results.contestants);
  const others = names.filter((name) => name !== OURS);
  const heads = ["", OURS, "best peer", "ratio to it", `ratio to ${HEADS[BOUND]}`];
  const rows = results.rows.map((row) => [
    label(row),
    cell(row.figures[OURS]),
    bestPeer(row, results.roles) ?? "",
    ratioCell(row, bestPeer(row, results.roles)),
    ratioCell(row, BOUND),
    ...others.map((name) => cell(row.figures[name])),
  ]);
  return [
    circumstances(results),
    entrants(results),
    table([...heads, ...others.map((name) => HEADS[name] ?? name)], rows),
    ...remarks(results.rows),
  ].join("\n\n");
}

/** A few rows, with the best peer of each beside ours. */
export function excerpt(results: Results): string {
  const rows = results.rows
    .filter(({ name }) => EXCERPT.some((pattern) => pattern.test(name)))
    .map((row) => {
      const best = bestPeer(row, results.roles);
      const other = best === undefined ? "" : `${cell(row.figures[best])} (${HEADS[best] ?? best})`;
      return [label(row), cell(row.figures[OURS]), other, cell(row.figures[BOUND])];
    });
  return `${circumstances(results)}\n\n${table(["", OURS, "best peer", HEADS[BOUND]!], rows)}`;
}

function circumstances({ at, machine, repeat }: Results): string {
  const { cores, model, memory, system, deno, load } = machine;
  const busy = load === "" ? "" : `, load ${load} before`;
  const runs = repeat === 1 ? "single runs" : `medians of ${repeat} runs`;
  return `Measured on ${at.slice(0, 10)}: ${cores} x ${model}, ${
    (memory / 2 ** 30).toFixed(0)
  } GiB, ` +
    `${system}, Deno ${deno}${busy}; ${runs}.`;
}

function entrants({ contestants, skipped }: Results): string {
  return [
    ...Object.entries(contestants).map(([name, text]) => `- ${HEADS[name] ?? name}: ${text}`),
    ...Object.entries(skipped).map(([name, reason]) =>
      `- ${HEADS[name] ?? name}: left out, ${reason}`
    ),
  ].join("\n");
}

function label({ name, unit }: ResultRow): string {
  return `${name}, ${unit}`;
}

function cell(figure: Figure | undefined): string {
  if (figure === undefined || figure.cannot !== undefined) return "-";
  if (figure.failed !== undefined) return "failed";
  if (figure.over !== undefined) return `over ${figure.over} s`;
  if (!figure.right) return "wrong";
  return figure.median === undefined ? "" : short(figure.median);
}

function ratioCell(row: ResultRow, other: string | undefined): string {
  const ratio = other === undefined ? undefined : ratioTo(row, other);
  return ratio === undefined ? "" : short(ratio, 2);
}

function table(heads: readonly string[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

/** Why cells are empty, and what contestants said; each once, with all it is true of. */
function remarks(rows: readonly ResultRow[]): string[] {
  const refused = new Map<string, Set<string>>();
  const said = new Set<string>();
  for (const { name: row, figures } of rows) {
    for (const [name, { cannot, failed, note }] of Object.entries(figures)) {
      const head = HEADS[name] ?? name;
      if (cannot !== undefined) refused.set(cannot, (refused.get(cannot) ?? new Set()).add(head));
      if (failed !== undefined) said.add(`- ${row}, ${head}: failed, ${failed}`);
      if (note !== undefined) said.add(`- ${row}, ${head}: ${note}`);
    }
  }
  const reasons = [...refused].map(([reason, names]) => `- ${reason}: ${[...names].join(", ")}`);
  return [
    ...reasons.length > 0
      ? [`A "-" is where a contestant has no counterpart:`, reasons.join("\n")]
      : [],
    ...said.size > 0 ? ["Notes:", [...said].join("\n")] : [],
  ];
}
