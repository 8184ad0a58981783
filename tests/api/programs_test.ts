/**
 * The behaviour of the API, by programs that check themselves: each runs alone, where its tasks are
 * executed in process, and on one, two and three workers.
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runAlone, runProgram } from "../launch_program.ts";
import type { ProgramResult } from "../launch_program.ts";

/** The programs, and how many checks each has. */
const PROGRAMS: Record<string, number> = {
  by_value: 9,
  errors: 9,
  facts: 3,
  future: 11,
  map: 19,
  options: 8,
  reduce: 8,
  shared: 9,
  submit: 12,
  values: 3,
  wait: 12,
};

/** What a run may print on stderr beside what went wrong. */
const EXPECTED: RegExp[] = [
  /^scoop: running in this process only; to use all cores: deno run -A cli\.ts -n \d+ \S+\.ts$/,
  /^scoop: a callback of origin:\d+ failed: Error: this callback fails$/,
  /^scoop: worker-\d+(\.\d+)? was lost \(exit code 3\); starting worker-\d+\.\d+$/,
];

function check(how: string, checks: number, { code, stdout, stderr }: ProgramResult): void {
  const unexpected = stderr.split("\n").filter((line) =>
    line !== "" && !EXPECTED.some((pattern) => pattern.test(line))
  );
  assert.deepEqual(unexpected, [], how);
  assert.deepEqual([stdout, code], [`ok ${checks}\n`, 0], how);
}

for (const [name, checks] of Object.entries(PROGRAMS)) {
  const program = fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url));
  const launch = async (workers: number) => {
    const result = await runProgram(program, { workers, flags: ["-A"] });
    check(`-n ${workers}`, checks, result);
  };
  Deno.test(`api: ${name}, in process and on one to three workers`, async () => {
    // Two at a time: they wait a lot.
    await Promise.all([
      runAlone(program).then((result) => check("alone", checks, result)),
      launch(1),
    ]);
    await Promise.all([launch(2), launch(3)]);
  });
}
