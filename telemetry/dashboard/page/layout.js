// @ts-check
/**
 * Where on the canvas of the task stream things lie, and what lies at a point. Pure.
 *
 * @module
 */

import { placeOf } from "./run.js";

/** @import { Stretch, WorkerRow } from "../protocol.ts" */
/** @import { Run } from "./run.js" */
/** @import { TimeWindow } from "./time_window.js" */

/** Room for the times below the rows. */
export const AXIS_PX = 22;
/** Rows are as high as fits into so much, within bounds. */
const ROWS_PX = 520;
const [LEAST_ROW_PX, MOST_ROW_PX] = [2, 32];
/** What is this near to a block counts as in it: a finger, or a block of no width. */
const NEAR_PX = 4;

/**
 * @typedef {object} Layout
 * @property {number} width
 * @property {number} height
 * @property {number} gutter room for the workers' names
 * @property {number} rowHeight
 * @property {{ place: string, workers: WorkerRow[] }[]} places
 * @property {(number | undefined)[]} rowOf the row of a worker, by its number
 * @property {TimeWindow} window
 */

/**
 * Lays out.
 *
 * @param {Run} run
 * @param {TimeWindow} window
 * @param {number} width
 * @returns {Layout}
 */
export function layOut(run, window, width) {
  const places = run.places();
  const numbers = new Map(places.map(({ place }, i) => [place, i]));
  const fitting = Math.floor(ROWS_PX / Math.max(1, places.length));
  const rowHeight = Math.max(LEAST_ROW_PX, Math.min(MOST_ROW_PX, fitting));
  return {
    width,
    height: Math.max(140, places.length * rowHeight + AXIS_PX),
    gutter: width < 560 ? 62 : 88,
    rowHeight,
    places,
    rowOf: run.workerNames.map((name) => numbers.get(placeOf(name))),
    window,
  };
}

/**
 * @param {Layout} layout
 * @param {number} time
 */
export function xOf({ window, gutter, width }, time) {
  return gutter + (time - window.from) / (window.to - window.from) * (width - gutter);
}

/**
 * @param {Layout} layout
 * @param {number} x
 */
export function timeAt({ window, gutter, width }, x) {
  return window.from + (x - gutter) / (width - gutter) * (window.to - window.from);
}

/**
 * The stretch at a point, the shortest if there are several.
 *
 * @param {Run} run
 * @param {Layout} layout
 * @param {number} x
 * @param {number} y
 * @returns {Stretch | undefined}
 */
export function stretchAt(run, layout, x, y) {
  const row = Math.floor(y / layout.rowHeight);
  const time = timeAt(layout, x);
  const near = timeAt(layout, x + NEAR_PX) - time;
  /** @type {Stretch | undefined} */
  let found;
  let best = Infinity;
  for (const [worker, stretches] of run.stretches.rows) {
    if (layout.rowOf[worker] !== row) continue;
    for (const stretch of stretches) {
      const off = Math.max(stretch.from - time, time - stretch.to, 0);
      if (off > near) continue;
      // What it is in comes before what it is near to.
      const rank = stretch.to - stretch.from + off * 1e6;
      if (rank < best) [found, best] = [stretch, rank];
    }
  }
  return found;
}

/**
 * The stretch to go to from another one: in its row the next or the one before, in another row the
 * one that is nearest in time.
 *
 * @param {Run} run
 * @param {Layout} layout
 * @param {Stretch} from
 * @param {"left" | "right" | "up" | "down"} way
 * @returns {Stretch | undefined}
 */
export function neighbour(run, layout, from, way) {
  const row = layout.rowOf[from.worker] ?? 0;
  const step = way === "up" ? -1 : way === "down" ? 1 : 0;
  for (let at = row + step; at >= 0 && at < layout.places.length; at += step) {
    const others = inRow(run, layout, at).filter((each) => each !== from);
    const found = step === 0 ? beside(others, from, way) : nearest(others, from);
    if (found !== undefined || step === 0) return found;
  }
  return undefined;
}

/**
 * @param {Run} run
 * @param {Layout} layout
 * @param {number} row
 */
function inRow(run, layout, row) {
  return [...run.stretches.rows].flatMap(([worker, stretches]) =>
    layout.rowOf[worker] === row ? stretches : []
  );
}

/**
 * @param {Stretch[]} others
 * @param {Stretch} from
 * @param {"left" | "right" | "up" | "down"} way
 */
function beside(others, from, way) {
  /** Those that begin together are told apart by their numbers. @param {Stretch} each */
  const isAfter = (each) => each.from > from.from || (each.from === from.from && each.id > from.id);
  const wanted = others.filter((each) => isAfter(each) === (way === "right"));
  return nearest(wanted, from);
}

/**
 * @param {Stretch[]} others
 * @param {Stretch} from
 * @returns {Stretch | undefined}
 */
function nearest(others, from) {
  /** @type {Stretch | undefined} */
  let found;
  for (const each of others) {
    const off = Math.abs(each.from - from.from);
    if (!found || off < Math.abs(found.from - from.from)) found = each;
  }
  return found;
}
