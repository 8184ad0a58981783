/** A `map` that nobody awaits promises nothing, and the end of the program says so. */

import assert from "node:assert/strict";
import { runAlone, runProgram } from "../launch_program.ts";
import type { ProgramResult } from "../launch_program.ts";

const PROGRAM = "tests/cases/programs/unawaited.ts";

const WAYS: Record<string, (args: string[]) => Promise<ProgramResult>> = {
  plainly: (args) => runAlone(PROGRAM, { args }),
  "-n 1": (args) => runProgram(PROGRAM, { workers: 1, args }),
  "-n 3": (args) => runProgram(PROGRAM, { workers: 3, args }),
};

const isTold = (line: string) => /map\(/.test(line) && /nobody awaited/.test(line);

for (const [way, run] of Object.entries(WAYS)) {
  Deno.test(`cases: an unawaited map is told in one line, ${way}`, async () => {
    const { code, stdout, stderr } = await run([]);
    assert.deepEqual([code, stdout], [0, "[ 1, 4, 9 ]\n"]);
    assert.equal(stderr.split("\n").filter(isTold).length, 1, stderr);
  });

  Deno.test(`cases: a map that was awaited, or left early, is not, ${way}`, async () => {
    const { code, stdout, stderr } = await run(["awaited"]);
    assert.deepEqual([code, stdout], [0, "[ 1, 4, 9 ]\n"]);
    assert.doesNotMatch(stderr, /nobody awaited/);
  });
}
