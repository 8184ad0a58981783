/**
 * Where in a value something sits, and what it is, in words for the person who sent it.
 *
 * @module
 */

import { errorParts } from "./error_values.ts";

/** One step on the way down: an object, and the place it has in the copy of its parent. */
export interface Step {
  source: object;
  parent: Step | undefined;
  /** Key or index in the parent's copy. */
  position: number | string;
}

/** Longer paths lose their middle. */
const MAX_SEGMENTS = 24;

/** The path of what sits at `position` in the copy of `parent`: `args[0].user.onSave`. */
export function pathOf(root: string, parent: Step | undefined, position: number | string): string {
  const segments: string[] = [];
  let holder = parent;
  let at = position;
  while (holder !== undefined) {
    segments.push(segment(holder.source, at));
    at = holder.position;
    holder = holder.parent;
  }
  segments.reverse();
  const left = segments.length - MAX_SEGMENTS;
  if (left > 0) segments.splice(MAX_SEGMENTS / 2, left, `…(${left} levels)…`);
  return root + segments.join("");
}

function segment(source: object, position: number | string): string {
  if (typeof position === "string") return property(position);
  if (Array.isArray(source)) return `[${position}]`;
  // The first element of a copy is its mark.
  if (source instanceof Set) return `.values()[${position - 1}]`;
  if (source instanceof Map) return mapSegment(source, position - 1);
  if (source instanceof Error) return property(errorParts(source).keys[(position - 5) >> 1] ?? "?");
  return property(Object.keys(source)[(position - 1) >> 1] ?? "?");
}

function property(key: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)
    ? `.${key}`
    : `[${JSON.stringify(key)}]`;
}

function mapSegment(map: Map<unknown, unknown>, position: number): string {
  const index = position >> 1;
  if (position % 2 === 0) return `.keys()[${index}]`;
  const key = [...map.keys()][index];
  if (typeof key === "string") return `.get(${JSON.stringify(key)})`;
  return typeof key === "number" ? `.get(${key})` : `.values()[${index}]`;
}

/** What a value that cannot travel is, and what to do about it. */
export function describe(value: unknown): string {
  if (typeof value === "function") {
    const name = value.name === "" ? "" : ` called ${value.name}`;
    return `it is a function${name} (export it from a module and call it by name in the task; ` +
      `only the function of submit and map itself travels)`;
  }
  if (typeof value === "symbol") return `it is a symbol, ${String(value)} (send a string)`;
  const name = classOf(value as object);
  if (name === "SharedArrayBuffer") {
    return "it is a SharedArrayBuffer (its memory cannot be shared; send an ArrayBuffer)";
  }
  if (value instanceof Promise) return "it is a promise (await it first)";
  if ("then" in (value as object)) return `it is an instance of class ${name} (await it first)`;
  return `it is an instance of class ${name} (send a plain object, and rebuild it in the task)`;
}

function classOf(value: object): string {
  const { constructor } = Object.getPrototypeOf(value) as { constructor?: unknown };
  if (typeof constructor === "function" && constructor.name !== "") return constructor.name;
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}
