// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Elements of the page. What a run calls its things only ever becomes text, never markup.
 *
 * @module
 */

/**
 * The element of a name that index.html is known to have.
 *
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`there is no element "${id}"`);
  return /** @type {T} */ (found);
}

/**
 * A new element.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function create(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * Sets a text if it is another: what is selected in it stays so.
 *
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * A bar that is filled to a share of its length.
 *
 * @param {HTMLElement} bar with an element in it
 * @param {number} share
 */
export function fill(bar, share) {
  const inner = /** @type {HTMLElement} */ (bar.firstElementChild);
  inner.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
}
