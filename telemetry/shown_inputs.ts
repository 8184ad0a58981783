/**
 * What a task was called with, in a few words for people.
 *
 * `Deno.inspect` looks at all of a value before it shortens it: seconds, for what a task of many
 * megabytes was called with. This looks at the beginning alone, and runs no code of the value's.
 *
 * @module
 */

/** Elements of a list, or properties of an object, that are shown. */
const MOST_ELEMENTS = 6;
/** Characters of a text that are shown. */
const MOST_CHARACTERS = 40;
/** Of an object in an object in an object it is only told that it is there. */
const DEPTH = 3;
/** Larger ones take long to write down. */
const LARGE = 10n ** 30n;

/** The arguments of a call, with commas between them. */
export function shownInputs(args: readonly unknown[]): string {
  try {
    const shown = args.slice(0, MOST_ELEMENTS).map((arg) => shownValue(arg, DEPTH));
    if (args.length > MOST_ELEMENTS) shown.push("…");
    return shown.join(", ").replaceAll(/\s+/g, " ");
  } catch {
    // Whatever a value does when it is looked at.
    return "?";
  }
}

function shownValue(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string": {
      const shown = Deno.inspect(value.slice(0, MOST_CHARACTERS));
      return value.length > MOST_CHARACTERS ? `${shown}…` : shown;
    }
    case "bigint":
      return value < LARGE && value > -LARGE ? `${value}n` : "a large bigint";
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : shownObject(value, depth);
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
}

function shownObject(value: object, depth: number): string {
  if (ArrayBuffer.isView(value)) {
    const length = "length" in value ? value.length : value.byteLength;
    return `${nameOf(value)}(${length})`;
  }
  if (value instanceof Date) return String(value.getTime()) === "NaN" ? "no date" : isoOf(value);
  if (value instanceof RegExp) return shownValue(value.source, 0).replaceAll('"', "/");
  if (value instanceof Error) return `${nameOf(value)} ${shownValue(dataOf(value, "message"), 0)}`;
  const more = (text: string) => depth > 1 ? text : "…";
  if (Array.isArray(value)) {
    const elements = value.slice(0, MOST_ELEMENTS);
    return more(list("[", elements.map((one) => shownValue(one, depth - 1)), value.length, "]"));
  }
  if (value instanceof Map) {
    const elements = first(value).map(([key, one]) =>
      `${shownValue(key, depth - 1)} => ${shownValue(one, depth - 1)}`
    );
    return `Map(${value.size}) ${more(list("{", elements, value.size, "}"))}`;
  }
  if (value instanceof Set) {
    const elements = first(value).map((one) => shownValue(one, depth - 1));
    return `Set(${value.size}) ${more(list("{", elements, value.size, "}"))}`;
  }
  const name = nameOf(value);
  return `${name === "Object" ? "" : `${name} `}${depth > 1 ? properties(value, depth) : "{…}"}`;
}

function properties(value: object, depth: number): string {
  const keys: string[] = [];
  // Begins with the first, however many there are.
  for (const key in value) {
    if (keys.length > MOST_ELEMENTS) break;
    if (Object.hasOwn(value, key)) keys.push(key);
  }
  const shown = keys.slice(0, MOST_ELEMENTS).map((key) =>
    `${key.slice(0, MOST_CHARACTERS)}: ${shownValue(dataOf(value, key), depth - 1)}`
  );
  return list("{", shown, keys.length, "}");
}

/** A property, without calling what would compute it. */
function dataOf(value: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}

function nameOf(value: object): string {
  const prototype = Object.getPrototypeOf(value);
  const maker = prototype === null ? undefined : dataOf(prototype, "constructor");
  const name = typeof maker === "function" ? dataOf(maker, "name") : undefined;
  return typeof name === "string" && name !== "" ? name : "Object";
}

function isoOf(date: Date): string {
  return Date.prototype.toISOString.call(date);
}

function first<T>(values: Iterable<T>): T[] {
  const found: T[] = [];
  for (const value of values) {
    if (found.push(value) === MOST_ELEMENTS) break;
  }
  return found;
}

function list(open: string, shown: string[], total: number, close: string): string {
  if (total === 0) return `${open}${close}`;
  const parts = total > shown.length ? [...shown, "…"] : shown;
  return `${open} ${parts.join(", ")} ${close}`;
}
