/** A program without `if (import.meta.main)`, which every worker would run from its top. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runAlone, runProgram } from "../launch_program.ts";

const PROGRAM = fileURLToPath(new URL("./programs/unguarded.ts", import.meta.url));

Deno.test("a program without a guard runs where nobody imports it", async () => {
  for (const run of [runAlone(PROGRAM), runProgram(PROGRAM, { workers: 1, flags: ["-A"] })]) {
    const { code, stdout } = await run;
    assert.deepEqual([stdout, code], ["100 results\n", 0]);
  }
});

Deno.test("a program without a guard fails on several workers, and says why", async () => {
  const { code, stdout, stderr } = await runProgram(PROGRAM, { workers: 2, flags: ["-A"] });
  assert.match(stderr, /map\(\) was called while a worker imported the program/);
  assert.match(stderr, /if \(import\.meta\.main\)/);
  assert.notEqual(code, 0);
  assert.equal(stdout, "");
});
