/** What a task leaves open on the origin does not keep a finished run alive; the program's own does. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runAlone, runProgram } from "../launch_program.ts";

const PROGRAM = fileURLToPath(new URL("./programs/left_open.ts", import.meta.url));

const KINDS = ["interval", "timeout", "timers", "server", "listener", "connection", "process"];

/** Against hangs only; what is left open would last for a minute, or for ever. */
const timeout = 40_000;

async function run(kind: string, workers: number): Promise<string> {
  const options = { args: [kind], timeout };
  const { code, stdout, stderr } = workers === 0
    ? await runAlone(PROGRAM, options)
    : await runProgram(PROGRAM, { ...options, workers, flags: ["-A"] });
  const started = /^started (\d+)$/m.exec(stderr)?.[1];
  // Without the command nobody ends it.
  if (started !== undefined && workers === 0) Deno.kill(Number(started), "SIGKILL");
  assert.equal(code, 0, stderr);
  return stdout;
}

for (const workers of [0, 1]) {
  const way = workers === 0 ? "plainly" : `-n ${workers}`;
  for (const kind of KINDS) {
    Deno.test(`left open: by a task, ${kind}, ${way}`, async () => {
      assert.equal(await run(kind, workers), `${kind}\n`);
    });
  }
  Deno.test(`left open: the program's own server goes on, ${way}`, async () => {
    assert.equal(await run("own", workers), "interval\nanswered\n");
  });
}
