// @ts-check
/**
 * Numbers and times as people read them.
 *
 * @module
 */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/**
 * A number of things: all its digits up to a million.
 *
 * @param {number} value
 */
export function count(value) {
  return Math.abs(value) < 1e6 ? whole.format(value) : compact.format(value);
}

/**
 * "1 task", "2 tasks".
 *
 * @param {number} value
 * @param {string} thing
 */
export function counted(value, thing) {
  return `${count(value)} ${thing}${value === 1 ? "" : "s"}`;
}

/**
 * Things a second.
 *
 * @param {number} value
 */
export function rate(value) {
  if (value >= 10_000) return compact.format(value);
  return value >= 10 || value === 0 ? whole.format(value) : value.toPrecision(2);
}

/**
 * A duration with the unit that suits it.
 *
 * @param {number} ms
 */
export function duration(ms) {
  if (!Number.isFinite(ms)) return "–";
  if (ms === 0) return "0";
  if (ms < 1) return `${digits(ms * 1000)} µs`;
  if (ms < 1000) return `${digits(ms)} ms`;
  if (ms < 100_000) return `${digits(ms / 1000)} s`;
  return clock(ms);
}

/** @param {number} value */
const digits = (value) => value >= 100 ? value.toFixed(0) : value.toPrecision(value >= 10 ? 3 : 2);

/**
 * A duration as a clock shows it: 0:07, 12:34, 1:02:03, 3 d 04:05:06.
 *
 * @param {number} ms
 */
export function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [s, m, h] = [seconds % 60, Math.floor(seconds / 60) % 60, Math.floor(seconds / 3600)];
  /** @param {number} value */
  const two = (value) => String(value).padStart(2, "0");
  if (h === 0) return `${m}:${two(s)}`;
  if (h < 24) return `${h}:${two(m)}:${two(s)}`;
  return `${Math.floor(h / 24)} d ${two(h % 24)}:${two(m)}:${two(s)}`;
}

/**
 * A point of time on an axis, as fine as the axis is.
 *
 * @param {number} ms since the run began
 * @param {number} stepMs between two of them
 */
export function tick(ms, stepMs) {
  if (stepMs >= 1000) return clock(ms);
  if (stepMs < 1) return `${(ms / 1000).toFixed(stepMs < 0.1 ? 5 : 4)} s`;
  return `${(ms / 1000).toFixed(stepMs >= 100 ? 1 : stepMs >= 10 ? 2 : 3)} s`;
}

/**
 * Bytes with the unit that suits them.
 *
 * @param {number} value
 */
export function bytes(value) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value >= 99.5 || unit === 0 ? value.toFixed(0) : value.toPrecision(2)} ${units[unit]}`;
}

/**
 * A share of one.
 *
 * @param {number} value
 */
export function percent(value) {
  const full = value * 100;
  return `${full > 0 && full < 1 ? "<1" : full.toFixed(0)} %`;
}

/**
 * A time of day here.
 *
 * @param {number} at milliseconds since 1970
 */
export function timeOfDay(at) {
  return new Date(at).toLocaleTimeString("en-GB");
}
