/** Executors, by programs that check themselves and leave nothing behind. */

import assert from "node:assert/strict";
import { canFindProcesses, deno, path } from "../faults/running.ts";

const ignore = !canFindProcesses;
const program = (name: string) => path(`tests/api/programs/${name}.ts`);

async function run(name: string, ...args: string[]) {
  await using run = deno([program(name), ...args]);
  const ended = await run.ended();
  await run.gone();
  return ended;
}

Deno.test({
  name: "executor: functions, values, errors, permissions, several at once, shutdown",
  ignore,
  async fn() {
    const { code, stdout, stderr } = await run("pool");
    assert.deepEqual([code, stdout, stderr], [0, "ok\n", ""]);
  },
});

Deno.test({
  name: "executor: a program that makes one while it is imported is told so",
  ignore,
  async fn() {
    const { stdout, stderr } = await run("pool_unguarded");
    assert.match(stdout + stderr, /an Executor was made while a worker imported the program/);
  },
});

Deno.test({
  name: "executor: a web server, started and stopped ten times",
  ignore,
  async fn() {
    const { code, stdout, stderr } = await run("pool_server", "10");
    assert.deepEqual([code, stdout, stderr], [0, "served 10\n", ""]);
  },
});

Deno.test({
  name: "executor: its owner's end, however it comes, ends the workers",
  ignore,
  async fn() {
    await using run = deno([program("pool_server"), "1000"]);
    await run.until(() => run.processes().some(({ name }) => name === "worker-2"));
    run.kill("SIGKILL");
    await run.ended();
    await run.gone();
  },
});
