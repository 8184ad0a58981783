/**
 * The files of the page, as texts that are part of the program: nothing is fetched from anywhere,
 * wherever the program was loaded from.
 *
 * @module
 */

import uPlotScript from "npm:uplot@^1.6.32/dist/uPlot.iife.min.js" with { type: "text" };
import uPlotStyle from "npm:uplot@^1.6.32/dist/uPlot.min.css" with { type: "text" };
import index from "./page/index.html" with { type: "text" };
import icon from "./page/icon.svg" with { type: "text" };
import style from "./page/style.css" with { type: "text" };
import tablesStyle from "./page/tables.css" with { type: "text" };
import parts from "./page/parts.css" with { type: "text" };
import charts from "./page/charts.js" with { type: "text" };
import colours from "./page/colours.js" with { type: "text" };
import connection from "./page/connection.js" with { type: "text" };
import details from "./page/details.js" with { type: "text" };
import dom from "./page/dom.js" with { type: "text" };
import draw from "./page/draw.js" with { type: "text" };
import format from "./page/format.js" with { type: "text" };
import gestures from "./page/gestures.js" with { type: "text" };
import keys from "./page/keys.js" with { type: "text" };
import layout from "./page/layout.js" with { type: "text" };
import main from "./page/main.js" with { type: "text" };
import overview from "./page/overview.js" with { type: "text" };
import run from "./page/run.js" with { type: "text" };
import stream from "./page/stream.js" with { type: "text" };
import stretches from "./page/stretches.js" with { type: "text" };
import table from "./page/table.js" with { type: "text" };
import tables from "./page/tables.js" with { type: "text" };
import theme from "./page/theme.js" with { type: "text" };
import tiles from "./page/tiles.js" with { type: "text" };
import timeWindow from "./page/time_window.js" with { type: "text" };

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly text: string;
}

const scripts: Readonly<Record<string, string>> = {
  charts,
  colours,
  connection,
  details,
  dom,
  draw,
  format,
  gestures,
  keys,
  layout,
  main,
  overview,
  run,
  stream,
  stretches,
  table,
  tables,
  theme,
  tiles,
  time_window: timeWindow,
  uplot: uPlotScript,
};

const styles: Readonly<Record<string, string>> = {
  style,
  parts,
  tables: tablesStyle,
  uplot: uPlotStyle,
};

/** By their paths. */
export const PAGE_FILES: Readonly<Record<string, PageFile>> = {
  "/index.html": { type: "text/html; charset=utf-8", text: index },
  "/page/icon.svg": { type: "image/svg+xml", text: icon },
  ...filesOf(scripts, "js", "text/javascript; charset=utf-8"),
  ...filesOf(styles, "css", "text/css; charset=utf-8"),
};

function filesOf(texts: Readonly<Record<string, string>>, end: string, type: string) {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [`/page/${name}.${end}`, { type, text }]),
  );
}
