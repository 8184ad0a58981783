/**
 * Runs a program that ends with unawaited submits, and sees to it that each of them is accounted
 * for: it has run well, its failure is told, or it is counted.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runAlone, runProgram } from "../launch_program.ts";

const PROGRAM = fileURLToPath(new URL("./programs/left_submits.ts", import.meta.url));
const TASKS = 24;

/** How the program is run: the command's flags, or none; and what it is told. */
export interface LeftWay {
  readonly flags?: readonly string[];
  readonly how?: string;
}

/** Ways in which nothing may get lost. */
export const LEFT_WAYS: Readonly<Record<string, LeftWay>> = {
  plainly: {},
  "-n 1": { flags: ["-n", "1"] },
  "-n 3": { flags: ["-n", "3"] },
  "-n 4 -b 2": { flags: ["-n", "4", "-b", "2"] },
  "an Executor": { how: "Executor" },
  "an Executor that is not waited for": { how: "Executor, not waited for" },
  "an Executor that is forgotten": { how: "Executor, forgotten" },
  "in a task, plainly": { how: "in a task" },
  "in a task, -n 1": { how: "in a task", flags: ["-n", "1"] },
  "in a task, -n 3": { how: "in a task", flags: ["-n", "3"] },
};

const FAILED =
  /^scoop: fails failed and nobody looked at it: RangeError: of (\d+) \(at fails \(.*left_submits\.ts:\d+:\d+\)\)$/;
const MORE =
  /^scoop: fails failed and nobody looked at it, with other messages \(at fails .*?\)\)(?: \((\d+) times\))?$/;
const LEFT =
  /^scoop: (\d+) tasks? that nobody awaited had not (begun|ended)(?: and (\d+) had not ended)? when the program ended$/;

/** One run; `pauseMs` is how long the program goes on after it has submitted. */
export async function checkLeft({ flags, how = "" }: LeftWay, pauseMs: number): Promise<void> {
  const file = await Deno.makeTempFile({ prefix: "scoop-test-" });
  const args = [how, String(pauseMs), file];
  const { code, stderr } = flags === undefined
    ? await runAlone(PROGRAM, { args })
    : await runProgram(PROGRAM, { flags: [...flags, "-A"], args });
  const marks = await Deno.readTextFile(file);
  await Deno.remove(file);
  const all = `${marks}\n${stderr}`;
  assert.equal(code, 0, all);
  const lines = stderr.split("\n").filter((line) => line.startsWith("scoop: "));
  const begun = new Set([...marks.matchAll(/^began (\d+)$/gm)].map(([, i]) => Number(i)));
  const told = lines.flatMap((line) => FAILED.exec(line)?.[1] ?? []).map(Number);
  assert.deepEqual(told.toSorted((a, b) => a - b), [...new Set(told)].sort((a, b) => a - b), all);
  for (const i of told) assert.ok(begun.has(i), `${i} has failed, so it had begun: ${all}`);
  const more = lines.flatMap((line) => MORE.exec(line) ?? []);
  const allTold = told.length + (more.length === 0 ? 0 : Number(more[1] ?? 1));
  const counts = lines.flatMap((line) => LEFT.exec(line) ?? []);
  assert.ok(lines.filter((line) => LEFT.test(line)).length <= 1, all);
  const [, first = "0", what, second = "0"] = counts;
  const unbegun = what === "begun" ? Number(first) : 0;
  const unended = what === "begun" ? Number(second) : Number(first);
  assert.equal(begun.size + unbegun, TASKS, `what has not begun is counted: ${all}`);
  const failures = [...begun].filter((i) => i % 3 === 0).length;
  assert.ok(allTold <= failures && failures <= allTold + unended, all);
}
