// @ts-check
/**
 * The part of a run's time that the task stream shows. Pure: whoever draws and whoever listens to
 * mouse and keys ask it. All times are milliseconds since the run's base.
 *
 * @module
 */

/**
 * What is shown. While it follows a run that is shorter than `span`, it is shorter itself.
 *
 * @typedef {{ readonly from: number, readonly to: number, readonly mode: Mode, readonly span: number }} TimeWindow
 */
/** What it does as the run goes on: it moves along, it shows all, or it stays. */
/** @typedef {"follow" | "whole" | "still"} Mode */

/** The shortest and the longest time that can be shown. */
const LEAST_MS = 0.05;
const MOST_MS = 400 * 24 * 3_600_000;
/** How much is shown at first. */
const FIRST_MS = 30_000;
/** There is always so much to see, lest the first second of a run race by. */
const SHORTEST_RUN_MS = 2_000;

/** At the beginning. @type {TimeWindow} */
export const FIRST_WINDOW = { from: 0, to: FIRST_MS, mode: "follow", span: FIRST_MS };

/**
 * The window as it is when the run has come to `now`.
 *
 * @param {TimeWindow} window
 * @param {number} now
 * @param {number} first when the run's first work began
 * @returns {TimeWindow}
 */
export function settle(window, now, first = 0) {
  const end = Math.max(now, first + SHORTEST_RUN_MS);
  if (window.mode === "still") return window;
  const all = end - first;
  const shown = window.mode === "whole" ? all : Math.min(window.span, all);
  return { ...window, from: end - shown, to: end };
}

/**
 * Shorter or longer; what is at `center` stays where it is.
 *
 * @param {TimeWindow} window
 * @param {number} factor below 1 to see less, larger
 * @param {number} center
 * @returns {TimeWindow}
 */
export function zoom(window, factor, center) {
  const span = window.to - window.from;
  const next = Math.min(MOST_MS, Math.max(LEAST_MS, span * factor));
  const share = span > 0 ? (center - window.from) / span : 0.5;
  const from = center - next * share;
  return { from, to: from + next, mode: "still", span: next };
}

/**
 * Earlier or later.
 *
 * @param {TimeWindow} window
 * @param {number} ms
 * @returns {TimeWindow}
 */
export function pan(window, ms) {
  return { ...window, from: window.from + ms, to: window.to + ms, mode: "still" };
}

/**
 * So that a stretch of time can be seen: as it is if it can be seen already.
 *
 * @param {TimeWindow} window
 * @param {number} from
 * @param {number} to
 * @returns {TimeWindow}
 */
export function reveal(window, from, to) {
  if (from >= window.from && to <= window.to) return window;
  const span = Math.max(window.to - window.from, (to - from) * 1.5, LEAST_MS);
  const middle = (from + to) / 2;
  return { from: middle - span / 2, to: middle + span / 2, mode: "still", span };
}

/**
 * So that a stretch of time fills it, but for a little at its sides.
 *
 * @param {TimeWindow} window
 * @param {number} from
 * @param {number} to
 * @returns {TimeWindow}
 */
export function fit(window, from, to) {
  const span = Math.max((to - from) * 1.2, LEAST_MS);
  const middle = (from + to) / 2;
  return { ...window, from: middle - span / 2, to: middle + span / 2, mode: "still", span };
}

/**
 * Where an axis has its marks: some hundred pixels apart, at round times.
 *
 * @param {TimeWindow} window
 * @param {number} width in pixels
 * @returns {{ at: number[], stepMs: number }}
 */
export function marks({ from, to }, width) {
  const wanted = (to - from) / Math.max(1, width / 110);
  const seconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200];
  const power = 10 ** Math.floor(Math.log10(wanted));
  const stepMs = wanted < 1000
    ? [1, 2, 5, 10].map((each) => each * power).find((each) => each >= wanted) ?? wanted
    : (seconds.find((each) => each * 1000 >= wanted) ?? Math.ceil(wanted / 86_400_000) * 86_400) *
      1000;
  const at = [];
  for (let i = Math.ceil(from / stepMs); i * stepMs <= to; i++) at.push(i * stepMs);
  return { at, stepMs };
}
