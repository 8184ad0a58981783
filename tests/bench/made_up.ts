/** Results of a bench that never ran. */

import type { Figure, ResultRow, Results } from "../../bench/results.ts";

/** A figure of one run; or none, with the reason. */
export function figureOf(value: number): Figure {
  return { median: value, runs: [value], right: true, elapsed: [1] };
}

/** A row in which more is better, unless said otherwise. */
export function rowOf(
  name: string,
  figures: Record<string, Figure | number>,
  better: ResultRow["better"] = "higher",
): ResultRow {
  const entries = Object.entries(figures).map(([contestant, figure]) =>
    [contestant, typeof figure === "number" ? figureOf(figure) : figure] as const
  );
  return { name, unit: "tasks/s", better, figures: Object.fromEntries(entries) };
}

/** A run of ours, two peers and two bounds. */
export function resultsOf(...rows: ResultRow[]): Results {
  return {
    at: "2026-01-02T03:04:05.678Z",
    machine: {
      ...{ cores: 2, model: "Abacus", memory: 8 * 2 ** 30, system: "linux x86_64" },
      ...{ deno: "2.9.6", load: "0.1" },
    },
    repeat: 2,
    scale: 1,
    contestants: {
      "scoop": "this project, 2 workers",
      "piscina": "piscina 5.3.2",
      "tinypool": "tinypool 2.2.0",
      "python, chunks": "the best of a few chunk sizes",
      "raw zeromq": "libzmq 4.3.5",
    },
    roles: {
      ...{ "scoop": "ours", "piscina": "peer", "tinypool": "peer" },
      ...{ "python, chunks": "bound", "raw zeromq": "bound" },
    },
    skipped: { poolifier: "npm was not found" },
    rows,
  };
}
