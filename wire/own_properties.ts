/**
 * Properties that an object has beside what its form on the wire has places for, such as the
 * `fitness` of an array. They travel behind it (the marks `extended` and `extendedLeaf`).
 *
 * JavaScript has no way to ask for the properties of an array or typed array without its elements:
 * to list the keys of 10,000 elements takes as long as to encode them. So long ones are shown to
 * `Deno.inspect`, which says in 4 µs, whatever their length, whether there is anything but elements.
 *
 * @module
 */

import { isError } from "./error_values.ts";
import { Scattered } from "./scattered.ts";
import { Withdrawn } from "./withdrawn.ts";

/** Properties of an object beside its form; see the module's text. */
export interface OwnProperties {
  /** Their keys; the first `hidden` of them are not enumerable. */
  readonly keys: readonly string[];
  readonly hidden: number;
}

/** Elements up to which it is quicker to list the keys than to ask `Deno.inspect`. */
const FEW = 512;
const INSPECTION = { iterableLimit: 0, depth: 0, breakLength: Infinity };
/** How it shows an array, and a typed array, with nothing but elements. */
const ELEMENTS_ALONE = /^(\w+\(\d+\) )?\[ \.\.\. \d+ more items? \]$/;
const INDEX = /^(0|[1-9]\d*)$/;

/** True when an array without holes has no properties but its elements and its length. */
export function isBareArray(list: readonly unknown[]): boolean {
  if (Object.getOwnPropertySymbols(list).length > 0) return false;
  if (list.length > FEW) return showsElementsAlone(list);
  return Object.keys(list).length === list.length;
}

/** True when a typed array has no properties but its elements. */
export function isBareView(view: ArrayBufferView): boolean {
  if (Object.getOwnPropertySymbols(view).length > 0) return false;
  const { length } = view as unknown as ArrayLike<unknown>;
  return length > FEW ? showsElementsAlone(view) : Object.keys(view).length === length;
}

function showsElementsAlone(value: object): boolean {
  // With nothing to call: it has no symbol that would tell how to show it.
  return ELEMENTS_ALONE.test(Deno.inspect(value, INSPECTION));
}

/** True when an object that has `shown` enumerable properties has no others, nor symbols. */
export function isBareRecord(record: object, shown: number): boolean {
  return Object.getOwnPropertyNames(record).length === shown &&
    Object.getOwnPropertySymbols(record).length === 0;
}

/** True when a Date, Map or the like has no properties of its own at all. */
export function isBare(value: object): boolean {
  return Object.getOwnPropertyNames(value).length === 0 &&
    Object.getOwnPropertySymbols(value).length === 0;
}

// What Deno itself keeps in its objects.
const SYMBOLS_OF_DENO = new Set(
  [new URL("http://localhost/"), new DOMException()].flatMap(Object.getOwnPropertySymbols),
);

/** A symbol that is the key of a property: it means nothing in another process. */
export function symbolKeyOf(value: object): symbol | undefined {
  const symbols = Object.getOwnPropertySymbols(value);
  if (symbols.length === 0) return undefined;
  if (value instanceof URL || value instanceof DOMException) {
    return symbols.find((symbol) => !SYMBOLS_OF_DENO.has(symbol));
  }
  // What is not enumerable in an error is Deno's own as well.
  return value instanceof Error ? symbols.find((symbol) => isShown(value, symbol)) : symbols[0];
}

/** What an object that is not of an unknown class has beside its form. */
export function ownPropertiesOf(value: object): OwnProperties | undefined {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    const keys = hiddenProperties(value, Object.keys(value));
    return keys.length === 0 ? undefined : { keys, hidden: keys.length };
  }
  // An error's form has places for all that it has, and a handle is its name.
  if (isError(value) || value instanceof Scattered || value instanceof Withdrawn) {
    return undefined;
  }
  if (Array.isArray(value)) return propertiesBesideElements(value);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return isBareView(value) ? undefined : propertiesBesideElements(value);
  }
  return allProperties(value);
}

/** What is not an element; only what is enumerable counts. */
function propertiesBesideElements(value: object): OwnProperties | undefined {
  if (Array.isArray(value) && value.length > FEW && showsElementsAlone(value)) return undefined;
  // Elements come first, in any object.
  const all = Object.keys(value);
  let first = all.length;
  while (first > 0 && !isElement(all[first - 1]!)) first--;
  return first === all.length ? undefined : { keys: all.slice(first), hidden: 0 };
}

/** Whether the key of an array's property is that of an element. */
export function isElement(key: string): boolean {
  return INDEX.test(key) && Number(key) < 2 ** 32 - 1;
}

/** All properties of a Map, Date or the like, with how far a RegExp has come. */
function allProperties(value: object): OwnProperties | undefined {
  const names = Object.getOwnPropertyNames(value).filter((name) => !isAtItsStart(value, name));
  if (names.length === 0) return undefined;
  const hidden = names.filter((name) => !isShown(value, name));
  return {
    keys: [...hidden, ...names.filter((name) => isShown(value, name))],
    hidden: hidden.length,
  };
}

/** What a plain object has that is not enumerable. */
export function hiddenProperties(record: object, shown: readonly string[]): string[] {
  const names = Object.getOwnPropertyNames(record);
  return names.length === shown.length ? [] : names.filter((name) => !isShown(record, name));
}

function isShown(value: object, name: string | symbol): boolean {
  return Object.prototype.propertyIsEnumerable.call(value, name);
}

/** Every RegExp has a `lastIndex`, and nearly always it is 0. */
function isAtItsStart(value: object, name: string): boolean {
  return value instanceof RegExp && name === "lastIndex" && value.lastIndex === 0;
}
