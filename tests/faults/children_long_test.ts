/** Programs that tasks have started: whatever ends the run ends them. */

import assert from "node:assert/strict";
import { withFakeSsh } from "../hosts/fake_ssh.ts";
import { canFindProcesses, killNow, path, scoop } from "./running.ts";
import type { Run } from "./running.ts";

const ignore = !canFindProcesses;
const PROGRAM = path("tests/faults/programs/children.ts");

/** The programs that the tasks of a run have started, all inheriting the worker's name. */
function children(run: Run): number[] {
  return run.processes().filter(({ pid }) => {
    try {
      return /^(\S*\/)?sleep\0/.test(Deno.readTextFileSync(`/proc/${pid}/cmdline`));
    } catch {
      return false;
    }
  }).map(({ pid }) => pid);
}

async function allStarted(run: Run): Promise<void> {
  await run.until(() => children(run).length >= 3);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const) {
  for (const hosts of [[], ["--hosts", "127.0.0.1", "alpha"]]) {
    Deno.test({
      name: `children of tasks: ${signal} to the command${hosts.length > 0 ? ", two hosts" : ""}`,
      ignore,
      fn: () =>
        withFakeSsh(async (flags) => {
          await using run = scoop([...flags, ...hosts, "-n", "3", "-A", PROGRAM, "waits"], {
            stdin: "",
          });
          await allStarted(run);
          run.kill(signal);
          await run.ended();
          await run.gone();
        }),
    });
  }
}

for (const how of ["exits", "fails"]) {
  Deno.test({
    name: `children of tasks: the program ${how}`,
    ignore,
    async fn() {
      await using run = scoop(["-n", "3", "-A", PROGRAM, how], { stdin: "open" });
      await allStarted(run);
      await run.type("now\n");
      const { code } = await run.ended();
      assert.equal(code, how === "exits" ? 0 : 1);
      await run.gone();
    },
  });
}

Deno.test({
  name: "children of tasks: a worker that is killed, or ends by itself",
  ignore,
  async fn() {
    await using run = scoop(["-n", "3", "-A", PROGRAM, "waits"]);
    await allStarted(run);
    const before = children(run);
    for (const { pid, name } of run.processes()) {
      // A program of a task has its worker's name.
      if (name === "worker-1" && !before.includes(pid)) killNow(pid);
    }
    // Those of the worker that was killed; tasks of its are begun again elsewhere.
    await run.until(() => before.some((pid) => !children(run).includes(pid)));
    run.kill("SIGINT");
    await run.ended();
    await run.gone();
  },
});

Deno.test({
  name: "children of tasks: a task past its timeout",
  ignore,
  async fn() {
    await using run = scoop(["-n", "2", "-A", PROGRAM, "timeout"]);
    const { code, stdout } = await run.ended();
    assert.deepEqual([code, stdout], [0, "TimeoutError\n"]);
    await run.gone();
  },
});
