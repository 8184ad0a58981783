// @ts-check
/// <reference lib="dom" />
/**
 * Dark or light: as the system has it until somebody chooses, which this browser then remembers.
 *
 * @module
 */

import { byId, setText } from "./dom.js";

const KEY = "scoop-theme";
const ORDER = ["system", "light", "dark"];

/**
 * Makes the switch work.
 *
 * @param {() => void} changed
 */
export function startTheme(changed) {
  const button = byId("theme");
  let chosen = remembered();
  const show = () => {
    if (chosen === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    setText(byId("theme-name"), chosen);
    button.setAttribute("aria-label", `Colours: ${chosen}. Press for the next.`);
    changed();
  };
  const next = () => {
    chosen = ORDER[(ORDER.indexOf(chosen) + 1) % ORDER.length] ?? "system";
    try {
      localStorage.setItem(KEY, chosen);
    } catch {
      // Nothing can be kept in this browser; so it is for as long as the page.
    }
    show();
  };
  button.addEventListener("click", next);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  show();
  return next;
}

function remembered() {
  try {
    const found = localStorage.getItem(KEY);
    return found !== null && ORDER.includes(found) ? found : "system";
  } catch {
    return "system";
  }
}
