import assert from "node:assert/strict";
import { canFindProcesses, inFolder, killNow, path, runScoop, scoop, until } from "./running.ts";

const ignore = !canFindProcesses;
const program = (name: string) => path(`tests/faults/programs/${name}.ts`);

/** What is told of lost workers, without the names of these, all of which must be there. */
function withoutWorkers(text: string): string {
  assert.doesNotMatch(text, /the worker that ran \w+ was/);
  return text.replaceAll(/(the worker that ran \w+), (?:origin|worker-[\d.]+), was/g, "$1 was");
}

Deno.test({
  name: "lost workers: a worker killed from outside is noticed, replaced, and its task runs again",
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      await using run = scoop(["-n", "3", "-A", program("outside_kill"), folder]);
      const [, name] = await run.prints(/task on (.+)/);
      const worker = run.processes().find((process) => process.name === name);
      const killed = performance.now();
      killNow(worker!.pid);
      await run.prints(/attempt 2/);
      // The goal is 3 s; a busy machine may take longer, but must not need a timeout of minutes.
      assert(performance.now() - killed < 20_000);
      const { code, stdout, stderr } = await run.ended();
      assert.equal(stdout, `task on ${name}\nattempt 2\n${name}.2 of 3\n`);
      assert.equal(
        stderr,
        `scoop: ${name} was lost (signal SIGKILL); starting ${name}.2\n`,
      );
      assert.equal(code, 0);
      await run.gone();
    }),
});

Deno.test({
  name: "lost workers: of 1,000 tasks ten kill their worker once, and all come out right",
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const args = ["-n", "3", "-A", program("few_deaths"), folder];
      const { code, stdout, stderr } = await runScoop(args);
      assert.deepEqual([code, stdout], [0, "1000 true\n"]);
      // Some die on the origin, which survives it.
      assert.match(stderr, /was lost \((exit code 7|signal SIGKILL)\); starting worker-\d\.2\n/);
    }),
});

Deno.test({
  name: "lost workers: a task that always kills its worker fails alone, and says how it ended",
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const { code, stdout } = await runScoop(["-n", "3", "-A", program("always_deadly"), folder]);
      const lines = withoutWorkers(stdout).split("\n");
      const lost = (name: string, how: string, times: string) =>
        `the worker that ran ${name} was lost (${how}); the task was tried ${times}`;
      assert.deepEqual(lines, [
        `exits 3 500 true ${lost("exits", "exit code 7", "3 times")}`,
        `isKilled 3 500 true ${lost("isKilled", "signal SIGKILL", "3 times")}`,
        `triedOnce 1 500 true ${lost("triedOnce", "signal SIGKILL", "once")}`,
        `cannotRepeat 1 500 true ${lost("cannotRepeat", "exit code 7", "once")}`,
        "",
      ]);
      assert.equal(code, 0);
    }),
});

Deno.test({
  name: "lost workers: what a lost task had spawned is spawned again, and the results are right",
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const { code, stdout } = await runScoop(["-n", "3", "-A", program("nested_deaths"), folder]);
      assert.deepEqual([code, stdout], [0, "256\n[ 10, 20, 30, 40 ]\n"]);
    }),
});

Deno.test({
  name: "lost workers: a task that runs out of memory costs its worker only",
  ignore,
  async fn() {
    const { code, stdout, stderr } = await runScoop(["-n", "2", program("out_of_memory")], {
      env: { DENO_V8_FLAGS: "--max-old-space-size=100" },
    });
    assert.match(
      stdout,
      /^true the worker that ran hungry, \S+, was lost \(out of memory: .*\);.*\nwell\n$/,
    );
    assert.match(
      stderr,
      /worker-1\S* was lost \(out of memory: V8's heap is full, signal SIG\w+\)/,
    );
    assert.equal(code, 0);
  },
});

Deno.test({
  name: "lost workers: killed while large arguments and results travel",
  ignore,
  async fn() {
    await using run = scoop(["-n", "3", program("large_arguments")]);
    await run.prints(/begins/);
    const over = () => /right of/.test(run.stdout());
    for (let i = 0; i < 4 && !over(); i++) {
      await new Promise((resolve) => setTimeout(resolve, 120));
      const workers = () => run.processes().filter(({ name }) => name.startsWith("worker-"));
      await until(() => over() || workers().length > 0);
      const victim = workers()[i % 2] ?? workers()[0];
      if (victim) killNow(victim.pid);
    }
    const { code, stdout } = await run.ended();
    assert.deepEqual([code, stdout], [0, "begins\n12 right of 12\n"]);
    await run.gone();
  },
});
Deno.test({
  name: "lost workers: no task is blamed for what another one did",
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const { code, stdout } = await runScoop(["-n", "3", "-A", program("several_deadly"), folder]);
      const lost = (name: string, how: string) =>
        `${name} 3 the worker that ran ${name} was lost (${how}); the task was tried 3 times\n`;
      assert.equal(
        withoutWorkers(stdout),
        lost("exits", "exit code 7") + lost("isKilled", "signal SIGKILL") +
          lost("alsoExits", "exit code 7"),
      );
      assert.equal(code, 0);
    }),
});
