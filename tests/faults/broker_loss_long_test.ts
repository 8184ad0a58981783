/** Brokers are killed while everybody computes, and nothing is lost. */

import assert from "node:assert/strict";
import { canFindProcesses, deno, inFolder, killNow, path, scoop } from "./running.ts";
import type { Run } from "./running.ts";

const ignore = !canFindProcesses;
const PROGRAM = path("tests/faults/programs/broker_loss.ts");

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The process of a broker that the command has started. */
function broker(run: Run, name: string): number {
  const found = run.processes().find((one) => one.name.includes(`--name=${name} `));
  assert.ok(found, `${name} runs`);
  return found.pid;
}

/** How often tasks have begun that left a mark. */
async function marksIn(folder: string): Promise<Map<string, number>> {
  const marks = new Map<string, number>();
  for await (const { name } of Deno.readDir(folder)) {
    marks.set(name, (await Deno.readTextFile(`${folder}/${name}`)).length);
  }
  return marks;
}

/** Runs the program, and something happens meanwhile; gives what was told. */
async function survive(flags: string[], happens: (run: Run) => Promise<void>): Promise<string> {
  let told = "";
  await inFolder(async (folder) => {
    await using run = scoop([...flags, "-A", PROGRAM, folder]);
    await run.prints(/it begins/);
    await happens(run);
    const { code, stdout, stderr } = await run.ended();
    const printed = stdout.replaceAll("[origin] ", "");
    assert.equal(printed, "it begins\nall is right\n", stderr);
    assert.equal(code, 0, stderr);
    await run.gone();
    const marks = await marksIn(folder);
    assert.equal(marks.size, 250 + 60 + 60);
    for (const [name, times] of marks) {
      if (name.startsWith("once")) assert.equal(times, 1, `${name} began ${times} times`);
    }
    told = stderr;
  });
  return told;
}

for (const [name, other] of [["broker", "broker-2"], ["broker-2", "broker"]] as const) {
  Deno.test({
    name: `of two brokers ${name} is killed: its workers go on with the other`,
    ignore,
    async fn() {
      const told = await survive(["-n", "4", "-b", "2", "-v"], async (run) => {
        await wait(500);
        killNow(broker(run, name));
      });
      const line = `scoop: ${name} was lost (signal SIGKILL); its workers go on with ${other}\n`;
      assert.ok(told.includes(line), told);
      // The other has the time to end by itself.
      assert.match(told, new RegExp(`^scoop: ${other} has ended \\(exit code 0\\)$`, "m"));
      assert.doesNotMatch(told, new RegExp(`^scoop: ${name} has ended`, "m"));
    },
  });
}

Deno.test({
  name: "of three brokers the first ends by a signal and another is killed",
  ignore,
  async fn() {
    await survive(["-n", "5", "-b", "3"], async (run) => {
      await wait(500);
      Deno.kill(broker(run, "broker"), "SIGTERM");
      await wait(3_000);
      killNow(broker(run, "broker-2"));
    });
  },
});

Deno.test({
  name: "a broker is killed before anybody has found it",
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      await using run = scoop(["-n", "4", "-b", "2", "-A", PROGRAM, folder]);
      await run.until(() => run.processes().some((one) => one.name.includes("--name=broker-2 ")));
      killNow(broker(run, "broker"));
      const { code, stdout } = await run.ended();
      // Before the program was started the command says that a broker did not start.
      if (code === 0) assert.match(stdout, /all is right/);
      else assert.equal(stdout, "");
      await run.gone();
    }),
});

Deno.test({
  name: "all brokers are killed: the program is told, and nobody else makes a noise",
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      await using run = scoop(["-n", "4", "-b", "2", "-A", PROGRAM, folder]);
      await run.prints(/it begins/);
      const killed = performance.now();
      for (const name of ["broker", "broker-2"]) killNow(broker(run, name));
      const { code, stderr } = await run.ended();
      // Without a word of the command it took 13 to 18 s.
      assert.ok(performance.now() - killed < 10_000, "the program is told, and need not find out");
      assert.equal(code, 1);
      assert.match(stderr, /^scoop: broker(-2)? was lost \(signal SIGKILL\), and no other/m);
      assert.match(stderr, /BrokerLostError: the broker at \S+ is lost/);
      assert.doesNotMatch(stderr, /worker-/);
      await run.gone();
    }),
});

/** A broker by hand, an origin and two workers, which wait for it so many seconds. */
async function byHand(
  seconds: number | undefined,
  use: (parts: { start(): Run; broker: Run; workers: Run[]; origin: Run; folder: string }) => //
  Promise<void>,
): Promise<void> {
  await inFolder(async (folder) => {
    await using first = deno([path("broker/main.ts"), "--address", "tcp://127.0.0.1:*", "-v"]);
    const [, task, meta] = await first.prints(/listens at (\S+), meta socket at (\S+)/);
    const { mark } = first;
    const env = {
      ...{ BROKER_ADDRESS: task!, META_ADDRESS: meta! },
      ...seconds !== undefined && { SCOOP_BROKER_GRACE: `${seconds}` },
    };
    const worker = (name: string) =>
      deno([path("worker/main.ts"), PROGRAM, folder], {
        env: { ...env, IS_ORIGIN: "0", WORKER_NAME: name },
        mark,
      });
    await using left = worker("left");
    await using right = worker("right");
    await using origin = deno([PROGRAM, folder], { env: { ...env, IS_ORIGIN: "1" }, mark });
    const start = () =>
      deno([path("broker/main.ts"), "--address", task!, "--meta-address", meta!], { mark });
    await use({ start, broker: first, workers: [left, right], origin, folder });
    await first.gone();
  });
}

Deno.test({
  name: "a broker by hand is killed and started again: everybody goes on with the new one",
  ignore,
  fn: () =>
    byHand(undefined, async ({ start, broker, workers, origin, folder }) => {
      await origin.prints(/it begins/);
      await wait(1_000);
      killNow(broker.pid);
      await wait(4_000);
      await using again = start();
      const { code, stdout, stderr } = await origin.ended();
      assert.deepEqual([stdout, code], ["it begins\nall is right\n", 0], stderr);
      for (const worker of workers) assert.equal((await worker.ended()).code, 0);
      assert.equal((await again.ended()).code, 0);
      const marks = await marksIn(folder);
      for (const [name, times] of marks) {
        if (name.startsWith("once")) assert.equal(times, 1, `${name} began ${times} times`);
      }
      const twice = [...marks.values()].filter((times) => times > 1).length;
      assert.ok(twice <= 20, `${twice} of 370 tasks began twice`);
    }),
});

Deno.test({
  name: "a broker by hand is killed and nobody starts another: all are told after the grace",
  ignore,
  fn: () =>
    byHand(5, async ({ broker, workers, origin }) => {
      await origin.prints(/it begins/);
      // Who has not met the broker is told of its absence in other words.
      for (const name of ["left", "right"]) await broker.prints(new RegExp(`${name} joined`));
      const killed = performance.now();
      killNow(broker.pid);
      const { code, stderr } = await origin.ended();
      assert.ok(performance.now() - killed > 4_900, "it might have come back");
      assert.equal(code, 1);
      assert.match(stderr, /BrokerLostError: the broker at tcp:\S+ is lost/);
      for (const worker of workers) {
        const { code, stderr } = await worker.ended();
        assert.match(stderr, /^scoop: (left|right): the broker at tcp:\S+ is lost\n$/);
        assert.equal(code, 1);
      }
    }),
});
