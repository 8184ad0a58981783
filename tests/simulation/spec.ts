/**
 * What the tasks of a simulated program do.
 *
 * @module
 */

import type { CallOptions } from "../../futures/work.ts";

/** How somebody spawns tasks, and waits for them. */
export interface Spawning {
  /** The tasks. */
  readonly children: readonly Spec[];
  /** One by one, or by one `map` (of tasks of one function with the same options). */
  readonly by: "submit" | "map";
  /** For a `map`: tasks in one bundle, 0 for no wish. */
  readonly chunkSize: number;
  /**
   * Awaits all of them at once, or one after the other; or in ways that nobody sees: by callbacks
   * alone, or by looking now and then. (A `map` is always seen.)
   */
  readonly waits: "all" | "each" | "unseen" | "polls";
  /** Scatters a value first, which each of them needs, and releases it at the end. */
  readonly scatters?: boolean;
}

/** How somebody gives up a task, or (said of the first) a `map`. */
export interface Cancelling {
  /** Milliseconds after it was spawned. */
  readonly afterMs: number;
  /** What has begun is to end within so many milliseconds; undefined to let it go on. */
  readonly graceMs: number | undefined;
}

/** One task, with what it spawns. */
export interface Spec extends Spawning, CallOptions {
  readonly id: number;
  /** The function it calls: tasks of one function go into one bundle. */
  readonly fn: string;
  /** Milliseconds of its own work. */
  readonly duration: number;
  /** Whether it keeps the processor meanwhile. */
  readonly passes: "computes" | "sleeps";
  /**
   * How it ends: `kills` its worker (but no origin), `exits` (which the origin survives), is
   * `stuck`: it computes for ever (on the origin, longer than its timeout), or `lasts`: it awaits
   * something that never comes.
   */
  readonly fate: "returns" | "throws" | "kills" | "exits" | "stuck" | "lasts";
  /** How often it kills or exits, or throws if it may be tried again, before it returns. */
  readonly times: number;
  /** Whether it ends when its signal says so. */
  readonly heeds: boolean;
  /** Whoever spawned it wants it no more after so many milliseconds; undefined for never. */
  readonly cancel: Cancelling | undefined;
}

/** What a task says of itself that is not said otherwise. */
export const PLAIN: Omit<Spec, "id"> = {
  fn: "work",
  duration: 1,
  passes: "computes",
  children: [],
  by: "submit",
  chunkSize: 0,
  waits: "all",
  timeout: 0,
  retries: 2,
  priority: 0,
  fate: "returns",
  times: 1,
  heeds: true,
  cancel: undefined,
};

/**
 * In a sum of results, a task that failed counts so much, and so does each that it has or would have
 * spawned; one that returned counts 1.
 */
export const FAILED = 1e7;

/** Results and failures in a sum. */
export function readSum(sum: number): { returned: number; failed: number } {
  return { returned: sum % FAILED, failed: Math.floor(sum / FAILED) };
}

/** How many tasks one is, with all that it spawns. */
export function sizeOf({ children }: Spec): number {
  return children.reduce((sum, child) => sum + sizeOf(child), 1);
}

/** All tasks of a program, by their number. */
export function allOf(specs: readonly Spec[], into: Map<number, Spec> = new Map()) {
  for (const spec of specs) {
    into.set(spec.id, spec);
    allOf(spec.children, into);
  }
  return into;
}
