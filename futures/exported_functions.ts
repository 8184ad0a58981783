/**
 * The functions among a module's exports.
 *
 * @module
 */

import { sourceText } from "./registry.ts";

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;
type Exports = Readonly<Record<string, unknown>>;

/** How deep within exported objects and classes functions are found. */
const DEEPEST = 3;
/** What has more properties is a table and no collection of functions. */
const MOST_KEYS = 200;
/** Objects that are looked into. */
const MOST_OBJECTS = 1000;

/** The exported functions, and those within exported objects and classes. */
export function* functionsIn(exports: Exports): Generator<[name: string, fn: AnyFunction]> {
  const seen = new Set<unknown>();
  for (const name of Reflect.ownKeys(exports)) {
    if (typeof name === "symbol") continue;
    yield* functionsOf(name, exported(exports, name), seen, 0);
  }
}

function* functionsOf(
  name: string,
  value: unknown,
  seen: Set<unknown>,
  depth: number,
): Generator<[name: string, fn: AnyFunction]> {
  if (isPlainFunction(value)) yield [name, value];
  else if (depth < DEEPEST && mayHoldFunctions(value) && !seen.has(value)) {
    if (seen.size === MOST_OBJECTS) return;
    seen.add(value);
    for (const key of keysOf(value)) {
      if (key === "constructor") continue;
      yield* functionsOf(`${name}.${key}`, ownValue(value, key), seen, depth + 1);
    }
  }
}

/** Objects of any class whose properties are their own; not what stands for something else. */
function mayHoldFunctions(value: unknown): value is object {
  if (typeof value === "function") return true;
  return typeof value === "object" && value !== null && !ArrayBuffer.isView(value);
}

/** The names of the properties that an object has of its own. */
function keysOf(value: object): string[] {
  if (Array.isArray(value) && value.length > MOST_KEYS) return [];
  try {
    const keys = Object.getOwnPropertyNames(value);
    return keys.length > MOST_KEYS ? [] : keys;
  } catch {
    // A proxy that refuses to be looked at.
    return [];
  }
}

/** A property that has a value, without running an accessor. */
function ownValue(value: object, key: string): unknown {
  try {
    return Object.getOwnPropertyDescriptor(value, key)?.value;
  } catch {
    // An export of a module within that has no value yet.
    return undefined;
  }
}

/** A function by its name among a module's exports: "square", or "Shape.area". */
export function functionNamed(exports: Exports, name: string): AnyFunction | undefined {
  for (const [found, fn] of functionsIn(exports)) if (found === name) return fn;
  return undefined;
}

function exported(exports: Exports, name: string): unknown {
  try {
    return exports[name];
  } catch {
    // It has no value yet.
    return undefined;
  }
}

function isPlainFunction(value: unknown): value is AnyFunction {
  return typeof value === "function" && !isClass(value);
}

// deno-lint-ignore ban-types
function isClass(value: Function): boolean {
  return /^class(?![\w$(])/.test(sourceText(value as AnyFunction));
}
