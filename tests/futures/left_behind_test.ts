/** What tasks leave behind, and callbacks that throw, are told with whose they are. */

import assert from "node:assert/strict";
import { runAlone, runProgram } from "../launch_program.ts";

const program = new URL("fixtures/left_behind_program.ts", import.meta.url).href;

async function linesOf(how: string): Promise<string[]> {
  const { stderr, stdout } = await runProgram(program, { args: [how], workers: 2, flags: ["-A"] });
  return [...stdout.split("\n"), ...stderr.split("\n")];
}

Deno.test("left behind: a rejection names its task and worker", async () => {
  const [line] = (await linesOf("rejection")).filter((line) => line.includes(" ends: "));
  assert.equal(
    line,
    "scoop: worker-1 ends: a promise rejected by task leaves on worker-1 was not caught: " +
      "RangeError: of a promise",
  );
});

Deno.test("left behind: a timer names its task and worker", async () => {
  const [line] = (await linesOf("timer")).filter((line) => line.includes(" ends: "));
  assert.equal(
    line,
    "scoop: worker-1 ends: an error thrown by task leaves on worker-1 was not caught: " +
      "TypeError: of a timer",
  );
});

Deno.test("left behind: what the program itself sees to is not told", async () => {
  const lines = await linesOf("seen");
  assert.ok(lines.includes("seen"), lines.join("\n"));
  assert.deepEqual(lines.filter((line) => line.includes(" ends: ")), []);
});

Deno.test("left behind: a callback that throws is told with its name", async () => {
  const { stderr } = await runAlone(program, { args: ["callback"] });
  const told = stderr.split("\n").filter((line) => line.includes("callback"));
  assert.deepEqual(told.map((line) => line.replace(/origin:\d+/, "origin:1")), [
    "scoop: the callback afterwards of nothing (origin:1) failed: Error: of a callback",
    "scoop: a callback of nothing (origin:1) failed: of another",
  ]);
});
