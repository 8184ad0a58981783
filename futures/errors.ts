/**
 * How the error of a task is told to the one who waits for it.
 *
 * @module
 */

import { clone } from "../wire/codec.ts";
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
    const stack = copy.stack || `${copy.name}: ${copy.message}`;
    copy.stack = `${withoutOurs(stack)}\n    in task ${label} on worker ${worker}`;
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

/** What is left of an error whose details cannot travel. */
function plainCopy(error: unknown): unknown {
  if (!(error instanceof Error)) {
    return new Error(`a value that cannot be sent was thrown: ${safeString(error)}`);
  }
  const copy = new Error(error.message);
  copy.name = error.name;
  copy.stack = error.stack;
  return copy;
}

function safeString(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}

/** What the caller is told when a result cannot travel. */
export function unsendableResult(error: unknown, label: string): unknown {
  if (!(error instanceof SerializationError)) return error;
  return new SerializationError(`the result of ${label} cannot be sent: ${error.message}`);
}
