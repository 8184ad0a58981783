/** Programs whose import by workers does not end. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { LIMITS } from "../../wire/limits.ts";
import { runAlone, runProgram } from "../launch_program.ts";

const PROGRAM = fileURLToPath(new URL("./programs/sick_import.ts", import.meta.url));
const EXECUTOR = fileURLToPath(new URL("../api/programs/executor_import.ts", import.meta.url));
const WAITS = `cannot import the program: its top level has not ended after ${
  LIMITS.importMs / 1000
} s: it awaits what does not come; `;
const COMPUTES = `ended while it imported the program (it said nothing for ${
  LIMITS.silenceMs / 1000
} s); `;

async function failsRun(how: string, words: string): Promise<void> {
  const { code, stderr } = await runProgram(PROGRAM, { workers: 3, args: [how] });
  assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
  assert(stderr.includes(words), stderr);
  assert.equal(code, 1);
}

async function failsExecutor(how: string, words: string): Promise<void> {
  const { code, stdout, stderr } = await runAlone(EXECUTOR, { args: [how] });
  assert.match(stdout, /^WorkerLostError: the Executor's workers cannot run tasks: worker-\d /);
  assert(stdout.includes(words), stdout);
  assert.match(stdout, /every task\n$/);
  assert.deepEqual([code, stderr], [0, ""]);
}

// All at a time: they wait.
Deno.test("import: one that does not end is told once, and fails the run", async (test) => {
  const kinds = [["waits", WAITS], ["computes", COMPUTES]] as const;
  const steps = kinds.flatMap(([how, words]) => [
    { name: `command: one that ${how} for ever`, fn: () => failsRun(how, words) },
    { name: `executor: one that ${how} for ever`, fn: () => failsExecutor(how, words) },
  ]);
  const apart = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
  const ended = await Promise.all(steps.map((step) => test.step({ ...step, ...apart })));
  assert(ended.every((good) => good));
});
