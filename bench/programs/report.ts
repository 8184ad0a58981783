/**
 * How the bench's programs are told what to do, and say how it went.
 *
 * @module
 */

import type { Answer, Workload, WorkloadOf } from "../workload.ts";

/** The workload on the command line. */
export function readWorkload<W extends Workload["work"]>(work: W): WorkloadOf<W> {
  const workload = JSON.parse(Deno.args[0] ?? "{}");
  if (workload.work !== work) throw new Error(`expected {"work":"${work}", …}`);
  return workload;
}

/** Prints the answer. */
export function answer(answer: Answer): void {
  console.log(JSON.stringify(answer));
}

/** The numbers from 0 up. */
export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** Whether `results` are the numbers from 0 up. */
export function areNumbers(results: readonly unknown[], count: number): boolean {
  return results.length === count && results.every((result, i) => result === i);
}
