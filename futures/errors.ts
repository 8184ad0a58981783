/**
 * How the error of a task is told to the one who waits for it.
 *
 * @module
 */

import { clone } from "../wire/codec.ts";
import { buildError, defineProperty, describeError, errorParts } from "../wire/error_values.ts";
import { SerializationError } from "../wire/errors.ts";

/**
 * A task's error as its caller gets it: a copy, as of everything that travels, whose stack names
 * the task and the worker.
 */
export function errorForCaller(error: unknown, label: string, worker: string): unknown {
  let copy: unknown;
  try {
    copy = clone(error, "error");
  } catch {
    copy = plainCopy(error);
  }
  if (copy instanceof Error) {
    // Its properties are whatever they were given, such as a stack that is a number.
    const own = typeof copy.stack === "string" && copy.stack !== "";
    const stack = own ? withoutOurs(copy.stack!) : describeError(copy);
    defineProperty(copy, "stack", `${stack}\n    in task ${label} on worker ${worker}`, false);
  }
  return copy;
}

const EXECUTOR = new URL("./executor.ts", import.meta.url).href;

/** A stack without its lowest part, which is how we called the task. */
function withoutOurs(stack: string): string {
  const lines = stack.split("\n");
  const first = lines.findIndex((line) => line.includes(EXECUTOR));
  return first > 0 ? lines.slice(0, first).join("\n") : stack;
}

/** Errors of errors of errors: what lies deeper than this is left out of {@link plainCopy}. */
const DEEPEST = 8;

/** What is left of an error when the details that cannot travel are left out. */
function plainCopy(error: unknown, depth = 0): Error {
  try {
    if (error instanceof Error) return copyWithout(error, depth);
  } catch {
    return new Error("an error was thrown that cannot be read");
  }
  return new Error(`a value that cannot be sent was thrown: ${describeError(error)}`);
}

function copyWithout(error: Error, depth: number): Error {
  const { className, name, message, keys, hidden } = errorParts(error);
  const copy = buildError(className, name, message);
  for (const [i, key] of keys.entries()) {
    let value: unknown;
    try {
      value = (error as unknown as Record<string, unknown>)[key];
      value = clone(value, key);
    } catch {
      if (!(value instanceof Error) || depth === DEEPEST) continue;
      value = plainCopy(value, depth + 1);
    }
    defineProperty(copy, key, value, i >= hidden);
  }
  return copy;
}

/** What the caller is told when a result cannot travel. */
export function unsendableResult(error: unknown, label: string): unknown {
  if (!(error instanceof SerializationError)) return error;
  return new SerializationError(`the result of ${label} cannot be sent: ${error.message}`);
}
