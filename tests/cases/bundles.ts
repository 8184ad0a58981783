/**
 * Bundles in whose middle something is stuck, or ends its process: it alone fails.
 *
 * @module
 */

import assert from "node:assert/strict";
import { runProgram } from "../launch_program.ts";
import type { ProgramResult } from "../launch_program.ts";

/** Generous, against hangs only. */
const timeout = 90_000;
const SIX = [0, 1, 2, 3, 4, 5];

/** The path of a program of these tests. */
export function program(name: string): string {
  return `tests/cases/programs/${name}.ts`;
}

/** What a program printed as JSON; it has to end well. */
export function told({ code, stdout, stderr }: ProgramResult) {
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

/** Of a bundle of six one is stuck, on a worker that computes or awaits for ever. */
export async function sixOf(
  flags: string[],
  stuck: number,
  how: "sync" | "async",
): Promise<void> {
  const args = [String(stuck), how];
  const run = await runProgram(program("stuck"), { flags: [...flags, "-A"], args, timeout });
  const expected = SIX.map((i) => i === stuck ? "TimeoutError" : i);
  assert.deepEqual(told(run), expected, run.stderr);
}

/** Tasks on the origin end their process, once each or at every attempt, which is one then. */
export async function exits(flags: string[], how: "once" | "always"): Promise<void> {
  const options = { flags: [...flags, "-A"], args: [how], timeout };
  const { outcomes, exited } = told(await runProgram(program("exits"), options));
  assert.ok(exited.length > 0, "the origin took one that ends its process");
  const lost = new Set<number>(how === "always" ? exited : []);
  const expected = Array.from({ length: 60 }, (_, i) => lost.has(i) ? "WorkerLostError" : i);
  assert.deepEqual(outcomes, expected);
}
