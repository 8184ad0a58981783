import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runProgram } from "../launch_program.ts";

const program = fileURLToPath(new URL("./programs/own_wait.ts", import.meta.url));

for (const workers of [1, 2]) {
  Deno.test(`tasks that wait for theirs unseen do not stand still for ever, -n ${workers}`, async () => {
    const { code, stdout } = await runProgram(program, { workers });
    assert.deepEqual([code, stdout], [0, "2,3,4\n"]);
  });
}
