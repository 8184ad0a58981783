// @ts-check
/// <reference lib="dom" />
/**
 * The plots over time, which uPlot draws.
 *
 * @module
 */

import { byId, create, setText } from "./dom.js";
import { bytes, clock, count, duration, rate } from "./format.js";

/** @import { Palette } from "./colours.js" */
/** @import { Run } from "./run.js" */

/** uPlot, as far as it is used here: the page's own script has put it there. */
/** @typedef {{ setData(data: (number | null)[][]): void, setSize(size: object): void, destroy(): void, root: HTMLElement }} Plot */
/** @typedef {{ new (options: object, data: (number | null)[][], target: HTMLElement): Plot }} PlotClass */

const HEIGHT_PX = 144;

/**
 * @typedef {object} Chart
 * @property {string} id
 * @property {string} title
 * @property {(value: number) => string} show
 * @property {{ name: string, colour: keyof Palette | number, dashed?: boolean }[]} lines
 * @property {(run: Run) => (number | null)[][]} data
 * @property {number} [most] the top of the scale is no lower
 */

/** @type {Chart[]} */
const CHARTS = [
  {
    id: "chart-rate",
    title: "Tasks a second",
    show: rate,
    lines: [{ name: "done", colour: 2 }, { name: "failed", colour: "bad", dashed: true }],
    data: (run) => [ratesOf(run, 1), ratesOf(run, 2)],
    most: 1,
  },
  {
    id: "chart-queue",
    title: "Tasks that wait or run",
    show: count,
    lines: [{ name: "known, without an outcome", colour: 1 }],
    data: (run) => [run.samples.map((sample) => sample[3])],
    most: 1,
  },
  {
    id: "chart-busy",
    title: "Busy workers",
    show: (value) => value.toFixed(value < 10 && value % 1 !== 0 ? 1 : 0),
    lines: [{ name: "busy", colour: 0 }, { name: "there", colour: "muted", dashed: true }],
    data: (run) => [
      run.samples.map((sample) => sample[5]),
      run.samples.map((sample) => sample[4]),
    ],
    most: 1,
  },
  {
    id: "chart-memory",
    title: "Memory",
    show: bytes,
    lines: [{ name: "workers and brokers", colour: 3 }],
    data: (run) => [run.samples.map((sample) => sample[6])],
    most: 1e6,
  },
  {
    id: "chart-lag",
    title: "Lag of event loops",
    show: duration,
    lines: [{ name: "the longest", colour: 4 }],
    data: (run) => [run.samples.map((sample) => sample[7])],
    most: 10,
  },
];

/** Samples closer than this, as that of the end is, tell no rate. */
const RATE_OVER_MS = 400;

/**
 * How many a second, between each sample and one before.
 *
 * @param {Run} run
 * @param {1 | 2} field of a sample
 * @returns {(number | null)[]}
 */
function ratesOf({ samples }, field) {
  return samples.map((sample, i) => {
    let at = i - 1;
    while (at > 0 && sample[0] - (samples[at]?.[0] ?? 0) < RATE_OVER_MS) at--;
    const before = samples[at];
    if (!before || sample[0] <= before[0]) return null;
    return (sample[field] - before[field]) / (sample[0] - before[0]) * 1000;
  });
}

/** See the module's text. */
export class Charts {
  /** @type {{ chart: Chart, plot: Plot, latest: HTMLElement, figure: HTMLElement }[]} */
  #plots = [];
  #run;
  #shownAt = 0;

