import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runAlone, runProgram } from "../launch_program.ts";
import type { ProgramResult } from "../launch_program.ts";

const program = fileURLToPath(new URL("./programs/not_awaited.ts", import.meta.url));

const WAYS: Record<string, () => Promise<ProgramResult>> = {
  plainly: () => runAlone(program),
  "-n 1": () => runProgram(program, { workers: 1 }),
  "-n 2": () => runProgram(program, { workers: 2 }),
};

// Deno would keep a program alive that awaits at its top level, whatever else does.
for (const [way, run] of Object.entries(WAYS)) {
  Deno.test(`a program that awaits nothing at its top level goes on to its end, ${way}`, async () => {
    const { code, stdout } = await run();
    assert.deepEqual([code, stdout], [0, "12 66 66\n"]);
  });
}
