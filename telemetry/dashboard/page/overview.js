// @ts-check
/// <reference lib="dom" />
/**
 * The whole run in one strip: how busy its workers were, where tasks failed, and which part of it
 * the task stream shows. What it does can be done with keys as well.
 *
 * @module
 */

import { byId } from "./dom.js";
import { pan } from "./time_window.js";

/** @import { Run } from "./run.js" */
/** @import { Stream } from "./stream.js" */

const HEIGHT_PX = 30;
/** The strip's end this near is the run's front, which is followed. */
const FRONT_PX = 12;

/** See the module's text. */
export class Overview {
  #run;
  #stream;
  #canvas = /** @type {HTMLCanvasElement} */ (byId("overview"));

  /**
   * @param {Run} run
   * @param {Stream} stream
   */
  constructor(run, stream) {
    this.#run = run;
    this.#stream = stream;
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#go(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) this.#go(event);
    });
  }

  get #now() {
    return Math.max(1, this.#run.time(Date.now()));
  }

  /** Shows what was at the time that is pointed at. @param {PointerEvent} event */
  #go(event) {
    const { left, width } = this.#canvas.getBoundingClientRect();
    const x = event.clientX - left;
    if (width - x < FRONT_PX && !this.#run.isOver) return this.#stream.move("follow");
    const { window } = this.#stream;
    const time = x / width * this.#now;
    this.#stream.show(pan(window, time - (window.from + window.to) / 2));
  }

  draw() {
    const canvas = this.#canvas;
    const scale = devicePixelRatio || 1;
    const width = canvas.clientWidth;
    const [wide, high] = [Math.round(width * scale), Math.round(HEIGHT_PX * scale)];
    if (canvas.width !== wide || canvas.height !== high) {
      canvas.width = wide;
      canvas.height = high;
    }
    const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
    ctx.setTransform(scale, 0, 0, scale, 0, 0);
    const { colours } = this.#stream;
    ctx.fillStyle = colours.row;
    ctx.fillRect(0, 0, width, HEIGHT_PX);
    this.#drawBusy(ctx, width);
    this.#drawWindow(ctx, width);
  }

  /** @param {CanvasRenderingContext2D} ctx @param {number} width */
  #drawBusy(ctx, width) {
    const { samples, base } = this.#run;
    const { colours } = this.#stream;
    const now = this.#now;
    let [before, failed] = [0, 0];
    for (const [at, , failures, , workers, busy] of samples) {
      const x = (at - base) / now * width;
      const high = (workers > 0 ? Math.min(1, busy / workers) : 0) * (HEIGHT_PX - 4);
      ctx.fillStyle = colours.accent;
      ctx.globalAlpha = 0.45;
      ctx.fillRect(before, HEIGHT_PX - high, Math.max(1, x - before), high);
      ctx.globalAlpha = 1;
      if (failures > failed) {
        ctx.fillStyle = colours.bad;
        ctx.fillRect(before, 0, Math.max(2, x - before), 3);
      }
      [before, failed] = [x, failures];
    }
  }

  /** @param {CanvasRenderingContext2D} ctx @param {number} width */
  #drawWindow(ctx, width) {
    const { window, colours } = this.#stream;
    const now = this.#now;
    const left = Math.max(0, window.from / now * width);
    const right = Math.min(width, window.to / now * width);
    ctx.globalAlpha = 0.6;
    ctx.fillStyle = colours.panel;
    ctx.fillRect(0, 0, left, HEIGHT_PX);
    ctx.fillRect(right, 0, width - right, HEIGHT_PX);
    ctx.globalAlpha = 1;
    ctx.lineWidth = 2;
    ctx.strokeStyle = colours.accent;
    ctx.strokeRect(left + 1, 1, Math.max(2, right - left - 2), HEIGHT_PX - 2);
  }
}
