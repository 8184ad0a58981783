/** Executors: their broker and workers go on without their owner, but not for ever. */

import assert from "node:assert/strict";
import { canFindProcesses, deno, inFolder, killNow, path, start } from "./running.ts";
import type { Run } from "./running.ts";

const ignore = !canFindProcesses;
const PROGRAM = path("tests/faults/programs/pool.ts");

function broker(run: Run): number | undefined {
  return run.processes().find(({ name }) => name.includes("broker/main.ts"))?.pid;
}

Deno.test({
  name: "executor: a program that blocks for 10 s does not hold up its workers, nor lose them",
  ignore,
  async fn() {
    await using run = deno(["--quiet", PROGRAM, "blocks", "10000"]);
    await run.until(() => run.processes().some(({ name }) => name === "worker-2"));
    const workers = () => run.processes().filter(({ name }) => /^worker-/.test(name));
    const before = workers().map(({ pid, name }) => `${name} ${pid}`);
    await run.prints(/^400$/m);
    const { code, stderr } = await run.ended();
    assert.deepEqual([code, stderr], [0, ""]);
    assert.equal(before.length, 2);
    await run.gone();
  },
});

Deno.test({
  name: "executor: a program that forgets to shut down ends all the same",
  ignore,
  async fn() {
    await using run = deno(["--quiet", PROGRAM, "forgets"]);
    const { code, stdout, stderr } = await run.ended();
    assert.deepEqual([code, stdout, stderr], [0, "2\n", ""]);
    await run.gone();
  },
});

Deno.test({
  name: "executor: when its broker is lost, so are its futures, and its workers end",
  ignore,
  async fn() {
    await using run = deno(["--quiet", PROGRAM, "waits"]);
    await run.prints(/waits/);
    killNow(broker(run)!);
    const { code, stdout, stderr } = await run.ended();
    const lost = "BrokerLostError: the broker of the Executor is lost (signal SIGKILL)\n";
    assert.deepEqual([code, stdout, stderr], [0, `waits\n${lost}${lost}`, ""]);
    await run.gone();
  },
});

Deno.test({
  name: "executor: an owner that is killed leaves nothing behind, its folder neither",
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      await using run = deno(["--quiet", PROGRAM, "starts"], { env: { TMPDIR: folder } });
      await run.until(() => run.processes().some(({ name }) => name === "worker-2"));
      run.kill("SIGKILL");
      await run.ended();
      await run.gone();
      assert.deepEqual([...Deno.readDirSync(folder)].filter(({ isDirectory }) => isDirectory), []);
    }),
});

Deno.test({
  name: "executor: a program that may not write has its brokers on a port, with keys",
  ignore,
  async fn() {
    const permissions = ["--allow-run", "--allow-read", "--allow-ffi", "--allow-env"];
    const args = ["run", "--quiet", "--no-prompt", ...permissions, PROGRAM, "waits"];
    await using run = start(Deno.execPath(), args);
    await run.prints(/waits/);
    const environment = Deno.readTextFileSync(`/proc/${broker(run)}/environ`);
    assert.match(environment, /SCOOP_BROKER_KEYS=/);
    const command = Deno.readTextFileSync(`/proc/${broker(run)}/cmdline`);
    assert.match(command, /--address=tcp:\/\/127\.0\.0\.1:/);
    run.kill("SIGTERM");
    await run.ended();
    await run.gone();
  },
});
