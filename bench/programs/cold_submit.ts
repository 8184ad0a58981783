/**
 * The first second of a program: it submits as soon as it begins, whoever is there by then.
 *
 * @module
 */

import { type Future, submit } from "../../mod.ts";
import { answer, areNumbers, readWorkload } from "./report.ts";

export function noop(x: number): number {
  return x;
}

if (import.meta.main) {
  const start = performance.now();
  const { tasks } = readWorkload("coldSubmit");
  const futures: Future<number>[] = [];
  for (let i = 0; i < tasks; i++) futures.push(submit(noop, i));
  const results = await Promise.all(futures.map((future) => future.result()));
  const seconds = (performance.now() - start) / 1000;
  answer({ seconds, right: areNumbers(results, tasks) });
}