  /** @param {Run} run */
  constructor(run) {
    this.#run = run;
    const resized = new ResizeObserver(() => {
      for (const { plot, figure } of this.#plots) plot.setSize(sizeOf(figure));
    });
    for (const { id } of CHARTS) resized.observe(byId(id));
  }

  /** Makes them anew. @param {Palette} colours */
  recolour(colours) {
    for (const { plot } of this.#plots) plot.destroy();
    this.#plots = CHARTS.map((chart) => makePlot(chart, colours));
    this.#shownAt = 0;
    this.show();
  }

  /** Shows what has been sampled, if that is more than before. */
  show() {
    const { samples, base } = this.#run;
    const last = samples.at(-1)?.[0] ?? 0;
    if (last === this.#shownAt) return;
    this.#shownAt = last;
    const times = samples.map(([at]) => (at - base) / 1000);
    for (const { chart, plot, latest, figure } of this.#plots) {
      const data = chart.data(this.#run);
      plot.setData([times, ...data]);
      const value = data[0]?.at(-1) ?? undefined;
      setText(latest, value === undefined ? "nothing yet" : chart.show(value));
      figure.classList.toggle("empty", value === undefined);
      figure.dataset.points = String(times.length);
      const text = value === undefined ? "nothing yet" : `now ${chart.show(value)}`;
      plot.root.setAttribute("aria-label", `${chart.title} over time: ${text}`);
    }
  }
}

/** @param {HTMLElement} figure */
function sizeOf(figure) {
  const style = getComputedStyle(figure);
  const inner = figure.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return { width: Math.max(120, inner), height: HEIGHT_PX };
}

/**
 * @param {Chart} chart
 * @param {Palette} colours
 */
function makePlot(chart, colours) {
  const figure = byId(chart.id);
  const latest = create("span");
  const point = create("span", { class: "point" });
  figure.replaceChildren(create("figcaption", {}, create("b", {}, chart.title), point, latest));
  const { uPlot } = /** @type {{ uPlot: PlotClass }} */ (/** @type {unknown} */ (globalThis));
  const plot = new uPlot(optionsOf(chart, colours, point, latest, sizeOf(figure)), [[]], figure);
  plot.root.setAttribute("role", "img");
  return { chart, plot, latest, figure };
}

/**
 * @param {Chart} chart
 * @param {Palette} colours
 * @param {HTMLElement} point where the values at the cursor stand
 * @param {HTMLElement} latest the last value, in its place otherwise
 * @param {{ width: number, height: number }} size
 */
function optionsOf(chart, colours, point, latest, size) {
  const axis = {
    stroke: colours.muted,
    grid: { stroke: colours.line, width: 1 },
    ticks: { show: false },
    font: "11px Inter, system-ui, sans-serif",
  };
  return {
    ...size,
    legend: { show: false },
    padding: [8, 6, 0, 0],
    cursor: { sync: { key: "run" }, drag: { x: false, y: false }, points: { size: 6 } },
    scales: {
      x: { time: false },
      y: {
        range: (/** @type {unknown} */ _, /** @type {number} */ __, /** @type {number} */ top) => [
          0,
          Math.max(chart.most ?? 0, top || 0) * 1.08,
        ],
      },
    },
    axes: [
      {
        ...axis,
        size: 26,
        gap: 7,
        space: 60,
        values: (/** @type {unknown} */ _, /** @type {number[]} */ at) =>
          at.map((each) => clock(each * 1000)),
      },
      {
        ...axis,
        size: 58,
        gap: 4,
        space: 28,
        values: (/** @type {unknown} */ _, /** @type {number[]} */ at) => at.map(chart.show),
      },
    ],
    series: [
      {},
      ...chart.lines.map(({ name, colour, dashed }, i) => {
        const stroke = typeof colour === "number" ? colours.functions[colour] : colours[colour];
        return {
          label: name,
          stroke,
          width: dashed ? 1.5 : 2,
          dash: dashed ? [5, 4] : undefined,
          fill: i === 0 ? `${stroke}30` : undefined,
          points: { show: false },
        };
      }),
    ],
    hooks: {
      setCursor: [(/** @type {{ cursor: { idx: number | null }, data: number[][] }} */ plot) => {
        const { idx } = plot.cursor;
        latest.hidden = idx !== null && idx !== undefined;
        if (idx === null || idx === undefined) return setText(point, "");
        const values = chart.lines.map(({ name }, i) => {
          const value = plot.data[i + 1]?.[idx];
          return value === null || value === undefined ? "" : `${name} ${chart.show(value)}`;
        });
        const at = clock((plot.data[0]?.[idx] ?? 0) * 1000);
        setText(point, `${at}: ${values.filter(Boolean).join(", ")}`);
      }],
    },
  };
}
