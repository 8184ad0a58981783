// @ts-check
/// <reference lib="dom" />
/**
 * Draws the task stream.
 *
 * @module
 */

import { colourOf } from "./colours.js";
import { tick } from "./format.js";
import { AXIS_PX, xOf } from "./layout.js";
import { marks } from "./time_window.js";

/** @import { Stretch } from "../protocol.ts" */
/** @import { Palette } from "./colours.js" */
/** @import { Layout } from "./layout.js" */
/** @import { Run } from "./run.js" */

/**
 * @typedef {object} Scene
 * @property {Run} run
 * @property {Layout} layout
 * @property {Palette} colours
 * @property {number} now
 * @property {string} only the function that is seen alone; empty for all
 * @property {string} place the row that is marked; empty for none
 * @property {Stretch | undefined} chosen
 * @property {Stretch | undefined} parent of the chosen one
 * @property {readonly Stretch[]} children
 */

/** What was drawn: for those who cannot see it, tests among them. */
/** @typedef {{ blocks: number, failed: number, waited: number, lost: number }} Drawn */

/** No more lines than can be told apart. */
const MOST_LINES = 200;
const FONT = '11px Inter, system-ui, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif';

/**
 * Draws it all.
 *
 * @param {CanvasRenderingContext2D} ctx
 * @param {Scene} scene
 * @returns {Drawn}
 */
export function draw(ctx, scene) {
  const { layout, colours } = scene;
  const { width, height, gutter } = layout;
  ctx.font = FONT;
  ctx.textBaseline = "middle";
  ctx.fillStyle = colours.panel;
  ctx.fillRect(0, 0, width, height);
  drawRows(ctx, scene);
  drawAxis(ctx, scene);
  ctx.save();
  ctx.beginPath();
  ctx.rect(gutter, 0, width - gutter, height - AXIS_PX);
  ctx.clip();
  const drawn = drawBlocks(ctx, scene);
  drawn.lost = drawLosses(ctx, scene);
  drawKin(ctx, scene);
  ctx.restore();
  return drawn;
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Scene} scene
 */
function drawRows(ctx, { layout, colours, place: marked, run }) {
  const { width, gutter, rowHeight, places } = layout;
  const every = Math.max(1, Math.ceil(12 / rowHeight));
  places.forEach(({ place, workers }, i) => {
    const y = i * rowHeight;
    if (rowHeight < 6 ? Math.floor(i / 8) % 2 === 0 : i % 2 === 0) {
      ctx.fillStyle = colours.row;
      ctx.fillRect(gutter, y, width - gutter, rowHeight);
    }
    if (place === marked) {
      ctx.globalAlpha = 0.22;
      ctx.fillStyle = colours.accent;
      ctx.fillRect(0, y, width, rowHeight);
      ctx.globalAlpha = 1;
    }
    if (i % every !== 0) return;
    const worker = workers.at(-1);
    ctx.fillStyle = worker?.state === "lost" ? colours.bad : colours.muted;
    ctx.textAlign = "right";
    const name = worker?.name ?? place;
    const short = gutter < 80 ? name.replace(/^worker-/, "w") : name;
    ctx.fillText(clip(short, gutter - 10), gutter - 6, Math.max(6, y + rowHeight / 2 + 0.5));
  });
  if (run.head !== undefined && places.length > 0) {
    ctx.fillStyle = colours.line;
    ctx.fillRect(gutter - 1, 0, 1, places.length * rowHeight);
  }
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Scene} scene
 */
function drawAxis(ctx, { layout, colours }) {
  const { width, height, gutter, window } = layout;
  const { at, stepMs } = marks(window, width - gutter);
  ctx.textAlign = "center";
  for (const time of at) {
    const x = Math.round(xOf(layout, time));
    ctx.fillStyle = colours.line;
    ctx.globalAlpha = 0.7;
    ctx.fillRect(x, 0, 1, height - AXIS_PX + 4);
    ctx.globalAlpha = 1;
    if (time < 0 || x < gutter + 12 || x > width - 16) continue;
    ctx.fillStyle = colours.muted;
    ctx.fillText(tick(time, stepMs), x, height - AXIS_PX / 2 + 1);
  }
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Scene} scene
 * @returns {Drawn}
 */
