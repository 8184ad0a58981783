/** Workers, origins and brokers whose broker is hostile. */

import assert from "node:assert/strict";
import { deno, inFolder, path } from "../faults/running.ts";
import type { Run } from "../faults/running.ts";
import { HostileBroker } from "./broker.ts";
import { steps } from "./said.ts";

const PROGRAM = path("tests/hostile/programs/steady.ts");
const NAMES = ["worker", "origin", "hostile", "x", ""];
/** Steps between two looks whether the worker does what it should. */
const BETWEEN = 100;

/** What is said to workers. */
export interface SiegeOfWorkers {
  readonly count: number;
  readonly seed: number;
}

/** One worker after the other hears whatever a broker may say, until it is told to end. */
export async function besiegeWorkers({ count, seed }: SiegeOfWorkers): Promise<void> {
  await using broker = await HostileBroker.start(PROGRAM);
  for (let said = 0, block = 0; said < count;) {
    const env = { BROKER_ADDRESS: broker.task, META_ADDRESS: broker.meta, WORKER_NAME: "worker" };
    const next = broker.next();
    await using worker = deno([path("worker/main.ts"), PROGRAM], { env });
    const address = await Promise.race([next, fails(worker)]);
    while (said < count && !broker.hasDismissed(address)) {
      for (const { said: one } of steps(NAMES, BETWEEN, seed + block++)) {
        broker.say(address, one);
        said++;
      }
      await Promise.race([broker.check(address), failsUnless(worker, broker, address)]);
    }
    await end(worker, broker.hasDismissed(address));
  }
}

/** Rejects when a process ends. */
async function fails(run: Run): Promise<never> {
  const { code, signal, stderr } = await run.ended();
  throw new Error(`it ended with ${signal ?? code}: ${stderr}`);
}

/** Rejects when it ends although nobody has told it to. */
async function failsUnless(run: Run, broker: HostileBroker, address: string): Promise<void> {
  const { code, signal, stderr } = await run.ended();
  if (!broker.hasDismissed(address)) throw new Error(`ended with ${signal ?? code}: ${stderr}`);
}

/** Whatever it was told, it has called nothing that it should not, and ends well if it ends. */
async function end(worker: Run, dismissed: boolean): Promise<void> {
  const ends = () => worker.processes().every(({ pid }) => pid !== worker.pid);
  const until = performance.now() + (dismissed ? 300 : 0);
  while (!ends() && performance.now() < until) await new Promise((next) => setTimeout(next, 20));
  if (ends()) {
    const { code, signal, stderr } = await worker.ended();
    assert.ok(signal === null && (code === 0 || code === 1), `${signal ?? code}: ${stderr}`);
  }
  assert.equal(worker.stdout(), "", "it was brought to call a function");
  const lines = linesOf(worker.stderr());
  for (const line of lines) assert.match(line, /^scoop: /);
  // What is malformed is told, but not each time.
  assert.ok(lines.length < 50, `${lines.length} lines: ${lines.slice(-5).join("\n")}`);
}

/**
 * An origin whose broker is hostile computes as soon as that is gone, and its program ends by itself.
 */
export async function besiegeOrigin({ count, seed }: SiegeOfWorkers): Promise<void> {
  await inFolder(async (folder) => {
    await using broker = await HostileBroker.start(PROGRAM);
    const env = { BROKER_ADDRESS: broker.task, META_ADDRESS: broker.meta, IS_ORIGIN: "1" };
    const next = broker.next();
    await using origin = deno([PROGRAM, `${folder}/end`, "lenient"], { env });
    const address = await Promise.race([next, fails(origin)]);
    for (let block = 0; block * BETWEEN < count && !broker.hasDismissed(address); block++) {
      for (const { said } of steps(NAMES, BETWEEN, seed + block)) broker.say(address, said);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await broker.close();
    await origin.prints(/^round \d*[1-9]1$/m);
    await Deno.writeTextFile(`${folder}/end`, "");
    const { code, stdout, stderr } = await origin.ended();
    assert.equal(code, 7, stderr);
    assert.doesNotMatch(stdout, /FORBIDDEN/);
    for (const line of linesOf(stderr)) assert.match(line, /^scoop: /);
  });
}

/** A broker with a run of its own, which would borrow from one that is hostile. */
export async function besiegeBorrower({ count, seed }: SiegeOfWorkers): Promise<void> {
  await inFolder(async (folder) => {
    await using hostile = await HostileBroker.start(PROGRAM);
    const next = hostile.next();
    const args = ["--address", "tcp://127.0.0.1:*", "--meta-address", "tcp://127.0.0.1:*", "-v"];
    const peers = ["--peers", hostile.task, "--meta-peers", hostile.meta];
    await using broker = deno([path("broker/main.ts"), ...args, ...peers]);
    const [, task, meta] = await broker.prints(/listens at (\S+), meta socket at (\S+)/);
    const env = { BROKER_ADDRESS: task!, META_ADDRESS: meta! };
    const { mark } = broker;
    const more = { env: { ...env, WORKER_NAME: "right" }, mark };
    await using worker = deno([path("worker/main.ts"), PROGRAM], more);
    await using origin = deno([PROGRAM, `${folder}/end`], { env, mark });
    await origin.prints(/^round 1$/m);
    const address = await next;
    const rounds = () => origin.stdout().match(/^round /gm)?.length ?? 0;
    for (let block = 0; block * BETWEEN < count; block++) {
      for (const { said } of steps(NAMES, BETWEEN, seed + block)) hostile.say(address, said);
      if (block % 5 > 0) continue;
      const before = rounds();
      await origin.until(() => rounds() > before);
    }
    await Deno.writeTextFile(`${folder}/end`, "");
    const { code, stdout, stderr } = await origin.ended();
    assert.match(stdout, /^\d+ rounds, all right\n$/m, stderr);
    assert.deepEqual([code, stderr], [7, ""]);
    assert.doesNotMatch(stdout, /FORBIDDEN/);
    for (const run of [worker, broker]) {
      const { code, stdout, stderr } = await run.ended();
      assert.deepEqual([code, stdout], [0, ""], stderr);
      for (const line of linesOf(stderr)) assert.match(line, /^scoop\b/);
    }
  });
}

function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
