/**
 * The pictures of a report: who ran what when, and how the run stood over time. They are SVG that
 * stretches to the width there is, with all words beside it, in HTML.
 *
 * @module
 */

import { between, integralOf } from "../causes/grid.ts";
import type { Timeline } from "../causes/timeline.ts";
import { bytes, count, duration, taskName } from "../causes/words.ts";
import type { PlacedBlock, RunModel, WorkerFacts } from "../run_model.ts";
import { given, own, piece } from "./markup.ts";
import type { Markup } from "./markup.ts";
import { COLORS } from "./style.ts";

/** Rows that are shown; of more workers, some are. */
const MOST_ROWS = 256;
/** Rows from which on they are lower. */
const DENSE_ROWS = 40;
/** Blocks that are shown one by one, each with what it was. */
const MOST_BLOCKS = 4_000;
/** Spans of all rows together where these are too many. */
const MOST_SPANS = 40_000;
/** Width of a picture in its own units. */
const WIDTH = 1_000;
/** Points of a curve. */
const POINTS = 400;

/** The colour of each function: those that took the most time have their own. */
export function colorsOf(model: RunModel): ReadonlyMap<string, number> {
  const byTime = [...model.functions.values()].sort((a, b) => b.ms - a.ms);
  return new Map(byTime.map(({ label }, i) => [label, Math.min(i, COLORS - 1)]));
}

/** Which colour is which function. */
export function legend(colors: ReadonlyMap<string, number>): Markup {
  const own = [...colors].filter(([, color]) => color < COLORS - 1);
  const others = colors.size > own.length
    ? piece`<li><span class="key c${COLORS - 1}"></span>others</li>`
    : undefined;
  return piece`<ul class="legend">${
    own.map(([label, color]) =>
      piece`<li><span class="key c${color}"></span>${given(taskName({ label, inputs: "" }))}</li>`
    )
  }${others}</ul>`;
}

/** A row for each worker, and what it ran when. */
export function timelinePicture(
  model: RunModel,
  over: Timeline,
  colors: ReadonlyMap<string, number>,
): Markup {
  const all = [...model.workers.values()].sort((a, b) =>
    Number(b.origin) - Number(a.origin) || compare(a.host, b.host) || compare(a.name, b.name)
  );
  const step = Math.max(1, Math.ceil(all.length / MOST_ROWS));
  const shown = all.filter((_, i) => i % step === 0);
  const byWorker = Map.groupBy(model.blocks, ({ worker }) => worker);
  const isExact = model.blocks.length <= MOST_BLOCKS;
  const columns = Math.max(50, Math.min(WIDTH, Math.floor(MOST_SPANS / Math.max(1, shown.length))));
  const hosts = new Set(all.map(({ host }) => host)).size;
  const rows = shown.map((worker) => {
    const blocks = byWorker.get(worker.name) ?? [];
    const inner = isExact
      ? exactRow(blocks, over, colors)
      : denseRow(blocks, over, colors, columns);
    const host = hosts > 1 ? piece` <span class="soft">${given(worker.host)}</span>` : undefined;
    const about = aboutRow(worker, blocks);
    return piece`<div class="row"><span class="name">${given(worker.name)}${host}</span>
<svg viewBox="0 0 ${WIDTH} 20" preserveAspectRatio="none" role="img" aria-label="${about}">${inner}${
      absence(worker, over)
    }</svg></div>\n`;
  });
  const left = all.length > shown.length
    ? piece`<p class="soft">${shown.length} of ${all.length} workers are shown.</p>`
    : undefined;
  return piece`<div class="rows${shown.length > DENSE_ROWS ? " dense" : ""}">${rows}</div>${
    axis(over)
  }${left}`;
}