function drawBlocks(ctx, scene) {
  const { run, layout, chosen, parent, children } = scene;
  const { from, to } = layout.window;
  const family = chosen && new Set([chosen, parent, ...children]);
  const drawn = { blocks: 0, failed: 0, waited: 0, lost: 0 };
  /** @type {Stretch[]} */
  const failed = [];
  for (const [worker, stretches] of run.stretches.rows) {
    const row = layout.rowOf[worker];
    if (row === undefined) continue;
    for (const waited of [true, false]) {
      let last = -1;
      for (const stretch of stretches) {
        if (stretch.waited !== waited || stretch.to < from || stretch.from > to) continue;
        drawn.blocks++;
        if (waited) drawn.waited++;
        if (stretch.failed > 0) failed.push(stretch);
        const x = xOf(layout, stretch.from);
        const wide = Math.max(1, xOf(layout, stretch.to) - x);
        // Thousands of them can lie in one and the same pixel.
        if (wide < 1.5 && Math.floor(x) === last && !family?.has(stretch)) continue;
        last = Math.floor(x);
        drawBlock(ctx, scene, stretch, x, wide, isDim(scene, family, stretch));
      }
    }
  }
  drawn.failed = failed.length;
  for (const stretch of failed) drawFailure(ctx, scene, stretch);
  return drawn;
}

/**
 * Whether others are to be seen better: the chosen one's family, or the function that was picked.
 *
 * @param {Scene} scene
 * @param {Set<Stretch | undefined> | undefined} family
 * @param {Stretch} stretch
 */
function isDim({ only, run }, family, stretch) {
  if (family?.has(stretch)) return false;
  return only !== "" ? run.labelOf(stretch) !== only : family !== undefined;
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Scene} scene
 * @param {Stretch} stretch
 * @param {number} x
 * @param {number} wide
 * @param {boolean} dim
 */
function drawBlock(ctx, { run, layout, colours }, stretch, x, wide, dim) {
  const label = run.labelOf(stretch);
  const { high, lane } = rowParts(layout);
  const y = (layout.rowOf[stretch.worker] ?? 0) * layout.rowHeight;
  // A gap tells neighbours of one colour apart.
  const shown = wide > 4 && layout.rowHeight > 5 ? wide - 1 : wide;
  ctx.fillStyle = colourOf(label, colours);
  if (stretch.waited) return drawWaited(ctx, layout, x, shown, y + high, lane, dim);
  const part = Math.min(1, stretch.ms / Math.max(stretch.to - stretch.from, 1e-6));
  ctx.globalAlpha = dim ? 0.2 : 0.4 + 0.6 * part;
  ctx.fillRect(x, y, shown, high);
  ctx.globalAlpha = 1;
  const left = Math.max(x, layout.gutter);
  const room = Math.min(x + shown, layout.width) - left;
  if (dim || high < 12 || room < 40) return;
  ctx.fillStyle = colours.onBlock;
  ctx.textAlign = "left";
  ctx.fillText(clip(label, room - 8), left + 4, y + high / 2 + 0.5);
}

/**
 * What waited has a lane of its own below what ran meanwhile, in dashes.
 *
 * @param {CanvasRenderingContext2D} ctx
 * @param {Layout} layout
 * @param {number} x
 * @param {number} wide
 * @param {number} y
 * @param {number} lane how high
 * @param {boolean} dim
 */
function drawWaited(ctx, { width, gutter, rowHeight }, x, wide, y, lane, dim) {
  const [from, to] = [Math.max(x, gutter - 8), Math.min(x + wide, width)];
  ctx.globalAlpha = dim ? 0.12 : 0.35;
  if (lane === 0) ctx.fillRect(from, y - rowHeight, to - from, rowHeight);
  else ctx.fillRect(from, y, to - from, lane);
  ctx.globalAlpha = dim ? 0.2 : 1;
  for (let at = x + 6 * Math.ceil((from - x) / 6); at < to && lane > 0; at += 6) {
    ctx.fillRect(at, y, Math.min(4, to - at), lane);
  }
  ctx.globalAlpha = 1;
}

/** How high, in a row, blocks are and the lane below. @param {Layout} layout */
function rowParts({ rowHeight }) {
  // Where rows are too low for a lane, what waited lies behind.
  const lane = rowHeight >= 12 ? 4 : rowHeight >= 8 ? 2 : 0;
  return { high: rowHeight - lane - (rowHeight > 5 ? 1 : 0), lane };
}

/**
 * A bar at the top, and stripes where there is room.
 *
 * @param {CanvasRenderingContext2D} ctx
 * @param {Scene} scene
 * @param {Stretch} stretch
 */
