/**
 * What the programs of these tests have in common: a list of checks, and tasks that many need.
 *
 * A program makes its checks known wherever it is imported, so that they can run in the program
 * itself, or as tasks on any worker. `tests/api/ways.ts` lists the ways.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { AssertPredicate } from "node:assert";
import { callOn, Executor, map, scoop, submit, withOptions } from "./api.ts";

/** What is particular about the way in which a program runs; several may apply. */
export type Trait =
  /** Started by itself: all tasks run in its process. */
  | "plain"
  /** Launched with one worker, the origin. */
  | "single"
  /** With more than one worker. */
  | "several"
  /** With several brokers. */
  | "federation"
  /** With workers on other hosts. */
  | "hosts"
  /** Each check is a task. */
  | "task"
  /** The program calls an Executor of its own, which has other workers. */
  | "executor"
  /** Each check is a task of an Executor's worker. */
  | "pool";

/** Something a program checks, and where it cannot hold: why not. */
export interface Check {
  (): void | Promise<void>;
  unless?: Partial<Record<Trait, string>>;
}

/** What a program checks, one after the other, by name. */
export type Checks = Record<string, Check>;

/** A check that takes longer (ms) hangs. */
const HANGS = 30_000;
/** How many workers an Executor gets. */
const POOL = 2;

let declared: Checks = {};

/** Makes a program's checks known to this process. Called wherever the program is imported. */
export function declareChecks(checks: Checks): Checks {
  return declared = checks;
}

/** What is particular about the way in which this program was started. */
export function traitsHere(): ReadonlySet<string> {
  const way = Deno.args.find((arg) => arg.startsWith("--way="))?.slice("--way=".length) ?? "";
  return new Set(way.split(","));
}

/** A check that cannot hold in some ways of running, with the reasons. */
export function except(unless: Partial<Record<Trait, string>>, check: () => void | Promise<void>) {
  return Object.assign(() => check(), { unless });
}

/** The same for all checks of a program. */
export function exceptAll(unless: Partial<Record<Trait, string>>, checks: Checks): Checks {
  return Object.fromEntries(
    Object.entries(checks).map(([name, check]) => [name, except(unless, check)]),
  );
}

/**
 * Runs all checks that were declared, or those named by the program's arguments; an argument
 * `--way=several,task` says which traits apply. Prints which checks cannot hold here, then
 * `ok 8 of 9`, and on stderr what went wrong with the others; then the exit code is 1.
 *
 * @returns what the program awaits at its top level; with an argument `--alone` nothing, so that only
 * what is tried keeps the process alive.
 */
export function runChecks(): Promise<void> | undefined {
  const all = runAll();
  return Deno.args.includes("--alone") ? undefined : all;
}

async function runAll(): Promise<void> {
  const named = Deno.args.filter((arg) => !arg.startsWith("--"));
  const names = named.length > 0 ? named : Object.keys(declared);
  const traits = traitsHere();
  const own = traits.has("executor") || traits.has("pool");
  // Its end is part of what is tried.
  await using pool = own ? new Executor({ workers: POOL, flags: ["-A"] }) : undefined;
  if (pool && traits.has("executor")) callOn(pool, POOL);
  const { submit } = (pool ?? { withOptions }).withOptions({ retries: 0 });
  let good = 0;
  for (const name of names) {
    const reason = reasonAgainst(name, traits);
    if (reason !== undefined) {
      console.log(`not here: ${name}: ${reason}`);
      good++;
      continue;
    }
    const wrong = await (traits.has("task") ? submit(outcome, name).catch(textOf) : outcome(name));
    if (wrong === undefined) good++;
    else console.error(`not ok: ${name}\n${wrong}`);
  }
  console.log(`ok ${good} of ${names.length}`);
  if (good < names.length) Deno.exitCode = 1;
}

function reasonAgainst(name: string, traits: ReadonlySet<string>): string | undefined {
  const unless = Object.entries(declared[name]?.unless ?? {});
  return unless.find(([trait]) => traits.has(trait))?.[1];
}

/** A task: runs one of the program's checks; what went wrong, if anything. */
export async function outcome(name: string): Promise<string | undefined> {
  try {
    const check = declared[name];
    assert.ok(check, `there is no check of this name; there are ${Object.keys(declared)}`);
    await inTime(check());
  } catch (error) {
    return textOf(error);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

async function inTime<T>(check: T | PromiseLike<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("it hangs")), HANGS);
    // What is checked has to keep the process alive by itself.
    Deno.unrefTimer(timer);
  });
  try {
    return await Promise.race([check, late]);
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
