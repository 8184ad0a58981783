/** `--resume` as a user meets it. */

import assert from "node:assert/strict";
import { runProgram } from "../launch_program.ts";
import { computed, inFolder, PROGRAM, resume } from "./resuming.ts";

Deno.test("resume: what a run has computed, the next one finds", () =>
  inFolder(async ({ file, marks }) => {
    const run = (tasks: number) =>
      runProgram(PROGRAM, {
        workers: 2,
        // The program itself needs no permission for the file of results.
        flags: ["--resume", file, `--allow-write=${marks}`],
        args: ["sum", marks, String(tasks)],
      });
    assert.deepEqual(await run(20), { code: 0, stdout: "570\n", stderr: "" });
    assert.equal((await computed(marks)).length, 20);
    assert.deepEqual(await run(22), { code: 0, stdout: "693\n", stderr: "" });
    assert.deepEqual(await computed(marks), ["20", "21"]);
    const { stdout } = await resume(file, "--list");
    assert.match(stdout, /^work +22 results +\d+ bytes +last \S+ \S+ UTC\n$/);
  }));

Deno.test("resume: what the command makes no sense of", async () => {
  const table: [args: string[], line: string][] = [
    [[], "scoop resume takes a file of results, and what to do with it"],
    [["--list"], "scoop resume takes a file of results, and what to do with it"],
    [["kept", "--list", "work"], "scoop resume takes a file of results, and what to do with it"],
    [["/no/kept", "--forget"], "no such file: /no/kept"],
  ];
  for (const [args, line] of table) {
    const { code, stdout, stderr } = await resume(...args);
    assert.deepEqual([code, stdout, stderr.split("\n")[0]], [2, "", `scoop: ${line}`]);
  }
});
