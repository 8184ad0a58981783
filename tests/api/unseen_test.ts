/** What nobody looked at is said at the end, once. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runAlone, runProgram } from "../launch_program.ts";
import type { ProgramResult } from "../launch_program.ts";

const PROGRAM = fileURLToPath(new URL("./programs/unseen.ts", import.meta.url));

/** What the origin is to report, beside the failures of what tasks have spawned. */
const EXPECTED = [
  "fail failed and nobody looked at it: RangeError: gone past",
  "fail failed and nobody looked at it: RangeError: once",
  "fail failed and nobody looked at it: RangeError: second of a join",
  "fail failed and nobody looked at it: RangeError: thrice (3 times)",
  "failLater failed and nobody looked at it: RangeError: late",
  "failAll failed and nobody looked at it: RangeError: map 2",
];

/** What tasks have spawned is reported by their workers, so there is a line from each. */
const OF_TASKS = /^fail failed and nobody looked at it: RangeError: of a task( \((\d+) times\))?$/;

/** The line of the program's that a failure is told with. */
const PLACE = / \(at fail \(file:.*\/checks\.ts:\d+:\d+\)\)/;

function linesOf({ stderr }: ProgramResult): string[] {
  return stderr.split("\n").map((line) => line.replace(/^scoop: /, "").replace(PLACE, ""))
    .filter((line) => line !== "" && !/^running in this process only/.test(line));
}

/** Runs the program alone and on one to three workers. */
async function everyResult(): Promise<ProgramResult[]> {
  const results = [await runAlone(PROGRAM)];
  for (const workers of [1, 2, 3]) {
    results.push(await runProgram(PROGRAM, { workers, flags: ["-A"] }));
  }
  return results;
}
const results = everyResult();

Deno.test("failures that nobody looked at are reported at the end, each once", async () => {
  for (const result of await results) {
    const lines = linesOf(result).filter((line) => !OF_TASKS.test(line));
    assert.deepEqual(lines.sort(), EXPECTED.toSorted());
    assert.equal(result.code, 0);
  }
});

Deno.test("so are those of tasks that were spawned by tasks, by their workers", async () => {
  for (const result of await results) {
    let count = 0;
    for (const line of linesOf(result)) {
      const found = OF_TASKS.exec(line);
      if (found !== null) count += Number(found[2] ?? 1);
    }
    assert.equal(count, Number(result.stdout));
  }
});
