// @ts-check
/// <reference lib="dom" />
/**
 * Colours: those of functions, which stay the same for as long as a run, and those of the page, as
 * the canvas needs them.
 *
 * @module
 */

const LIGHT = [
  "#3b62c9",
  "#b3700a",
  "#2c8a43",
  "#8a48d9",
  "#c93f82",
  "#1f8577",
  "#3d84c9",
  "#8a5a3c",
  "#6b7280",
  "#a8501f",
  "#6d7f12",
  "#1c7f9c",
];
const DARK = [
  "#7a9cff",
  "#f2b93b",
  "#52c46b",
  "#b98af9",
  "#ff8ab7",
  "#4fd0bb",
  "#9cc6ff",
  "#cf9c7a",
  "#a3a9b5",
  "#f29a5c",
  "#c5d94a",
  "#4fc0de",
];

/** @typedef {{ text: string, muted: string, line: string, panel: string, row: string, bad: string, accent: string, onBlock: string, functions: readonly string[] }} Palette */

/** Whether the page is dark now. */
export function isDark() {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/**
 * The page's colours as they are now.
 *
 * @returns {Palette}
 */
export function palette() {
  const probe = document.createElement("i");
  document.body.append(probe);
  /** @param {string} name */
  const of = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const found = {
    text: of("text"),
    muted: of("muted"),
    line: of("line"),
    panel: of("panel"),
    row: of("row"),
    bad: of("bad"),
    accent: of("accent"),
    onBlock: of("on-block"),
    functions: isDark() ? DARK : LIGHT,
  };
  probe.remove();
  return found;
}

/** Which colours are taken by which functions. @type {Map<string, number>} */
const taken = new Map();

/**
 * The colour of a function.
 *
 * @param {string} name
 * @param {Palette} colours
 * @returns {string}
 */
export function colourOf(name, colours) {
  let number = taken.get(name);
  if (number === undefined) taken.set(name, number = taken.size);
  return colours.functions[number % colours.functions.length] ?? colours.muted;
}
