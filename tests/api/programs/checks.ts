/**
 * What the programs of these tests have in common: a list of checks, and tasks that many need.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { AssertPredicate } from "node:assert";
import { map, scoop, submit } from "../../../mod.ts";

/** What a program checks, one after the other, by name. */
export type Checks = Record<string, () => void | Promise<void>>;

/** A check that takes longer (ms) hangs. */
const HANGS = 20_000;

/**
 * Runs all checks, or those named by the program's arguments. Prints `ok N` for N that went well
 * and, on stderr, what went wrong with the others; then the exit code is 1.
 */
export async function runChecks(checks: Checks): Promise<void> {
  const names = Deno.args.length > 0 ? Deno.args : Object.keys(checks);
  let good = 0;
  for (const name of names) {
    try {
      await inTime(checks[name]!());
      good++;
    } catch (error) {
      console.error(`not ok: ${name}\n${error instanceof Error ? error.stack : error}`);
      Deno.exitCode = 1;
    }
  }
  console.log(`ok ${good}`);
}

async function inTime(check: void | Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("it hangs")), HANGS);
  });
  try {
    await Promise.race([check, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Checks that a promise, a future or a `map` fails as expected. */
export function rejects(promise: PromiseLike<unknown>, expected: AssertPredicate): Promise<void> {
  return assert.rejects(async () => await promise, expected);
}

/** Gives `use` a folder that is removed afterwards. */
export async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    await use(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** The numbers from 0 to `count` - 1. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** A task that takes a while and leaves the processor to others meanwhile. */
export async function sleep<T>(milliseconds: number, value?: T): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return value as T;
}

/** A task that takes a while and keeps the processor. */
export function spin<T>(milliseconds: number, value?: T): T {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
  return value as T;
}

/** A task that leaves a trace which every process can see: one more byte in a file. */
export function mark(path: string): void {
  Deno.writeTextFileSync(path, "x", { append: true });
}

/** How often {@link mark} was called with `path`. */
export function marks(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

/** A task that leaves a trace, as {@link mark} does, and takes a little longer. */
export function markSlowly(path: string): void {
  mark(path);
  spin(2);
}

/** Waits until nobody leaves traces any more; how many there are then. */
export async function lastMarks(path: string): Promise<number> {
  for (let before = -1, now = marks(path);; [before, now] = [now, marks(path)]) {
    if (before === now) return now;
    await Promise.all(Array.from({ length: 4 * scoop.size }, () => submit(sleep, 50)));
  }
}

/** A task that fails. */
export function fail(message: string): never {
  throw new RangeError(message);
}

/** A task that says who executes it, after a while. */
export async function whoAmI(milliseconds: number): Promise<string> {
  await sleep(milliseconds);
  return scoop.workerName;
}

/** Waits until every worker of the run has executed a task; their names. */
export async function everybody(): Promise<Set<string>> {
  const names = new Set<string>();
  while (names.size < scoop.size) {
    const some = Array(2 * scoop.size).fill(10);
    for (const name of await map(whoAmI, some)) names.add(name);
  }
  return names;
}
