/**
 * Where in a value something sits, and what it is, in words for the person who sent it.
 *
 * @module
 */

import { errorParts } from "./error_values.ts";
import { Extension, ExtensionType, MarkKind } from "./extensions.ts";
import type { OwnProperties } from "./own_properties.ts";

/** One step on the way down: an object, and the place it has in the copy of its parent. */
export interface Step {
  source: object;
  parent: Step | undefined;
  /** Key or index in the parent's copy. */
  position: number | string;
  /** What it becomes. */
  copy: unknown;
  /** Properties it has beside its form. */
  extra: OwnProperties | undefined;
}

/** Where the first of an object's further properties stands in its copy. */
export const EXTRA_START = 3;

/** Where, in the copy of an object with further properties, the object itself begins. */
export function startOf(extra: OwnProperties | undefined): number {
  return extra === undefined ? 0 : EXTRA_START + 2 * extra.keys.length;
}

/** Longer paths lose their middle. */
const MAX_SEGMENTS = 24;

/** The path of what sits at `position` in the copy of `parent`: `args[0].user.onSave`. */
export function pathOf(root: string, parent: Step | undefined, position: number | string): string {
  const segments: string[] = [];
  let holder = parent;
  let at = position;
  while (holder !== undefined) {
    segments.push(segment(holder, at));
    at = holder.position;
    holder = holder.parent;
  }
  segments.reverse();
  const left = segments.length - MAX_SEGMENTS;
  if (left > 0) segments.splice(MAX_SEGMENTS / 2, left, `…(${left} levels)…`);
  return root + segments.join("");
}

function segment({ source, copy, extra }: Step, position: number | string): string {
  if (typeof position === "string") return property(position);
  const start = startOf(extra);
  if (position < start) return property(extra!.keys[(position - EXTRA_START) >> 1] ?? "?");
  const at = position - start;
  if (Array.isArray(source)) {
    // An element of an array with holes stands behind its index.
    const isSparse = (copy as unknown[]).length > start && isMark((copy as unknown[])[start]);
    return `[${isSparse ? (copy as unknown[])[position - 1] : at}]`;
  }
  // The first element of a copy is its mark.
  if (source instanceof Set) return `.values()[${at - 1}]`;
  if (source instanceof Map) return mapSegment(source, at - 1);
  if (source instanceof Error) return property(errorParts(source).keys[(at - 5) >> 1] ?? "?");
  return property(Object.keys(source)[(at - 1) >> 1] ?? "?");
}

function isMark(value: unknown): boolean {
  return value instanceof Extension && value.type === ExtensionType.mark &&
    value.data[0] === MarkKind.sparse;
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
  if (/^(Number|String|Boolean|BigInt|Symbol)$/.test(name)) {
    return `it is an object of class ${name} (send the ${name.toLowerCase()} itself)`;
  }
  if (value instanceof Promise) return "it is a promise (await it first)";
  if ("then" in (value as object)) return `it is an instance of class ${name} (await it first)`;
  return `it is an instance of class ${name} (send a plain object, and rebuild it in the task)`;
}

/** Why an object with a symbol for a key cannot travel. */
export function describeSymbolKey(symbol: symbol): string {
  return `it has a property with the key ${String(symbol)} (use a string for its key)`;
}

function classOf(value: object): string {
  const { constructor } = Object.getPrototypeOf(value) as { constructor?: unknown };
  if (typeof constructor === "function" && constructor.name !== "") return constructor.name;
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}
