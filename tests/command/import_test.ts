/** Programs that workers cannot import: told once, and the run fails. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runProgram } from "../launch_program.ts";

const PROGRAM = fileURLToPath(new URL("./programs/sick_import.ts", import.meta.url));
const REMEDY = /; each worker imports it: .* "if \(import\.meta\.main\)"$/;

for (
  const [how, line, more] of [
    ["throws", / cannot import the program: TypeError: no settings; /, /^ {4}at .*:12:\d+$/],
    [
      "ends",
      / ended while it imported the program \(exit code 3\), as 2 before it; /,
      /^a setting/,
    ],
    ["needs", / cannot import the program: NotCapable: .*--allow-env.*; /, /^ {4}at .*:17:\d+$/],
  ] as const
) {
  Deno.test(`command: an import that ${how} is told once, and fails the run`, async () => {
    const { code, stdout, stderr } = await runProgram(PROGRAM, { workers: 3, args: [how] });
    const [first = "", ...others] = stderr.trimEnd().split("\n");
    assert.match(first, /^scoop: no worker can run tasks, so the run ends: worker-\d/);
    assert.match(first, line);
    assert.match(first, REMEDY);
    assert.equal(others.length, 1, stderr);
    assert.match(others[0]!, more);
    assert.deepEqual([code, stdout], [1, ""]);
  });
}

Deno.test("command: with -v, nobody has joined who cannot import the program", async () => {
  const options = { workers: 2, flags: ["-v"], args: ["throws"] };
  const { code, stderr } = await runProgram(PROGRAM, options);
  // The origin may have joined before the end, or not.
  assert.match(stderr, /lost worker-1 \(exit code 1\)/);
  assert.doesNotMatch(stderr, /worker-1\S* joined/);
  assert.equal(code, 1);
});
