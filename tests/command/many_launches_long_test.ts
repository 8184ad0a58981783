import assert from "node:assert/strict";
import { path, runScoop } from "../faults/running.ts";

const PROGRAM = path("tests/command/programs/trivial.ts");
/** A soak test runs many more. */
const LAUNCHES = Deno.env.get("SCOOP_SOAK") ? 200 : 20;

Deno.test(`${LAUNCHES} launches in a row: none hangs, loses a line or leaves a process`, async () => {
  for (let i = 0; i < LAUNCHES; i++) {
    const { code, stdout, stderr } = await runScoop(["-n", "3", PROGRAM, `${i}`]);
    assert.deepEqual([code, stdout, stderr], [0, `launch ${i}\n[ 1, 4, 9, 16 ]\n`, ""]);
  }
});
