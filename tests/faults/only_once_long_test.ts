/** Tasks that may run only once do so, and those that had not begun when their worker was lost do run. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runProgram } from "../launch_program.ts";

/** The word that it has begun may be lost with the worker: then nobody knows. */
const LOST =
  /the worker that ran once.* was lost .*the task (was tried once|may have begun, and is not to run twice)$/;

const PROGRAM = fileURLToPath(new URL("./programs/only_once.ts", import.meta.url));

for (const flags of [["-n", "1"], ["-n", "3"], ["-n", "4", "-b", "2"]]) {
  Deno.test(`only once: a lost worker costs what had begun alone, ${flags.join(" ")}`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "scoop-test-" });
    try {
      const { stdout, stderr } = await runProgram(PROGRAM, {
        flags: [...flags, "-A"],
        args: [folder],
      });
      const lines = stdout.trimEnd().split("\n");
      assert.equal(lines.length, 12, stderr);
      const lost = lines.filter((line) => line !== "1 done");
      assert.equal(lost.length, 1, stdout);
      assert.match(lost[0]!, /^1 /);
      assert.match(lost[0]!, LOST);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });

  Deno.test(`only once: what is folded is not begun twice either, ${flags.join(" ")}`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "scoop-test-" });
    try {
      const { stdout, stderr } = await runProgram(PROGRAM, {
        flags: [...flags, "-A"],
        args: [folder, "reduce"],
      });
      const [error, times] = stdout.trimEnd().split("\n");
      assert.match(error!, LOST, stderr);
      assert.equal(times, "1");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
