/**
 * What was measured for the plot, and how it is kept.
 *
 * @module
 */

/** What grows. */
export type Panel = "tasks" | "workers" | "brokers";

/** One measurement. */
export interface Point {
  readonly panel: Panel;
  /** Measurements that a line connects; the text of the legend. */
  readonly series: string;
  /** How many tasks, workers or brokers. */
  readonly count: number;
  /** Microseconds of a task, or of a bundle. */
  readonly microseconds: number;
}

const HEAD = "panel,series,count,microseconds";

/** Points as comma-separated values; a comment about their origin goes first. */
export function writePoints(points: readonly Point[], about: string): string {
  const lines = points.map(({ panel, series, count, microseconds }) =>
    [panel, `"${series}"`, count, Number(microseconds.toPrecision(4))].join()
  );
  return [`# ${about}`, HEAD, ...lines, ""].join("\n");
}

/**
 * Reads what {@link writePoints} has written.
 *
 * @throws {Error} when a line is none of these
 */
export function readPoints(text: string): { points: Point[]; about: string } {
  const [about, head, ...lines] = text.trimEnd().split("\n");
  if (head !== HEAD) throw new Error(`expected ${HEAD}, got ${head}`);
  const points = lines.map((line): Point => {
    const found = /^(tasks|workers|brokers),"([^"]*)",(\d+),([\d.e+-]+)$/.exec(line);
    if (found === null) throw new Error(`no point: ${line}`);
    const [, panel, series, count, microseconds] = found;
    return {
      panel: panel as Panel,
      series: series!,
      count: Number(count),
      microseconds: Number(microseconds),
    };
  });
  return { points, about: about!.replace(/^# /, "") };
}
