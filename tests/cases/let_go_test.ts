/**
 * What a program submits, and lets go of, others begin although it computes for seconds from then on:
 * in its first moment, and whatever the arguments weigh.
 */

import assert from "node:assert/strict";
import { runProgram } from "../launch_program.ts";
import { program } from "./bundles.ts";

for (const where of ["the program", "a task"]) {
  for (const bytes of [1, 300_000, 5_000_000]) {
    Deno.test(`cases: two tasks with ${bytes} bytes are begun while ${where} computes, -n 4`, async () => {
      const args = [String(bytes), where];
      const { code, stdout, stderr } = await runProgram(program("let_go"), { workers: 4, args });
      assert.equal(code, 0, stderr);
      const times: number[] = JSON.parse(stdout);
      assert.equal(times.length, 2);
      // It computes for 4 s: the others may still be starting, but do not wait until that is over.
      for (const time of times) assert.ok(time < 3_500, `began after ${time} ms`);
    });
  }
}