function drawFailure(ctx, { layout, colours }, stretch) {
  const { rowHeight } = layout;
  const { high } = rowParts(layout);
  const y = (layout.rowOf[stretch.worker] ?? 0) * rowHeight;
  const left = Math.max(xOf(layout, stretch.from), layout.gutter - 8);
  // Of several tasks, the part of them that failed; which they were is not known.
  const right = Math.min(xOf(layout, stretch.to), layout.width);
  const wide = Math.max(3, (right - left) * Math.min(1, stretch.failed / stretch.tasks) - 1);
  ctx.fillStyle = colours.bad;
  ctx.fillRect(left, y, wide, rowHeight < 9 ? high : 4);
  if (wide < 8 || rowHeight < 9) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, y, wide, high);
  ctx.clip();
  ctx.beginPath();
  for (let at = left - rowHeight; at < left + wide; at += 9) {
    ctx.moveTo(at, y + rowHeight);
    ctx.lineTo(at + rowHeight, y);
  }
  ctx.lineWidth = 2.5;
  ctx.strokeStyle = colours.bad;
  ctx.stroke();
  ctx.restore();
}

/**
 * Crosses where workers were lost.
 *
 * @param {CanvasRenderingContext2D} ctx
 * @param {Scene} scene
 */
function drawLosses(ctx, { run, layout, colours, now }) {
  let lost = 0;
  layout.places.forEach(({ workers }, row) => {
    workers.forEach((worker, i) => {
      if (worker.state === "joined") return;
      const y = row * layout.rowHeight;
      const gone = worker.goneAt - run.base;
      const [x, end] = [xOf(layout, gone), (workers[i + 1]?.joinedAt ?? now + run.base) - run.base];
      ctx.globalAlpha = 0.35;
      ctx.fillStyle = colours.line;
      ctx.fillRect(x, y, Math.max(0, xOf(layout, end) - x), layout.rowHeight);
      ctx.globalAlpha = 1;
      if (worker.state === "left") return;
      lost++;
      const half = Math.max(3, Math.min(6, layout.rowHeight / 2 - 1));
      const middle = y + layout.rowHeight / 2;
      ctx.beginPath();
      ctx.moveTo(x - half, middle - half);
      ctx.lineTo(x + half, middle + half);
      ctx.moveTo(x + half, middle - half);
      ctx.lineTo(x - half, middle + half);
      ctx.lineWidth = 2.5;
      ctx.strokeStyle = colours.bad;
      ctx.stroke();
    });
  });
  return lost;
}

/**
 * The chosen block, what spawned it and what it spawned.
 *
 * @param {CanvasRenderingContext2D} ctx
 * @param {Scene} scene
 */
function drawKin(ctx, { layout, colours, chosen, parent, children }) {
  if (chosen === undefined) return;
  /** @param {Stretch} stretch */
  const box = (stretch) => {
    const x = xOf(layout, stretch.from);
    const top = (layout.rowOf[stretch.worker] ?? 0) * layout.rowHeight;
    const wide = Math.max(3, xOf(layout, stretch.to) - x);
    const { high, lane } = rowParts(layout);
    return stretch.waited && lane > 0
      ? { x, y: top + high, wide, high: lane }
      : { x, y: top, wide, high };
  };
  /** @param {Stretch} upper @param {Stretch} lower */
  const line = (upper, lower) => {
    const [a, b] = [box(upper), box(lower)];
    const startX = Math.min(Math.max(b.x, a.x), a.x + a.wide);
    const [startY, endY] = [a.y + a.high / 2, b.y + b.high / 2];
    ctx.beginPath();
    ctx.moveTo(startX, startY);
    ctx.bezierCurveTo(startX + 12, (startY + endY) / 2, b.x - 12, (startY + endY) / 2, b.x, endY);
    ctx.stroke();
  };
  ctx.strokeStyle = colours.text;
  ctx.lineWidth = 1;
  ctx.globalAlpha = 0.65;
  for (const child of children.slice(0, MOST_LINES)) line(chosen, child);
  if (parent) line(parent, chosen);
  ctx.globalAlpha = 1;
  for (const child of children) frame(ctx, box(child), 1, []);
  if (parent) frame(ctx, box(parent), 2, [5, 3]);
  frame(ctx, box(chosen), 3, []);
}

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {{ x: number, y: number, wide: number, high: number }} box
 * @param {number} lineWidth
 * @param {number[]} dashes
 */
function frame(ctx, { x, y, wide, high }, lineWidth, dashes) {
  ctx.lineWidth = lineWidth;
  ctx.setLineDash(dashes);
  ctx.strokeRect(x, y + lineWidth / 2, wide, Math.max(1, high - lineWidth));
  ctx.setLineDash([]);
}

/**
 * As much of a text as there is room for; letters are some 6 pixels wide.
 *
 * @param {string} text
 * @param {number} room
 */
function clip(text, room) {
  const most = Math.floor(room / 6);
  return text.length <= most ? text : most < 3 ? "" : `${text.slice(0, most - 1)}…`;
}
