// @ts-check
/// <reference lib="dom" />
/**
 * A table whose rows stay the same elements as their values change, and that is sorted by any of its
 * columns.
 *
 * @module
 */

import { create, fill, setText } from "./dom.js";

/**
 * @template R
 * @typedef {object} Column
 * @property {string} title
 * @property {(row: R) => string | number} value by which it is sorted
 * @property {(row: R) => string} [show]
 * @property {boolean} [text] true for words, which stand at the left
 * @property {(row: R) => string | undefined} [hint] told when the mouse rests there
 * @property {(row: R) => number} [share] also shown as a bar
 * @property {(row: R) => string} [colour] of a swatch before it
 * @property {(row: R) => boolean} [bad]
 */

/**
 * @template R
 * @typedef {object} TableOptions
 * @property {readonly Column<R>[]} columns
 * @property {(row: R) => string} key
 * @property {number} sort the column it is sorted by at first
 * @property {boolean} [down]
 * @property {string} none what is said when there is no row
 * @property {(row: R) => boolean} [gone]
 * @property {(row: R) => void} [choose]
 * @property {(row: R) => boolean} [chosen]
 */

/**
 * Makes a table of an empty one.
 *
 * @template R
 * @param {HTMLElement} table
 * @param {TableOptions<R>} options
 * @returns {(rows: readonly R[]) => void} shows rows
 */
export function makeTable(table, options) {
  const { columns } = options;
  let [sorted, down] = [options.sort, options.down ?? false];
  /** @type {readonly R[]} */
  let rows = [];
  /** @type {Map<string, { row: R, element: HTMLTableRowElement }>} */
  const known = new Map();
  const body = create("tbody");
  const heads = columns.map((column, i) => {
    const button = create("button", { type: "button" }, column.title);
    button.addEventListener("click", () => {
      [sorted, down] = sorted === i ? [i, !down] : [i, !column.text];
      show();
    });
    return create("th", { scope: "col", ...(column.text ? { class: "text" } : {}) }, button);
  });
  table.replaceChildren(create("thead", {}, create("tr", {}, ...heads)), body);

  const show = () => {
    heads.forEach((head, i) => {
      const order = i !== sorted ? "none" : down ? "descending" : "ascending";
      head.setAttribute("aria-sort", order);
    });
    const column = /** @type {Column<R>} */ (columns[sorted]);
    const ordered = [...rows].sort((a, b) => compare(column.value(a), column.value(b)));
    if (down) ordered.reverse();
    const keys = new Set(rows.map(options.key));
    for (const [key, { element }] of known) {
      if (!keys.has(key)) {
        element.remove();
        known.delete(key);
      }
    }
    const elements = ordered.map((row) => shown(row));
    // Only what is not in its place is moved, since that takes the focus away.
    elements.forEach((element, i) => {
      if (body.children[i] !== element) body.insertBefore(element, body.children[i] ?? null);
    });
    const none = body.querySelector(".none")?.parentElement;
    if (rows.length > 0) none?.remove();
    else if (!none) body.append(noneRow(options.none, columns.length));
  };

  /** @param {R} row */
  const shown = (row) => {
    const key = options.key(row);
    let found = known.get(key);
    if (found === undefined) known.set(key, found = { row, element: newRow(columns, row) });
    const { element } = found;
    if (found.row !== row || element.dataset.key === undefined) {
      if (element.dataset.key === undefined && options.choose) listen(element, key);
      element.dataset.key = key;
      found.row = row;
      columns.forEach((column, i) =>
        update(/** @type {HTMLElement} */ (element.cells[i]), column, row)
      );
    }
    element.classList.toggle("gone", options.gone?.(row) ?? false);
    element.classList.toggle("chosen", options.chosen?.(row) ?? false);
    return element;
  };

  /** @param {HTMLTableRowElement} element @param {string} key */
  const listen = (element, key) => {
    element.tabIndex = 0;
    const choose = () => {
      const found = known.get(key);
      if (found) options.choose?.(found.row);
      show();
    };
    element.addEventListener("click", choose);
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") (event.preventDefault(), choose());
    });
  };

  return (next) => {
    rows = next;
    show();
  };
}

/** @param {string | number} a @param {string | number} b */
function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

/**
 * @template R
 * @param {readonly Column<R>[]} columns
 * @param {R} row
 */
function newRow(columns, row) {
  return create(
    "tr",
    {},
    ...columns.map((column, i) => {
      const classes = [
        column.text ? "text" : "",
        column.share ? "meter" : "",
        i === 0 ? "name" : "",
      ];
      const cell = create(i === 0 ? "td" : "td", { class: classes.join(" ").trim() });
      if (column.colour) {
        const swatch = create("i", { class: "swatch" });
        swatch.style.background = column.colour(row);
        cell.append(swatch);
      }
      cell.append(create("span"));
      if (column.share) {
        cell.append(create("div", { class: "bar", "aria-hidden": "true" }, create("i")));
      }
      return cell;
    }),
  );
}

/**
 * @template R
 * @param {HTMLElement} cell
 * @param {Column<R>} column
 * @param {R} row
 */
function update(cell, column, row) {
  const span = /** @type {HTMLElement} */ (cell.querySelector("span"));
  const text = column.show ? column.show(row) : String(column.value(row));
  setText(span, text);
  const hint = column.hint?.(row);
  if (hint !== undefined && cell.title !== hint) cell.title = hint;
  span.classList.toggle("bad", column.bad?.(row) ?? false);
  if (column.share) {
    fill(/** @type {HTMLElement} */ (cell.querySelector(".bar")), column.share(row));
  }
  if (column.colour) {
    const swatch = /** @type {HTMLElement} */ (cell.querySelector(".swatch"));
    swatch.style.background = column.colour(row);
  }
}

/** @param {string} text @param {number} columns */
function noneRow(text, columns) {
  return create("tr", {}, create("td", { class: "none", colspan: String(columns) }, text));
}
