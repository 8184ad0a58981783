/**
 * The plot: three panels beside each other, readable on light and on dark paper.
 *
 * @module
 */

import * as Plot from "npm:@observablehq/plot@^0.6.17";
import { parseHTML } from "npm:linkedom@^0.18.12";
import type { Panel, Point } from "./points.ts";

/** Of one panel, without its legend. */
const WIDTH = 400;
const HEIGHT = 300;
/** Above a panel: its title, and a line of legend for each series. */
const TITLE = 34;
const LEGEND = 20;
const SERIES = 3;
/** Around all. */
const MARGIN = 16;
const FOOT = 30;

/** Of lines through what was simulated. */
const DASHES = "5 4";

const TOP = TITLE + SERIES * LEGEND;
const TOTAL_WIDTH = 3 * WIDTH + 2 * MARGIN;
const TOTAL_HEIGHT = MARGIN + TOP + HEIGHT + FOOT;

/** What a panel is called, and its axis. */
const PANELS: Record<Panel, { title: string; axis: string; base: number }> = {
  tasks: { title: "More tasks", axis: "tasks at once", base: 10 },
  workers: { title: "More workers", axis: "workers", base: 2 },
  brokers: { title: "More brokers", axis: "brokers", base: 2 },
};

/** Whoever reads it on dark paper gets other inks. */
const STYLE = `
  :root { --paper: #ffffff; --ink: #1f2328; --ink-0: #0b62c4; --ink-1: #b8430a; --ink-2: #187a3c; }
  @media (prefers-color-scheme: dark) {
    :root {
      --paper: #0d1117; --ink: #e6edf3; --ink-0: #6cb6ff; --ink-1: #ffa066; --ink-2: #7ad492;
    }
  }
  text { font-family: system-ui, sans-serif; }
  .words { fill: var(--ink); font-size: 12px; }
  .title { font-size: 15px; font-weight: 600; }
  .foot { font-size: 11px; opacity: 0.75; }
`;

/**
 * Draws all points.
 *
 * @param about when and where they were measured
 * @returns an SVG
 */
export function draw(points: readonly Point[], about: string): string {
  const panels = (Object.keys(PANELS) as Panel[]).map((panel, i) => {
    const own = points.filter((point) => point.panel === panel);
    return `<g transform="translate(${MARGIN + i * WIDTH},${MARGIN})">${drawPanel(panel, own)}</g>`;
  });
  const foot = MARGIN + TOP + HEIGHT + FOOT - 12;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${TOTAL_WIDTH}" height="${TOTAL_HEIGHT}" ` +
    `viewBox="0 0 ${TOTAL_WIDTH} ${TOTAL_HEIGHT}">`,
    `<style>${STYLE}</style>`,
    `<rect width="100%" height="100%" fill="var(--paper)"/>`,
    ...panels,
    `<text class="words foot" x="${MARGIN}" y="${foot}">${escaped(about)}</text>`,
    "</svg>",
    "",
  ].join("\n");
}

function drawPanel(panel: Panel, points: readonly Point[]): string {
  const series = [...new Set(points.map((point) => point.series))];
  const legend = series.map((name, i) => {
    const y = TITLE + i * LEGEND;
    return `<line x1="8" x2="34" y1="${y}" y2="${y}" ${stroke(name, i)}/>` +
      `<text class="words" x="42" y="${y + 4}">${escaped(name)}</text>`;
  });
  const title = `<text class="words title" x="8" y="12">${PANELS[panel].title}: µs each</text>`;
  return `${title}${legend.join("")}<g transform="translate(0,${TOP})">${
    drawLines(panel, points, series)
  }</g>`;
}

function drawLines(panel: Panel, points: readonly Point[], series: readonly string[]): string {
  // The types of both are those of browsers, which Deno has no use for.
  // deno-lint-ignore no-explicit-any
  const { document } = parseHTML("<html></html>") as any;
  const { axis, base } = PANELS[panel];
  const counts = [...new Set(points.map(({ count }) => count))].sort((a, b) => a - b);
  const marks = series.flatMap((name, i) => {
    const own = points.filter((point) => point.series === name);
    const place = { x: "count", y: "microseconds" };
    const ink = `var(--ink-${i})`;
    const strokeDasharray = isSimulated(name) ? DASHES : undefined;
    return [
      Plot.line(own, { ...place, stroke: ink, strokeWidth: 2, strokeDasharray }),
      Plot.dot(own, { ...place, fill: ink, stroke: "var(--paper)", r: 4 }),
    ];
  });
  const svg = Plot.plot({
    document,
    className: `panel-${panel}`,
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 56,
    marginBottom: 40,
    style: { fontSize: "12px", color: "var(--ink)" },
    x: {
      type: "log",
      base,
      label: axis,
      ticks: base === 2 ? counts : undefined,
      tickFormat: short,
    },
    y: { type: "log", grid: true, label: "µs", tickFormat: short, ticks: 5, nice: true },
    marks,
  });
  // What is HTML for a space is nothing in XML.
  return svg.outerHTML.replaceAll("&nbsp;", " ");
}

function stroke(name: string, i: number): string {
  const dashes = isSimulated(name) ? ` stroke-dasharray="${DASHES}"` : "";
  return `stroke="var(--ink-${i})" stroke-width="2"${dashes}`;
}

function isSimulated(series: string): boolean {
  return series.includes("simulated");
}

/** 10, 100, 1k, 10M. */
function short(value: number): string {
  return value.toLocaleString("en-US", { notation: "compact", maximumSignificantDigits: 2 });
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
