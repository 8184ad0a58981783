/** Much work, long work, large work. */

import assert from "node:assert/strict";
import { runProgram } from "../launch_program.ts";

/** Against hangs only: a gigabyte may have to be swapped. */
const timeout = 600_000;

const program = (name: string) => `tests/api/programs/${name}.ts`;

Deno.test("scale: tasks whose times differ 1,000-fold take little more than in the best schedule", async () => {
  const { code, stdout, stderr } = await runProgram(program("heavy_tailed"), {
    workers: 2,
    timeout,
  });
  assert.deepEqual([code, stderr], [0, ""]);
  const [best, ...all] = stdout.trim().split(" ").map(Number);
  // 1.04 on two cores with some load.
  assert(best! >= 1 && best! <= 1.25, `the best of three runs takes ${best} of it, all ${all}`);
});

Deno.test("scale: a million tasks from an endless generator, and memory stays flat", async () => {
  const { code, stdout, stderr } = await runProgram(program("endless"), { workers: 2, timeout });
  assert.deepEqual([code, stderr], [0, ""]);
  const { sum, memory } = JSON.parse(stdout);
  assert.equal(sum, 1e6 * (1e6 - 1) / 4);
  // A million results kept, with their tasks, would take more than this.
  assert(memory.at(-1) - memory[0] < 120, `megabytes: ${memory}`);
});

const FREE = 7e9;
const { available } = Deno.systemMemoryInfo();
if (available < FREE) console.log(`no gigabyte is sent: ${available} bytes of memory are free`);

Deno.test({
  name: "scale: a gigabyte there and back",
  ignore: available < FREE,
  async fn() {
    const { code, stdout, stderr } = await runProgram(program("gigabyte"), {
      workers: 2,
      flags: ["-A"],
      timeout,
    });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(stdout, "1000000000 origin\n1000000000 worker-1\n");
  },
});
