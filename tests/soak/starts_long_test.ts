/** The README's first command beside two busy processes; `deno task soak` starts it 300 times. */

import assert from "node:assert/strict";
import { besideBusyProcesses } from "../api/ways.ts";
import { starts } from "./starts.ts";

Deno.test("soak: the README's first command, 12 times beside two busy processes", async () => {
  const problems: string[] = [];
  await besideBusyProcesses(async () => {
    for await (const { number, problem } of starts(12)) {
      if (problem !== undefined) problems.push(`${number}: ${problem}`);
    }
  });
  assert.deepEqual(problems, []);
});
