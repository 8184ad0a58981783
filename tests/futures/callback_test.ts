import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runAlone } from "../launch_program.ts";

const PROGRAM = fileURLToPath(new URL("./fixtures/callback_program.ts", import.meta.url));

Deno.test("future: a program goes on until its callbacks were called, and no longer", async () => {
  const { code, stdout, stderr } = await runAlone(PROGRAM, { timeout: 30_000 });
  const lines = stdout.trim().split("\n").sort();
  const expected = ["cancelled", "failed RangeError", "given up", "late true", "later"];
  assert.deepEqual([code, lines], [0, expected], stderr);
});
