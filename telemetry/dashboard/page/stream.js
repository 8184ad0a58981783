// @ts-check
/// <reference lib="dom" />
/**
 * The task stream: what of it is shown, what is chosen in it, and when it is drawn.
 *
 * @module
 */

import { palette } from "./colours.js";
import { byId, setText } from "./dom.js";
import { draw } from "./draw.js";
import { counted, duration, percent } from "./format.js";
import { layOut, neighbour, stretchAt, timeAt } from "./layout.js";
import { FIRST_WINDOW, fit, pan, reveal, settle, zoom } from "./time_window.js";

/** @import { Stretch } from "../protocol.ts" */
/** @import { Drawn } from "./draw.js" */
/** @import { Run } from "./run.js" */
/** @import { TimeWindow } from "./time_window.js" */

/** The last work is told a little later than it is done. */
const BEHIND_MS = 300;
/** Between two drawings while the run goes on. */
const FRAME_MS = 50;

/** What can be done with what is shown. */
/** @typedef {"earlier" | "later" | "in" | "out" | "whole" | "follow"} Move */
/** Where one can go from a block. */
/** @typedef {"left" | "right" | "up" | "down" | "parent" | "child" | "next" | "before"} Way */

/** See the module's text. */
export class Stream {
  /** The function that is seen alone; empty for all. */
  only = "";
  /** The row that is marked; empty for none. */
  place = "";
  /** @type {Stretch | undefined} */
  chosen;
  /** @type {TimeWindow} */
  window = FIRST_WINDOW;
  #run;
  #canvas = /** @type {HTMLCanvasElement} */ (byId("stream"));
  #tip = byId("tip");
  #colours = palette();
  #layout;
  /** Whether a drawing is on its way. */
  #isDue = false;
  #drawnAt = 0;
  /** Called when something else is chosen. */
  #changed;
  /** Called when it has been drawn. */
  #drawn;

  /**
   * @param {Run} run
   * @param {() => void} changed called when something else is chosen
   * @param {() => void} drawn called when another part of the time may be shown
   */
  constructor(run, changed, drawn) {
    this.#run = run;
    this.#changed = changed;
    this.#drawn = drawn;
    this.#layout = layOut(run, this.window, 800);
    new ResizeObserver(() => this.draw()).observe(byId("stream-box"));
  }

  get canvas() {
    return this.#canvas;
  }

  /** The colours have changed. */
  recolour() {
    this.#colours = palette();
    this.draw();
    return this.#colours;
  }

  get colours() {
    return this.#colours;
  }

  /** Something has changed: it is drawn soon, and again for as long as the run goes on. */
  draw() {
    if (this.#isDue) return;
    this.#isDue = true;
    const due = Math.max(0, this.#drawnAt + FRAME_MS - performance.now());
    setTimeout(() => requestAnimationFrame(() => this.#draw()), due);
  }

  #draw() {
    this.#isDue = false;
    this.#drawnAt = performance.now();
    const run = this.#run;
    const now = Math.max(0, run.time(Date.now()) - (run.isOver ? 0 : BEHIND_MS));
    this.window = settle(this.window, now);
    const box = /** @type {HTMLElement} */ (this.#canvas.parentElement);
    const layout = layOut(run, this.window, box.clientWidth);
    this.#layout = layout;
    const ctx = this.#context();
    const { chosen } = this;
    const drawn = draw(ctx, {
      run,
      layout,
      colours: this.#colours,
      now,
      only: this.only,
      place: this.place,
      chosen,
      parent: chosen && run.stretches.parentOf(chosen),
      children: chosen ? run.stretches.childrenOf(chosen) : [],
    });
    this.#tell(drawn);
    this.#drawn();
    const moves = this.window.mode !== "still" && run.connected && run.head && !run.isOver;
    if (moves && document.visibilityState === "visible") this.draw();
  }

  /** The canvas, made as large as it is to be, in the screen's own pixels. */
  #context() {
    const canvas = this.#canvas;
    const { width, height } = this.#layout;
    const scale = devicePixelRatio || 1;
    const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
    if (canvas.width !== wide || canvas.height !== high) {
      canvas.width = wide;
      canvas.height = high;
      canvas.style.height = `${height}px`;
    }
    const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
    ctx.setTransform(scale, 0, 0, scale, 0, 0);
    return ctx;
  }

  /** In words, for those who do not see it. @param {Drawn} drawn */
  #tell(drawn) {
    const { from, to, mode } = this.window;
    const rows = this.#layout.places.length;
    Object.assign(this.#canvas.dataset, {
      blocks: drawn.blocks,
      failed: drawn.failed,
      waited: drawn.waited,
      lost: drawn.lost,
      rows,
      from: from.toFixed(3),
      to: to.toFixed(3),
    });
    setText(byId("window"), `${duration(to - from)} shown`);
    const failed = drawn.failed > 0 ? `, ${drawn.failed} of them with failures` : "";
    this.#canvas.setAttribute(
      "aria-label",
      `Task stream: ${counted(rows, "row")}, ${counted(drawn.blocks, "block")}${failed}`,
    );
    for (const button of document.querySelectorAll("[data-do]")) {
      const { do: move } = /** @type {HTMLElement} */ (button).dataset;
      if (move !== "whole" && move !== "follow") continue;
      const pressed = String(mode === move);
      if (button.getAttribute("aria-pressed") !== pressed) {
        button.setAttribute("aria-pressed", pressed);
      }
    }
  }

