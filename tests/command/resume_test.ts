/** `--resume` as a user meets it. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runAlone, runProgram } from "../launch_program.ts";

const CLI = fileURLToPath(import.meta.resolve("../../cli.ts"));
const PROGRAM = fileURLToPath(import.meta.resolve("./programs/resumed.ts"));

/** A folder of its own, with the names of what is written there. */
async function inFolder(
  test: (paths: { folder: string; file: string; marks: string }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await test({ folder, file: join(folder, "kept"), marks: join(folder, "marks") });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What was computed since the last look. */
async function computed(marks: string): Promise<string[]> {
  try {
    const text = await Deno.readTextFile(marks);
    await Deno.remove(marks);
    return text.trim().split("\n").sort((a, b) => Number(a) - Number(b));
  } catch {
    return [];
  }
}

function resume(...args: string[]) {
  return runAlone(CLI, { args: ["resume", ...args] });
}

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
