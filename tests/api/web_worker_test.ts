/** Web Workers of the user's: each does its tasks by itself, or has an Executor. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runAlone, runProgram } from "../launch_program.ts";

const PROGRAM = fileURLToPath(new URL("./programs/web_worker.ts", import.meta.url));

for (const workers of [0, 1, 2]) {
  const how = workers === 0 ? "plainly" : `-n ${workers}`;
  Deno.test(`a Web Worker calls and has an Executor, ${how}`, async () => {
    const { code, stdout, stderr } = workers === 0
      ? await runAlone(PROGRAM)
      : await runProgram(PROGRAM, { workers, flags: ["-A"] });
    assert.deepEqual([stdout, code], ["[[1,8,27],9,36,[64,125]]\n", 0], stderr);
  });
}
