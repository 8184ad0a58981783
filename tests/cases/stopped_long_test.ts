/**
 * Processes that are killed, stopped or blocked for a while: what is lost is tried again, and
 * nobody who is only away for a while counts as lost.
 */

import assert from "node:assert/strict";
import { canFindProcesses, deno, path, scoop } from "../faults/running.ts";
import type { Run } from "../faults/running.ts";

const ignore = !canFindProcesses;
const program = (name: string) => path(`tests/cases/programs/${name}.ts`);
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function pidOf(run: Run, name: string): number {
  const found = run.processes().find((process) => process.name === name);
  assert.ok(found, `there is a process ${name}`);
  return found.pid;
}

for (const victim of ["further", "first"] as const) {
  Deno.test({
    name: `cases: kill -9 of a worker of the ${victim} broker, -n 6 -b 2, bundles of five`,
    ignore,
    async fn() {
      const flags = ["-n", "6", "-b", "2", "-A"];
      await using run = scoop([...flags, program("bundles_of_five")]);
      const line = /^(worker-\d+) of (\S+), origin of (\S+)$/gm;
      const find = () =>
        [...run.stdout().matchAll(line)].find(([, , own, first]) =>
          (own === first) === (victim === "first")
        );
      await run.until(() => find() !== undefined);
      Deno.kill(pidOf(run, find()![1]!), "SIGKILL");
      const { code, stdout, stderr } = await run.ended();
      assert.equal(code, 0, stderr);
      assert.equal(stdout.trimEnd().split("\n").at(-1), `150 of 150, ${149 * 150 / 2}`);
      assert.match(stderr, /worker-\d+ was lost/);
      await run.gone();
    },
  });
}

/** Stops a process of a run for a while; the run is to go on as if nothing had happened. */
async function stop(victim: string, milliseconds: number): Promise<void> {
  const tasks = 400;
  await using run = scoop(["-n", "3", "-A", program("stopped"), String(tasks)]);
  await run.prints(/begins/);
  await pause(500);
  const pid = victim === "launcher" ? run.pid : pidOf(run, victim);
  Deno.kill(pid, "SIGSTOP");
  await pause(milliseconds);
  Deno.kill(pid, "SIGCONT");
  const { code, stdout, stderr } = await run.ended();
  assert.deepEqual([code, stderr], [0, ""]);
  const last = stdout.trimEnd().split("\n").at(-1)!;
  assert.match(last, new RegExp(`^${(tasks - 1) * tasks / 2} `));
  // A replaced worker would have another name.
  assert.match(last, /^\d+ origin worker-1 worker-2$/);
  await run.gone();
}

const STOPS: [victim: string, milliseconds: number][] = [
  ["launcher", 6000],
  ["worker-1", 4000],
  ["origin", 4000],
];
for (const [victim, milliseconds] of STOPS) {
  Deno.test({
    name: `cases: SIGSTOP of the ${victim} for ${milliseconds / 1000} s costs nothing but time`,
    ignore,
    fn: () => stop(victim, milliseconds),
  });
}

Deno.test({
  name: "cases: a program with an Executor computes for 5 s: no worker is lost, nothing runs twice",
  ignore,
  async fn() {
    await using run = deno([program("blocked")]);
    const { code, stdout, stderr } = await run.ended();
    assert.equal(code, 0, stderr);
    const { before, after, ...rest } = JSON.parse(stdout);
    assert.deepEqual(after, before, "the workers are the same");
    assert.deepEqual(rest, { sum: 99 * 100 / 2, outcome: "paid", ran: 101, most: 1 });
    assert.doesNotMatch(stderr, /lost/);
    await run.gone();
  },
});
