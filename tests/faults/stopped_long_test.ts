/** A run that is stopped for a while, as with Ctrl-Z, goes on where it was: nobody counts as lost. */

import assert from "node:assert/strict";
import { withFakeSsh } from "../hosts/fake_ssh.ts";
import { canFindProcesses, path, scoop } from "./running.ts";

const ignore = !canFindProcesses;
const PROGRAM = path("tests/faults/programs/stopped.ts");

/** Longer than any grace, and twice the former limits of silence. */
const STOPPED_MS = 20_000;

/** Two processes that have nothing to do with the run take the processors meanwhile. */
async function besideOthers(use: () => Promise<void>): Promise<void> {
  const others = [1, 2].map(() =>
    new Deno.Command(Deno.execPath(), { args: ["eval", "for (;;);"], stdin: "null" }).spawn()
  );
  try {
    await use();
  } finally {
    for (const other of others) other.kill("SIGKILL");
    await Promise.all(others.map((other) => other.status));
  }
}

for (const signal of ["SIGSTOP", "SIGTSTP"] as const) {
  Deno.test({
    name: `stopped: ${signal} to the command for 20 s, workers here and on another host`,
    ignore,
    fn: () =>
      withFakeSsh((flags) =>
        besideOthers(async () => {
          await using run = scoop(
            [...flags, "--hosts", "127.0.0.1", "alpha", "-n", "3", PROGRAM],
            { stdin: "" },
          );
          await run.prints(/begins/);
          run.kill(signal);
          await new Promise((resolve) => setTimeout(resolve, STOPPED_MS));
          run.kill("SIGCONT");
          const { code, stdout, stderr } = await run.ended();
          assert.deepEqual([code, stdout, stderr], [0, "begins\nnobody was lost\n", ""]);
          await run.gone();
        })
      ),
  });
}