  /** Shows another part of the time. @param {Move} move */
  move(move) {
    const span = this.window.to - this.window.from;
    const { from, to } = this.window;
    const middle = this.chosen && this.chosen.from > from && this.chosen.to < to
      ? (this.chosen.from + this.chosen.to) / 2
      : (from + to) / 2;
    switch (move) {
      case "earlier":
        return this.show(pan(this.window, -span / 4));
      case "later":
        return this.show(pan(this.window, span / 4));
      case "in":
      case "out": {
        const factor = move === "in" ? 1 / 1.6 : 1.6;
        // What follows the run goes on to do so.
        if (this.window.mode !== "follow") return this.show(zoom(this.window, factor, middle));
        return this.show({ ...zoom(this.window, factor, to), mode: "follow" });
      }
      case "whole":
        return this.show({ ...this.window, mode: "whole" });
      case "follow":
        return this.show({ ...this.window, mode: "follow", span: FIRST_WINDOW.span });
    }
  }

  /** @param {TimeWindow} window */
  show(window) {
    this.window = window;
    this.draw();
  }

  /** Shows the chosen block, and all that it spawned, as large as can be. */
  showFamily() {
    const { chosen } = this;
    if (chosen === undefined) return;
    const family = [chosen, ...this.#run.stretches.childrenOf(chosen)];
    const from = Math.min(...family.map((each) => each.from));
    this.show(fit(this.window, from, Math.max(...family.map((each) => each.to))));
  }

  /** How many milliseconds a pixel is. */
  get msPerPixel() {
    const { width, gutter, window } = this.#layout;
    return (window.to - window.from) / Math.max(1, width - gutter);
  }

  /** @param {number} x */
  timeAt(x) {
    return timeAt(this.#layout, x);
  }

  /** @param {number} x @param {number} y */
  at(x, y) {
    return stretchAt(this.#run, this.#layout, x, y);
  }

  /** Chooses a block, or none, and makes sure that it can be seen. @param {Stretch} [stretch] */
  choose(stretch) {
    this.chosen = stretch;
    if (stretch) this.window = reveal(this.window, stretch.from, stretch.to);
    this.#changed();
    this.draw();
  }

  /** Goes from the chosen block to another; without one, to the last. @param {Way} way */
  go(way) {
    const { chosen } = this;
    const { stretches } = this.#run;
    if (chosen === undefined) {
      const all = [...stretches.rows.values()].flat();
      const seen = all.filter(({ from, to }) => from <= this.window.to && to >= this.window.from);
      return this.choose((seen.length > 0 ? seen : all).sort((a, b) => a.from - b.from).at(-1));
    }
    const found = way === "parent"
      ? stretches.parentOf(chosen)
      : way === "child"
      ? stretches.childrenOf(chosen)[0]
      : way === "next" || way === "before"
      ? this.#sibling(chosen, way)
      : neighbour(this.#run, this.#layout, chosen, way);
    if (found) this.choose(found);
  }

  /** @param {Stretch} chosen @param {"next" | "before"} way */
  #sibling(chosen, way) {
    const parent = this.#run.stretches.parentOf(chosen);
    const siblings = parent ? this.#run.stretches.childrenOf(parent) : [];
    return siblings[siblings.indexOf(chosen) + (way === "next" ? 1 : -1)];
  }

  /** Shows what is at a point, or hides it. @param {{ x: number, y: number }} [point] in the window */
  hover(point) {
    const rect = this.#canvas.getBoundingClientRect();
    const stretch = point && this.at(point.x - rect.left, point.y - rect.top);
    this.#tip.hidden = stretch === undefined;
    if (stretch === undefined || point === undefined) return;
    const run = this.#run;
    const title = document.createElement("b");
    title.textContent = run.labelOf(stretch);
    const ran = duration(stretch.to - stretch.from);
    const busy = percent(stretch.ms / Math.max(stretch.to - stretch.from, 1e-6));
    const words = [
      `${counted(stretch.tasks, "task")} on ${run.workerOf(stretch)}`,
      stretch.waited ? `${ran}, of which ${duration(stretch.ms)} of work` : `${ran}, ${busy} busy`,
      ...(stretch.failed > 0 ? [`✕ ${stretch.failed} failed`] : []),
      ...(stretch.inputs ? [stretch.inputs] : []),
    ];
    this.#tip.replaceChildren(
      title,
      ...words.flatMap((word) => [word, document.createElement("br")]),
    );
    const { offsetWidth: wide, offsetHeight: high } = this.#tip;
    this.#tip.style.left = `${Math.max(4, Math.min(point.x + 14, innerWidth - wide - 8))}px`;
    const below = point.y + 18;
    this.#tip.style.top = `${below + high > innerHeight ? point.y - high - 10 : below}px`;
  }
}
