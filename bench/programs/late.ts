/**
 * Every worker is busy, the program's own among them: how late the program knows of its results, or
 * how late its own I/O is.
 *
 * @module
 */

import { submit } from "../../mod.ts";
import type { Answer } from "../workload.ts";
import { untilAllHere } from "./elsewhere.ts";
import { answer, areNumbers, numbers, readWorkload } from "./report.ts";

/** Milliseconds between the beginnings of two operations. */
const EVERY = 5;

/** Keeps a processor busy; returns when that ended, besides its argument. */
export function occupy(x: number, milliseconds: number): [x: number, ended: number] {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
  return [x, now()];
}

/** Milliseconds, the same in all processes of a machine. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

/** Milliseconds from the end of each task until its result is known here. */
async function lateResults(tasks: number, milliseconds: number): Promise<Answer> {
  const samples: number[] = [];
  const results = await Promise.all(
    numbers(tasks).map(async (i) => {
      const [x, ended] = await submit(occupy, i, milliseconds);
      samples.push(now() - ended);
      return x;
    }),
  );
  return { samples, right: areNumbers(results, tasks) };
}

/**
 * Milliseconds that looking for a file takes meanwhile, which on an idle machine is no time at all.
 * Operations begin whether those before them have ended or not, so that one long gap is not counted
 * as one.
 */
async function lateOperations(tasks: number, milliseconds: number): Promise<Answer> {
  const samples: number[] = [];
  const operations: Promise<void>[] = [];
  const operate = async () => {
    const start = performance.now();
    await Deno.lstat(new URL(import.meta.url));
    samples.push(performance.now() - start);
  };
  const timer = setInterval(() => operations.push(operate()), EVERY);
  const { right } = await lateResults(tasks, milliseconds);
  clearInterval(timer);
  await Promise.all(operations);
  return { samples, right };
}

if (import.meta.main) {
  const { what, tasks, milliseconds } = readWorkload("late");
  await untilAllHere();
  const measure = what === "results" ? lateResults : lateOperations;
  await measure(Math.ceil(tasks / 10), milliseconds);
  answer(await measure(tasks, milliseconds));
}
