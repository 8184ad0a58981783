/**
 * How the error of a task is told to the one who waits for it.
 *
 * @module
 */

import { clone, decodeEach } from "../wire/codec.ts";
import type { Encoded } from "../wire/codec.ts";
import { buildError, defineProperty, describeError, errorParts } from "../wire/error_values.ts";
import { SerializationError } from "../wire/errors.ts";
import { isOurs, showsWholeStacks } from "../wire/user_stack.ts";

/** What an error of a task says of it, as `error.task`. */
export interface TaskOfError {
  /** Of its function. */
  readonly name: string;
  /** Of its input in a `map`; undefined for one that was submitted. */
  readonly index: number | undefined;
  /** That it failed on; empty when nobody knows. */
  readonly worker: string;
  /** How many times it was begun. */
  readonly attempts: number;
}

/**
 * A task's error as its caller gets it: a copy, as of everything that travels, whose stack names
 * the task and the worker.
 */
export function errorForCaller(
  error: unknown,
  label: string,
  worker: string,
  attempts = 1,
): unknown {
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
    defineProperty(copy, "stack", `${stack}\n${lineOf(label, worker)}`, false);
    noteTask(copy, { name: label, index: undefined, worker, attempts });
  }
  return copy;
}

function lineOf(label: string, worker: string): string {
  return `    in task ${label} on worker ${worker}`;
}

/** What an error has of its own under that name stays what it is. */
function noteTask(error: Error, task: TaskOfError): void {
  const own = Object.getOwnPropertyDescriptor(error, "task");
  if (own?.enumerable || own?.configurable === false) return;
  if (own !== undefined || Object.isExtensible(error)) defineProperty(error, "task", task, false);
}

/** What only its owner knows of a task that has failed. */
export interface FailedTask {
  readonly label: string;
  /** Of its input in a `map`. */
  readonly index?: number | undefined;
  /** Its arguments, or undefined when they are too large to be shown; left out where they are ours. */
  readonly args?: (() => readonly unknown[] | undefined) | undefined;
  /** How many attempts have thrown, if it was to be tried again. */
  readonly failed?: number | undefined;
}

/** Adds to the error of a task, which has come home, what its owner knows: its index and its input. */
export function addOwnersPart(error: unknown, { label, index, args, failed }: FailedTask): void {
  if (!(error instanceof Error)) return;
  const task = (error as { task?: Partial<TaskOfError> }).task;
  const known = typeof task?.worker === "string" && typeof task.attempts === "number";
  // Whatever has failed before it was a task, such as an input that cannot travel, has none.
  if (!known) return;
  const worker = task!.worker!;
  // Those of its last delivery are counted there, each of which may have been lost.
  const attempts = task!.attempts! + Math.max(0, (failed ?? 1) - 1);
  noteTask(error, { name: label, index, worker, attempts });
  if (typeof error.stack !== "string") return;
  const place = index === undefined ? "" : ` [index ${index}]`;
  const input = args === undefined ? "" : `(${inputText(args)})`;
  const line = `    in task ${label}${input}${place}` +
    (worker === "" ? "" : ` on worker ${worker}`) +
    (failed === undefined ? "" : `, attempt ${attempts}`);
  const plain = lineOf(label, worker);
  const stack = error.stack.endsWith(plain)
    ? error.stack.slice(0, -plain.length) + line
    : `${error.stack}\n${line}`;
  defineProperty(error, "stack", stack, false);
}

/** Characters of an input that a line has room for. */
const MOST_INPUT = 80;

function inputText(args: NonNullable<FailedTask["args"]>): string {
  try {
    const values = args();
    if (values === undefined) return "…";
    const options = { depth: 1, iterableLimit: 5, strAbbreviateSize: 40, breakLength: Infinity };
    const text = values.map((value) => Deno.inspect(value, { ...options, compact: true }))
      .join(", ").replaceAll(/\s*\n\s*/g, " ");
    return text.length > MOST_INPUT ? `${text.slice(0, MOST_INPUT)}…` : text;
  } catch {
    // Whatever it is, the error is what matters.
    return "…";
  }
}

/** Bytes of arguments that are looked at to be shown. */
const MOST_SHOWN = 16 << 10;

/** Encoded arguments, for {@link FailedTask.args}. */
export function shownArguments({ body, frames }: Encoded, index: number) {
  if (frames.length > 0 || body.length > MOST_SHOWN) return undefined;
  return decodeEach(body, [])[index] as unknown[];
}

const EXECUTOR = new URL("./executor.ts", import.meta.url).href;

/** A stack without its lowest part, which is how we called the task. */
function withoutOurs(stack: string): string {
  const lines = stack.split("\n");
  const first = lines.findIndex((line) => line.includes(EXECUTOR));
  let end = first > 0 ? first : lines.length;
  // A block of `mapReduce` calls its functions from a module of ours, which the runtime may resume.
  const isNobodys = (line: string) =>
    line.startsWith("    at ") && (isOurs(line) || /[ (](?:ext|node):/.test(line));
  while (end > 1 && isNobodys(lines[end - 1]!) && !showsWholeStacks()) end--;
  return lines.slice(0, end).join("\n");
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
