// @ts-check
/// <reference lib="dom" />
/**
 * What mouse, pen and fingers do to the task stream.
 *
 * @module
 */

import { pan, zoom } from "./time_window.js";

/** @import { Stream } from "./stream.js" */

/** A press that moves no further than this chooses a block. */
const CLICK_PX = 5;

/**
 * Makes them work.
 *
 * @param {Stream} stream
 */
export function startGestures(stream) {
  const { canvas } = stream;
  /** Where each finger is. @type {Map<number, { x: number, y: number }>} */
  const fingers = new Map();
  let moved = 0;

  canvas.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (fingers.size === 1) moved = 0;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    const point = { x: event.clientX, y: event.clientY };
    if (before === undefined) return stream.hover(point);
    moved += Math.abs(point.x - before.x) + Math.abs(point.y - before.y);
    if (moved <= CLICK_PX) return;
    stream.hover(undefined);
    canvas.classList.add("dragging");
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other === undefined) {
      stream.show(pan(stream.window, (before.x - point.x) * stream.msPerPixel));
    } else {
      pinch(stream, before, point, other);
    }
    fingers.set(event.pointerId, point);
  });
  /** @param {PointerEvent} event */
  const lift = (event) => {
    const was = fingers.delete(event.pointerId);
    if (fingers.size > 0 || !was) return;
    canvas.classList.remove("dragging");
    if (moved > CLICK_PX || event.type === "pointercancel") return;
    const rect = canvas.getBoundingClientRect();
    stream.choose(stream.at(event.clientX - rect.left, event.clientY - rect.top));
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("pointerleave", () => stream.hover(undefined));
  canvas.addEventListener("wheel", (event) => turn(stream, event), { passive: false });
}

/**
 * Two fingers: what lies between them gets wider or narrower.
 *
 * @param {Stream} stream
 * @param {{ x: number }} before
 * @param {{ x: number }} after
 * @param {{ x: number }} other
 */
function pinch(stream, before, after, other) {
  const { left } = stream.canvas.getBoundingClientRect();
  const [was, is] = [Math.abs(before.x - other.x), Math.abs(after.x - other.x)];
  if (was < 8 || is < 8) return;
  stream.show(zoom(stream.window, was / is, stream.timeAt((after.x + other.x) / 2 - left)));
}

/**
 * The wheel zooms; sideways, or with Shift, it moves. Over a page that it could scroll it does so
 * as long as no key says that it is for us: but a row of many workers is scrolled by its bar.
 *
 * @param {Stream} stream
 * @param {WheelEvent} event
 */
function turn(stream, event) {
  event.preventDefault();
  const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
  const [sideways, down] = [event.deltaX * unit, event.deltaY * unit];
  if (event.shiftKey || Math.abs(sideways) > Math.abs(down)) {
    return stream.show(pan(stream.window, (sideways || down) * stream.msPerPixel));
  }
  const { left } = stream.canvas.getBoundingClientRect();
  const factor = Math.exp(Math.max(-100, Math.min(100, down)) / 250);
  const { mode, to } = stream.window;
  // At the front of the run it goes on to follow.
  if (mode === "follow") return stream.show({ ...zoom(stream.window, factor, to), mode });
  stream.show(zoom(stream.window, factor, stream.timeAt(event.clientX - left)));
}
