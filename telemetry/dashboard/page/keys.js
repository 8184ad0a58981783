// @ts-check
/// <reference lib="dom" />
/**
 * The keys of the page, each of which is in the help.
 *
 * @module
 */

import { byId, create } from "./dom.js";

/** @import { Stream } from "./stream.js" */

/** @typedef {{ keys: string[], shown?: string[], text: string, only?: "stream", run: (key: string) => void }} Binding */

const WAYS = /** @type {const} */ ({
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
});

/**
 * @param {Stream} stream
 * @param {{ theme: () => void, find: () => void }} others
 * @returns {Binding[]}
 */
function bindings(stream, others) {
  return [
    {
      keys: Object.keys(WAYS),
      shown: ["←", "→", "↑", "↓"],
      text: "in the task stream: to the block beside, in the row above or below",
      only: "stream",
      run: (key) => stream.go(WAYS[/** @type {keyof typeof WAYS} */ (key)]),
    },
    {
      keys: ["p"],
      text: "to the block that spawned the chosen one",
      run: () => stream.go("parent"),
    },
    {
      keys: ["c"],
      text: "to the first that the chosen one spawned",
      run: () => stream.go("child"),
    },
    {
      keys: ["n", "b"],
      text: "to the next, or the one before, of the same parent",
      run: (key) => stream.go(key === "n" ? "next" : "before"),
    },
    {
      keys: ["z"],
      text: "show the chosen block and all that it spawned, as large as can be",
      run: () => stream.showFamily(),
    },
    {
      keys: ["Escape"],
      shown: ["Esc"],
      text: "choose nothing",
      run: () => stream.choose(undefined),
    },
    {
      keys: ["+", "=", "-"],
      shown: ["+", "−"],
      text: "show less time, or more",
      run: (key) => stream.move(key === "-" ? "out" : "in"),
    },
    {
      keys: ["a", "d"],
      text: "earlier, later",
      run: (key) => stream.move(key === "a" ? "earlier" : "later"),
    },
    { keys: ["w"], text: "the whole run", run: () => stream.move("whole") },
    { keys: ["f"], text: "follow the run", run: () => stream.move("follow") },
    { keys: ["s"], text: "to the task stream", run: () => stream.canvas.focus() },
    { keys: ["/"], text: "find a worker", run: others.find },
    { keys: ["t"], text: "colours: the system's, light, dark", run: others.theme },
    { keys: ["?"], text: "this help", run: openHelp },
  ];
}

const help = () => /** @type {HTMLDialogElement} */ (byId("help"));

function openHelp() {
  if (!help().open) help().showModal();
}

/**
 * Makes them work, and lists them in the help.
 *
 * @param {Stream} stream
 * @param {{ theme: () => void, find: () => void }} others
 */
export function startKeys(stream, others) {
  const all = bindings(stream, others);
  byId("help-keys").append(...all.flatMap(({ keys, shown, text }) => [
    create("dt", {}, ...(shown ?? keys).flatMap((key) => [create("kbd", {}, key), " "])),
    create("dd", {}, text),
  ]));
  byId("help-open").addEventListener("click", openHelp);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help().open) return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.matches("input")) {
      if (event.key === "Escape") target.blur();
      return;
    }
    const found = all.find(({ keys }) => keys.includes(event.key));
    if (!found || (found.only === "stream" && target !== stream.canvas)) return;
    event.preventDefault();
    found.run(event.key);
  });
  for (const button of document.querySelectorAll("[data-do]")) {
    const { do: move } = /** @type {HTMLElement} */ (button).dataset;
    button.addEventListener("click", () => {
      stream.move(/** @type {import("./stream.js").Move} */ (move));
    });
  }
}
