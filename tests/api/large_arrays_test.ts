/** Large arrays, with no more permissions than every process of a run has. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runAlone, runProgram } from "../launch_program.ts";

const PROGRAM = fileURLToPath(new URL("./programs/large_arrays.ts", import.meta.url));

for (const flags of [undefined, ["-n", "1"], ["-n", "2"], ["-n", "4", "-b", "2"]]) {
  Deno.test(`large arrays come back whole, ${flags?.join(" ") ?? "plainly"}`, async () => {
    const { code, stdout, stderr } = flags === undefined
      ? await runAlone(PROGRAM)
      : await runProgram(PROGRAM, { flags });
    assert.equal(stdout, "12 arrays\n", stderr);
    assert.equal(code, 0);
  });
}
