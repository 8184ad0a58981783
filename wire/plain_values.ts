/**
 * Which values need no preparing: MessagePack carries them as they are, and they arrive the same.
 *
 * Most do. They are looked over once, by recursion, and anything special inside sends the whole
 * value through the walk in values.ts.
 *
 * @module
 */

import { isOddText, isPlainBytes } from "./extensions.ts";
import { isBare, isBareArray, isBareRecord } from "./own_properties.ts";

/** Levels of arrays and objects that are encoded in place; what lies deeper goes into a table. */
export const MAX_DEPTH = 200;

const ARRAY = Array.prototype;
const OBJECT = Object.prototype;

/** Remembers objects; a short list first, since most values hold few and a Set costs more. */
interface Seen {
  few: object[];
  many: Set<object> | undefined;
}

function isFirstVisit(seen: Seen, value: object): boolean {
  const { few } = seen;
  if (seen.many === undefined) {
    if (few.includes(value)) return false;
    if (few.length < 12) {
      few.push(value);
      return true;
    }
    seen.many = new Set(few);
  }
  const before = seen.many.size;
  seen.many.add(value);
  return seen.many.size !== before;
}

/** True when `value` can be encoded as it is and will be the same on the other side. */
export function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isPlainPrimitive(value);
  return isPlainObject(value, 0, undefined);
}

function isPlainPrimitive(value: unknown): boolean {
  switch (typeof value) {
    case "number":
      return value !== 0 || 1 / value > 0;
    case "string":
      return !isOddText(value);
    case "boolean":
      return true;
    default:
      return value === null;
  }
}

function isPlainObject(value: object, depth: number, seen: Seen | undefined): boolean {
  if (depth >= MAX_DEPTH) return false;
  const prototype = Object.getPrototypeOf(value);
  if (prototype === ARRAY) return isPlainArray(value as unknown[], depth, seen);
  if (prototype === OBJECT) return isPlainRecord(value, depth, seen);
  if (prototype === Date.prototype) {
    return !Number.isNaN((value as Date).getTime()) && isBare(value);
  }
  return isPlainBytes(value);
}

/** The same for arguments, in an array that is known to have nothing but elements. */
export function isPlainCall(args: readonly unknown[]): boolean {
  return hasPlainElements(args, 0, undefined);
}

function isPlainArray(list: unknown[], depth: number, seen: Seen | undefined): boolean {
  return Array.isArray(list) && hasPlainElements(list, depth, seen) && isBareArray(list);
}

function hasPlainElements(
  list: readonly unknown[],
  depth: number,
  seen: Seen | undefined,
): boolean {
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    if (typeof item === "number") {
      if (item === 0 && 1 / item < 0) return false;
    } else if (typeof item === "object" && item !== null) {
      seen ??= { few: [list], many: undefined };
      if (!isFirstVisit(seen, item) || !isPlainObject(item, depth + 1, seen)) return false;
    } else if (!isPlainPrimitive(item)) return false; // a hole looks like undefined
  }
  return true;
}

function isPlainRecord(record: object, depth: number, seen: Seen | undefined): boolean {
  let shown = 0;
  // Quicker than Object.keys. It may add keys of a changed Object.prototype, which is noticed below.
  for (const key in record) {
    shown++;
    if (isOddKey(key)) return false;
    const item = (record as Record<string, unknown>)[key];
    if (typeof item === "object" && item !== null) {
      seen ??= { few: [record], many: undefined };
      if (!isFirstVisit(seen, item) || !isPlainObject(item, depth + 1, seen)) return false;
    } else if (!isPlainPrimitive(item)) return false;
  }
  return isBareRecord(record, shown);
}

/** Keys that a decoder refuses, or that UTF-8 would change. */
export function isOddKey(key: string): boolean {
  return key === "__proto__" || isOddText(key);
}