function compare(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

function aboutRow({ name, host }: WorkerFacts, blocks: readonly PlacedBlock[]): string {
  const tasks = blocks.reduce((sum, block) => sum + block.tasks, 0);
  const ms = blocks.reduce((sum, block) => sum + block.ms, 0);
  return `${name} on ${host}: ${count(tasks)} tasks in ${duration(ms)}`;
}

/** Where a time is, in the units of a picture. */
function placeOf({ grid }: Timeline, at: number): number {
  const part = (at - grid.from) / (grid.to - grid.from);
  return Math.round(Math.max(0, Math.min(1, part)) * WIDTH * 100) / 100;
}

/** A worker that was not there. */
function absence({ joinedAt, goneAt, state }: WorkerFacts, over: Timeline): Markup | undefined {
  if (state !== "lost" || goneAt === undefined || goneAt < joinedAt) return undefined;
  const at = placeOf(over, goneAt);
  return piece`<rect class="failed" x="${at}" y="0" width="3" height="20"><title>lost</title></rect>`;
}

function exactRow(
  blocks: readonly PlacedBlock[],
  over: Timeline,
  colors: ReadonlyMap<string, number>,
): Markup[] {
  // Those that waited lie under what ran meanwhile.
  const sorted = [...blocks].sort((a, b) => Number(b.waited) - Number(a.waited) || a.from - b.from);
  return sorted.map((block) => {
    const { from, to, ms, tasks, failed, waited, worker } = block;
    const [x, end] = [placeOf(over, from), placeOf(over, to)];
    const held = ms / Math.max(1e-3, to - from);
    const color = `c${colors.get(block.label) ?? COLORS - 1}`;
    const what = `${taskName(block)}${tasks > 1 ? ` × ${count(tasks)}` : ""} on ${worker}, ` +
      `${duration(from - over.grid.from)} to ${duration(to - over.grid.from)}: ${duration(ms)}` +
      (failed > 0 ? `, ${count(failed)} failed` : "");
    const mark = failed > 0
      ? piece`<rect class="failed" x="${x}" y="0" width="${width(x, end)}" height="5"/>`
      : undefined;
    const faint = waited && held < 0.9 ? own(' opacity=".35"') : undefined;
    return piece`<g><title>${what}</title><rect class="${color}" x="${x}" y="0" width="${
      width(x, end)
    }" height="20"${faint}/>${mark}</g>`;
  });
}

function width(from: number, to: number): number {
  return Math.round(Math.max(0.4, to - from - 0.15) * 100) / 100;
}

/** As many spans as there is room for, each as high as the share of it in which tasks ran. */
function denseRow(
  blocks: readonly PlacedBlock[],
  { grid }: Timeline,
  colors: ReadonlyMap<string, number>,
  columns: number,
): Markup[] {
  const each = (grid.to - grid.from) / columns;
  const taken = Array.from({ length: COLORS }, () => new Float64Array(columns));
  for (const { label, from, to, ms } of blocks) {
    const color = taken[colors.get(label) ?? COLORS - 1]!;
    const held = Math.min(1, ms / Math.max(1e-3, to - from));
    const [first, last] = [from, to].map((at) =>
      Math.max(0, Math.min(columns - 1, Math.floor((at - grid.from) / each)))
    );
    for (let i = first!; i <= last!; i++) {
      const begin = grid.from + i * each;
      color[i]! += Math.max(0, Math.min(to, begin + each) - Math.max(from, begin)) * held;
    }
  }
  const paths = taken.map(() => "");
  for (let i = 0; i < columns; i++) {
    const most = taken.reduce((best, color, c) => color[i]! > taken[best]![i]! ? c : best, 0);
    const sum = taken.reduce((all, color) => all + color[i]!, 0);
    const height = Math.round(Math.min(1, sum / each) * 20);
    if (height === 0) continue;
    const x = Math.round(i * WIDTH / columns * 10) / 10;
    const wide = Math.ceil(WIDTH / columns * 10) / 10;
    paths[most] += `M${x} ${20 - height}h${wide}v${height}h-${wide}z`;
  }
  return paths.flatMap((path, color) =>
    path === "" ? [] : [piece`<path class="c${color}" d="${path}"/>`]
  );
}

/** The times below a picture, at round numbers. */
function axis({ grid }: Timeline): Markup {
  const span = grid.to - grid.from;
  const power = 10 ** Math.floor(Math.log10(span / 4));
  const step = [1, 2, 5, 10].map((of) => of * power).find((each) => each >= span / 6) ?? span;
  const ticks = Array.from({ length: Math.floor(span / step) + 1 }, (_, i) => i * step);
  return piece`<div class="axis" aria-hidden="true"><div>${
    ticks.map((at) =>
      piece`<span style="left:${(at / span * 100).toFixed(2)}%">${duration(at)}</span>`
    )
  }</div></div>`;
}

/** How many workers were busy, how many tasks had no outcome, and memory, over time. */
export function curves(model: RunModel, over: Timeline): Markup {
  const { grid, load, wanted } = over;
  const workers = wanted.reduce((most, value) => Math.max(most, value), 1);
  const sums = integralOf(load, grid.width);
  const each = (grid.to - grid.from) / POINTS;
  const busy = Array.from({ length: POINTS }, (_, i) => {
    const begin = grid.from + i * each;
    return [begin + each / 2, between(grid, sums, begin, begin + each) / each] as const;
  });
  const { samples } = model.series;
  const step = Math.max(1, Math.ceil(samples.length / POINTS));
  const some = samples.filter((_, i) => i % step === 0 || i === samples.length - 1);
  const most = (of: (sample: typeof some[number]) => number) =>
    some.reduce((max, sample) => Math.max(max, of(sample)), 0);
  const [queued, memory] = [most(({ queued }) => queued), most(({ rss }) => rss)];
  return piece`${curve("Busy workers", `of ${count(workers)}`, busy, workers, over, "c4")}${
    some.length > 1 && queued > 0
      ? curve(
        "Tasks without an outcome",
        `up to ${count(queued)}`,
        some.map((sample) => [sample.at, sample.queued]),
        queued,
        over,
        "c0",
      )
      : undefined
  }${
    some.length > 1 && memory > 0
      ? curve(
        "Memory of all processes",
        `up to ${bytes(memory)}`,
        some.map((sample) => [sample.at, sample.rss]),
        memory,
        over,
        "c6",
      )
      : undefined
  }${axis(over)}`;
}

function curve(
  name: string,
  scale: string,
  points: readonly (readonly [at: number, value: number])[],
  most: number,
  over: Timeline,
  color: string,
): Markup {
  const path = points.map(([at, value]) =>
    `L${placeOf(over, at)} ${Math.round((1 - Math.min(1, value / most)) * 1_000) / 10}`
  ).join("");
  const first = points[0] === undefined ? 0 : placeOf(over, points[0][0]);
  const last = points.at(-1) === undefined ? 0 : placeOf(over, points.at(-1)![0]);
  return piece`<div class="curve"><span class="name"><b>${name}</b><span class="soft">${scale}</span></span>
<svg viewBox="0 0 ${WIDTH} 100" preserveAspectRatio="none" role="img" aria-label="${name} over time, ${scale}"><path class="${color}" d="M${first} 100${path}L${last} 100z"/></svg></div>`;
}
