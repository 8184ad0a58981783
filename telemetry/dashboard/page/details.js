// @ts-check
/// <reference lib="dom" />
/**
 * What is known of the chosen block, and the ways to its parent and its children; the legend.
 *
 * @module
 */

import { colourOf } from "./colours.js";
import { byId, create, setText } from "./dom.js";
import { clock, count, counted, duration, percent } from "./format.js";

/** @import { Stretch } from "../protocol.ts" */
/** @import { Run } from "./run.js" */
/** @import { Stream, Way } from "./stream.js" */

/** Functions in the legend; all are in the table. */
const MOST_IN_LEGEND = 24;

/**
 * Shows the chosen block, or nothing.
 *
 * @param {Run} run
 * @param {Stream} stream
 */
export function showDetails(run, stream) {
  const panel = byId("details");
  const { chosen } = stream;
  panel.hidden = chosen === undefined;
  if (chosen === undefined) return panel.replaceChildren();
  const parent = run.stretches.parentOf(chosen);
  const children = run.stretches.childrenOf(chosen);
  const swatch = create("i", { class: "swatch" });
  swatch.style.background = colourOf(run.labelOf(chosen), stream.colours);
  const zoom = create("button", { type: "button" }, "Zoom to it (z)");
  zoom.addEventListener("click", () => stream.showFamily());
  const facts = factsOf(run, chosen).map(([name, value]) =>
    create("div", {}, create("dt", {}, name), create("dd", {}, value))
  );
  panel.replaceChildren(
    create("h3", {}, swatch, `${run.labelOf(chosen)} on ${run.workerOf(chosen)}`),
    create("dl", { class: "facts" }, ...facts),
    create(
      "div",
      { class: "ways" },
      way(stream, "parent", parent ? `Parent: ${nameOf(run, parent)} (p)` : "", parentless(chosen)),
      way(
        stream,
        "child",
        children.length > 0 ? `Children: ${counted(children.length, "block")} (c)` : "",
        "spawned no block that is kept",
      ),
      ...(parent
        ? [way(stream, "before", "Sibling before (b)"), way(stream, "next", "Next (n)")]
        : []),
      zoom,
    ),
  );
  panel.dataset.children = String(children.length);
  panel.dataset.parent = parent ? nameOf(run, parent) : "";
}

/** @param {Stretch} stretch */
function parentless({ parentWorker }) {
  return parentWorker < 0 ? "spawned by the program" : "its parent is not kept";
}

/** @param {Run} run @param {Stretch} stretch */
const nameOf = (run, stretch) => `${run.labelOf(stretch)} on ${run.workerOf(stretch)}`;

/**
 * @param {Stream} stream
 * @param {Way} to
 * @param {string} text empty where there is none
 * @param {string} [none]
 */
function way(stream, to, text, none = "") {
  if (text === "") return create("span", { class: "muted" }, none);
  const button = create("button", { type: "button" }, text);
  button.addEventListener("click", () => stream.go(to));
  return button;
}

/**
 * @param {Run} run
 * @param {Stretch} stretch
 * @returns {[string, string][]}
 */
function factsOf(run, stretch) {
  const { from, to, ms, tasks, failed, waited, inputs, labelMs } = stretch;
  const began = from < 60_000 ? duration(Math.max(0, from)) : clock(from);
  return [
    ["tasks", count(tasks)],
    ...(failed > 0 ? [/** @type {[string, string]} */ (["failed", `✕ ${count(failed)}`])] : []),
    ["began at", began],
    ["took", duration(to - from)],
    ["worked", `${duration(ms)} (${percent(ms / Math.max(to - from, 1e-6))})`],
    ...(tasks > 1 ? [/** @type {[string, string]} */ (["a task", duration(ms / tasks)])] : []),
    ...waitOf(stretch),
    ...(waited ? [/** @type {[string, string]} */ (["waited", "others ran beside it"])] : []),
    ...(labelMs < ms * 0.999
      ? [
        /** @type {[string, string]} */ ([
          "of which",
          `${percent(labelMs / ms)} ${run.labelOf(stretch)}; the rest is of other functions`,
        ]),
      ]
      : []),
    ...(inputs ? [/** @type {[string, string]} */ (["called with", inputs])] : []),
  ];
}

/**
 * How long a single task waited until it was begun.
 *
 * @param {Stretch} stretch
 * @returns {[string, string][]}
 */
function waitOf({ id, last, waitMs }) {
  return id === last && waitMs >= 0 ? [["had waited", duration(waitMs)]] : [];
}

/**
 * The functions that are in the task stream, with their colours.
 *
 * @param {Run} run
 * @param {Stream} stream
 */
export function showLegend(run, stream) {
  const legend = byId("legend");
  const key = `${run.labels.slice(0, MOST_IN_LEGEND).join("\n")}\n${stream.colours.functions[0]}`;
  if (legend.dataset.key !== key) {
    legend.dataset.key = key;
    legend.replaceChildren(
      ...run.labels.slice(0, MOST_IN_LEGEND).map((label) => {
        const swatch = create("i", { class: "swatch" });
        swatch.style.background = colourOf(label, stream.colours);
        const button = create("button", { type: "button" }, swatch, label);
        button.addEventListener("click", () => {
          stream.only = stream.only === label ? "" : label;
          stream.draw();
          showLegend(run, stream);
        });
        return button;
      }),
    );
    const more = run.labels.length - MOST_IN_LEGEND;
    if (more > 0) legend.append(create("span", { class: "muted" }, `and ${more} more`));
  }
  for (const button of legend.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.textContent === stream.only));
  }
}

/**
 * What is said where there are no blocks.
 *
 * @param {Run} run
 */
export function showEmpty(run) {
  const empty = byId("empty");
  const { head } = run;
  const here = [...run.workers.values()].filter(({ state }) => state === "joined").length;
  const text = head === undefined
    ? "Waiting for the run…"
    : run.stretches.count > 0
    ? ""
    : run.isOver
    ? "No task was run."
    : run.workers.size === 0
    ? `Waiting for workers: none of ${head.planned} has joined yet.`
    : `${counted(here, "worker")} of ${head.planned} joined; no task has ended yet.`;
  empty.hidden = text === "";
  setText(empty, text);
}
