import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runAlone, runProgram } from "../launch_program.ts";

const program = fileURLToPath(new URL("./programs/scatter.ts", import.meta.url));

for (const workers of [1, 2, 3]) {
  Deno.test(`scatter, -n ${workers}`, async () => {
    const { code, stdout, stderr } = await runProgram(program, { workers });
    assert.deepEqual([code, stdout, stderr], [0, "ok\n", ""]);
  });
}

Deno.test("scatter, alone", async () => {
  const { code, stdout } = await runAlone(program);
  assert.deepEqual([code, stdout], [0, "ok\n"]);
});
