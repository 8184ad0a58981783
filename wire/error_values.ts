/**
 * How an Error is taken apart to travel, and put together again.
 *
 * What makes an Error is its class, its message, its stack and its own properties. Classes known on
 * both sides are kept; an error of any other class arrives as the nearest known class it extends,
 * with its name.
 *
 * @module
 */

import * as ours from "./errors.ts";

type ErrorClass = { prototype: Error };

/** Errors of every JavaScript, of Deno, and ours, by the names they travel under. */
const CLASSES = new Map<string, ErrorClass>();
const NAMES = new Map<unknown, string>();

const STANDARD = [
  "Error",
  "TypeError",
  "RangeError",
  "SyntaxError",
  "ReferenceError",
  "EvalError",
  "URIError",
  "AggregateError",
  "SuppressedError",
  "DOMException",
];
for (const name of STANDARD) know(name, (globalThis as Record<string, unknown>)[name]);
for (const [name, known] of Object.entries(ours)) know(name, known);
for (const [name, known] of Object.entries(globalThis.Deno?.errors ?? {})) {
  know(`Deno.errors.${name}`, known);
}

function know(name: string, known: unknown) {
  if (typeof known !== "function") return; // an engine without that class
  CLASSES.set(name, known as unknown as ErrorClass);
  NAMES.set(known.prototype, name);
}

/** Properties that carry an error's meaning although they are not enumerable. */
const HIDDEN = ["stack", "cause", "errors", "error", "suppressed", "task"];

/** Properties that have a place of their own. */
const PLACED = new Set(["message", "name", ...HIDDEN]);

/** An Error taken apart. */
export interface ErrorParts {
  /** The name under which both sides know its class. */
  className: string;
  /** Its name, where neither its class nor an enumerable property gives it. */
  name: string | null;
  /** Its own message; null when it has none. */
  message: string | null;
  /** Keys of further properties; the first `hidden` of them are not enumerable. */
  keys: string[];
  /** How many of `keys` are not enumerable. */
  hidden: number;
}

/** True for what {@link errorParts} can take apart. */
export function isError(value: unknown): value is Error {
  return value instanceof Error;
}

/** Takes an Error apart; the values of its properties stay where they are. */
export function errorParts(error: Error): ErrorParts {
  const className = classNameOf(error);
  const isDom = className === "DOMException";
  const shown = Object.keys(error);
  const hasMessage = isDom || Object.hasOwn(error, "message") && !shown.includes("message");
  const hidden = HIDDEN.filter((key) => !shown.includes(key) && isHidden(error, key));
  for (const key of Object.getOwnPropertyNames(error)) {
    if (!PLACED.has(key) && !shown.includes(key)) hidden.push(key);
  }
  return {
    className,
    name: isDom ? error.name : nameOf(error, className, shown),
    message: hasMessage ? String(error.message) : null,
    keys: [...hidden, ...shown],
    hidden: hidden.length,
  };
}

function classNameOf(error: Error): string {
  let link: unknown = Object.getPrototypeOf(error);
  while (link !== null) {
    const name = NAMES.get(link);
    if (name !== undefined) return name;
    link = Object.getPrototypeOf(link);
  }
  return "Error";
}

function isHidden(error: Error, key: string): boolean {
  // In some engines the stack is a property of the class.
  if (key === "stack") return typeof error.stack === "string";
  return Object.hasOwn(error, key);
}

function nameOf(error: Error, className: string, shown: string[]): string | null {
  if (shown.includes("name")) return null;
  return error.name === CLASSES.get(className)?.prototype.name ? null : String(error.name);
}

/**
 * An Error of a known class with its name and message, but without its other properties. No
 * constructor of the class runs, except DOMException's.
 *
 * @throws {Error} when the class is not known here.
 */
export function buildError(className: string, name: string | null, message: string | null): Error {
  const known = CLASSES.get(className);
  if (known === undefined) throw new Error(`unknown error class ${className}`);
  if (className === "DOMException") return new DOMException(message ?? "", name ?? "Error");
  const error = new Error();
  Object.setPrototypeOf(error, known.prototype);
  if (message !== null) defineProperty(error, "message", message, false);
  if (name !== null) defineProperty(error, "name", name, false);
  return error;
}

/** Gives an object a property of its own, also where its class has a setter of that name. */
export function defineProperty(target: object, key: string, value: unknown, enumerable: boolean) {
  Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
}

/** What was thrown, in words; it may be anything, such as an object that cannot be made a text. */
export function describeError(thrown: unknown): string {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  } catch {
    return typeof thrown;
  }
}
