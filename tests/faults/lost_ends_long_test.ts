import assert from "node:assert/strict";
import { canFindProcesses, deno, killNow, path, scoop, until } from "./running.ts";
import type { Run } from "./running.ts";

const ignore = !canFindProcesses;
const PROGRAM = path("tests/faults/programs/by_hand.ts");

/** A broker, two workers and an origin, started by hand with the environment variables. */
async function startByHand(
  use: (parts: { broker: Run; workers: Run[]; origin: Run }) => Promise<void>,
  args: string[] = [],
): Promise<void> {
  await using broker = deno([path("broker/main.ts"), "--address", "tcp://127.0.0.1:*", "-v"]);
  const [, task, meta] = await broker.prints(/listens at (\S+), meta socket at (\S+)/);
  const { mark } = broker;
  // Nobody starts another.
  const shared = { BROKER_ADDRESS: task!, META_ADDRESS: meta!, SCOOP_BROKER_GRACE: "0" };
  await using first = deno([path("worker/main.ts"), PROGRAM, ...args], {
    env: { ...shared, WORKER_NAME: "left" },
    mark,
  });
  await using second = deno([path("worker/main.ts"), PROGRAM, ...args], {
    env: { ...shared, WORKER_NAME: "right", IS_ORIGIN: "0" },
    mark,
  });
  await using origin = deno([PROGRAM, ...args], { env: { ...shared, IS_ORIGIN: "1" }, mark });
  await use({ broker, workers: [first, second], origin });
}

Deno.test({
  name: "lost broker: the origin's futures reject, and everyone else ends by himself",
  ignore,
  fn: () =>
    startByHand(async ({ broker, workers, origin }) => {
      await origin.prints(/both are running/);
      const [, address] = await broker.prints(/listens at (\S+),/);
      const killed = performance.now();
      killNow(broker.pid);
      await origin.prints(/BrokerLostError/);
      // The goal is 5 s.
      assert(performance.now() - killed < 20_000);
      const { code, stdout, stderr } = await origin.ended();
      assert.equal(
        stdout,
        "all are here\nboth are running\n" +
          `BrokerLostError: the broker at ${address} is lost\n2\n5\n`,
      );
      assert.deepEqual([code, stderr], [0, ""]);
      for (const [i, worker] of workers.entries()) {
        const { code, stderr } = await worker.ended();
        const name = ["left", "right"][i];
        assert.equal(stderr, `scoop: ${name}: the broker at ${address} is lost\n`);
        assert.equal(code, 1);
      }
      await broker.gone();
    }),
});

Deno.test({
  name: "lost broker: one that is ended by a signal says goodbye",
  ignore,
  fn: () =>
    startByHand(async ({ broker, workers, origin }) => {
      await origin.prints(/both are running/);
      broker.kill("SIGTERM");
      const reason = "the broker got a SIGTERM";
      await origin.prints(new RegExp(`BrokerLostError: .*${reason}`));
      assert.equal((await origin.ended()).code, 0);
      for (const worker of workers) {
        const { code, stdout, stderr } = await worker.ended();
        assert.deepEqual([code, stdout, stderr], [0, "", ""]);
      }
      assert.equal((await broker.ended()).code, 0);
      await broker.gone();
    }),
});

Deno.test({
  name: "lost origin: broker and workers started by hand end by themselves",
  ignore,
  fn: () =>
    startByHand(async ({ broker, workers, origin }) => {
      await origin.prints(/both are running/);
      killNow(origin.pid);
      const { code, stderr } = await broker.ended();
      assert.equal(code, 0);
      assert.match(stderr, /the origin was lost \(its connection broke\)/);
      for (const worker of workers) {
        const { code, stdout, stderr } = await worker.ended();
        assert.deepEqual([code, stdout, stderr], [0, "", ""]);
      }
      await broker.gone();
    }),
});

Deno.test({
  name: "lost origin: under the command everything ends, with the exit code of a kill",
  ignore,
  async fn() {
    await using run = scoop(["-n", "3", PROGRAM]);
    await run.prints(/both are running/);
    killNow(run.processes().find(({ name }) => name === "origin")!.pid);
    const { code } = await run.ended();
    assert.equal(code, 128 + 9);
    await run.gone();
  },
});

Deno.test({
  name: "an uncaught error of the program: its own text only, exit code 1, nothing left",
  ignore,
  async fn() {
    await using run = scoop(["-n", "3", PROGRAM, "crash"]);
    const { code, stdout, stderr } = await run.ended();
    assert.deepEqual([code, stdout], [1, "all are here\n"]);
    assert.match(stderr, /^error: Uncaught RangeError: a mistake of the program\n/);
    assert.doesNotMatch(stderr, /scoop:|executor|runtime\.ts/);
    await run.gone();
  },
});

Deno.test({
  name: "lost launcher: nothing is left running, endless loops neither",
  ignore,
  async fn() {
    await using run = scoop(["-n", "3", PROGRAM, "loop everywhere"]);
    await run.until(() => (run.stdout().match(/loops in/g)?.length ?? 0) === 3);
    const names = new Set(run.processes().map(({ name }) => name));
    // A reaper waits by reading, with a process of its own.
    names.delete("cat ");
    assert.deepEqual([...names].sort(), ["launcher", "origin", "reaper", "worker-1", "worker-2"]);
    killNow(run.pid);
    await run.gone();
  },
});

Deno.test({
  name: "lost launcher: while it starts its processes",
  ignore,
  async fn() {
    await using run = scoop(["-n", "12", PROGRAM, "loop everywhere"]);
    await run.until(() => run.processes().some(({ name }) => name === "worker-1"));
    killNow(run.pid);
    const killed = performance.now();
    // One may have been started a moment ago. It ends by itself, but only after 10 s.
    await until(() => run.processes().length <= 1);
    assert(performance.now() - killed < 8_000);
  },
});
