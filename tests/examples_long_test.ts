/** Every example prints on one and on four workers what it prints on two. */

import assert from "node:assert/strict";
import { runProgram } from "./launch_program.ts";

/** Arguments for a small size, and flags. */
const EXAMPLES: Record<string, { args?: string[]; flags?: string[] }> = {
  as_completed: { args: ["1000"] },
  callback: { args: ["100", "10", "0"] },
  data_in_module: { args: ["30", "20"] },
  exceptions: {},
  fib: { args: ["12"] },
  full_tree: { args: ["6"] },
  map_as_completed: { args: ["2047", "1000003", "9409", "8"] },
  map_reduce: {},
  map_scan: { args: ["10", "100"] },
  merge_sort: { args: ["5001", "500"] },
  one_max: { args: ["40", "60", "24"] },
  pi_calc: { args: ["20", "2000"] },
  shared_constants: { args: ["52.52,13.4", "29.04,31.24", "-2.29,36.82"] },
  startup: { args: ["10"] },
  url_fetch: { flags: ["--allow-net=127.0.0.1"] },
};

/** Which worker a task was on, and what came first, is not the same every time. */
function settled(stdout: string): string[] {
  return stdout.replaceAll(/on worker \S+/g, "on a worker").split("\n").sort();
}

for (const [name, { args, flags }] of Object.entries(EXAMPLES)) {
  Deno.test(`${name}, on one, two and four workers`, async () => {
    const printed: string[][] = [];
    for (const workers of [2, 1, 4]) {
      const run = await runProgram(`examples/${name}.ts`, { workers, args, flags });
      assert.deepEqual({ code: run.code, stderr: run.stderr }, { code: 0, stderr: "" });
      printed.push(settled(run.stdout));
    }
    assert.ok(printed[0]!.length > 1, "it prints something");
    assert.deepEqual(printed[1], printed[0], "one worker");
    assert.deepEqual(printed[2], printed[0], "four workers");
  });
}
