/**
 * Stacks that begin where the user called.
 *
 * Between the user's line and the place where one of our errors is made lie up to a dozen frames of
 * this library, more than V8 keeps of a stack. Nobody who uses it can do anything about them. So our
 * errors look further down and leave our own frames out; with SCOOP_DEBUG set, they keep them.
 *
 * @module
 */

import { readVariable } from "./variables.ts";

/** Frames that are looked at, of which ours are left out. */
const DEEPEST = 60;

const HOME = new URL("../", import.meta.url).href;
const OURS = ["futures/", "wire/", "worker/", "broker/", "launch/", "telemetry/", "mod.ts"];

let debug: boolean | undefined;

/** Whether stacks are shown as they are. */
export function showsWholeStacks(): boolean {
  return debug ??= readDebug();
}

function readDebug(): boolean {
  try {
    return !["0", undefined].includes(readVariable("SCOOP_DEBUG"));
  } catch {
    return false;
  }
}

/** An error whose stack begins where the user called. */
export class UserFacingError extends Error {
  /** See `Error`. */
  constructor(message?: string, options?: ErrorOptions) {
    const limit = showsWholeStacks() ? undefined : keepFrames(0);
    super(message, options);
    if (limit !== undefined) beginAtUser(this, new.target.name, limit);
  }
}

/** What is wrong with an argument, told where the user called. */
export function wrongArgument(message: string): TypeError {
  return madeForUser(TypeError, message);
}

/** The same of an argument that is of the right kind, and out of bounds. */
export function outOfRange(message: string): RangeError {
  return madeForUser(RangeError, message);
}

/** An error of no kind of its own, told where the user called. */
export function errorForUser(message: string): Error {
  return madeForUser(Error, message);
}

function madeForUser<E extends Error>(Kind: new (message: string) => E, message: string): E {
  const limit = showsWholeStacks() ? undefined : keepFrames(0);
  const error = new Kind(message);
  if (limit !== undefined) beginAtUser(error, Kind.name, limit);
  return error;
}

/** @param limit of frames as it was before the error was made, with none */
function beginAtUser(error: Error, name: string, limit: number): void {
  // One of its own: Deno prints what V8 knows of an error, whatever its stack says.
  keepFrames(Math.max(limit, DEEPEST));
  const holder = new Error();
  keepFrames(limit);
  const head = error.message === "" ? name : `${name}: ${error.message}`;
  Object.defineProperty(error, "stack", {
    get: () => [head, ...framesOf(holder.stack, limit)].join("\n"),
    set: (stack) => setStack(error, stack),
    configurable: true,
    enumerable: false,
  });
}

/** Gives an error another stack, which shows as little as the one it had. */
export function setStack(error: Error, stack: string): void {
  Object.defineProperty(error, "stack", {
    value: stack,
    writable: true,
    configurable: true,
    enumerable: false,
  });
}

/**
 * Lines of the user's code that called, or that await what goes on here; all lines with SCOOP_DEBUG.
 * None when the program has stacks made in a way of its own, or no stacks at all.
 */
export function userFrames(): string[] {
  const limit = keepFrames(DEEPEST);
  if (limit === undefined) return [];
  const { stack } = new Error();
  keepFrames(limit);
  return framesOf(stack, limit);
}

/** The lines of the user's code in an error's stack; none when it cannot be read. */
export function framesOfUser(error: unknown): string[] {
  try {
    return error instanceof Error ? framesOf(error.stack, Infinity) : [];
  } catch {
    return [];
  }
}

/** Has V8 keep so many lines of a stack; the number before, or undefined when it cannot be set. */
function keepFrames(lines: number): number | undefined {
  const before: unknown = Error.stackTraceLimit;
  if (typeof before !== "number") return undefined;
  try {
    Error.stackTraceLimit = lines;
    return before;
  } catch {
    // A program has frozen it.
    return undefined;
  }
}

function framesOf(stack: unknown, limit: number): string[] {
  if (typeof stack !== "string") return [];
  const lines = stack.split("\n").filter((line) => line.startsWith("    at "));
  return (showsWholeStacks() ? lines : withoutOurs(lines)).slice(0, Math.max(0, limit));
}

/** Ours, the runtime's own, and what stands alone between them: `at new Promise (<anonymous>)`. */
function withoutOurs(lines: readonly string[]): string[] {
  const kept = lines.filter((line) => !isOurs(line) && !/[ (](?:ext|node):/.test(line));
  const first = kept.findIndex((line) => !line.includes("<anonymous>"));
  return first < 0 ? [] : kept.slice(first);
}

/** True for a text that has the address of a module of this library in it, or is one. */
export function isOurs(text: string): boolean {
  const at = text.indexOf(HOME);
  return at >= 0 && OURS.some((part) => text.startsWith(part, at + HOME.length));
}
