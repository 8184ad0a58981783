/** Executors: a program's own workers. */

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import {
  asCompleted,
  CancelledError,
  Executor,
  submit,
  UnknownFunctionError,
  wait,
} from "../../../mod.ts";

export function where(milliseconds: number): number {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
  return Deno.pid;
}

export function fails(): never {
  throw new RangeError("a task's mistake");
}

/** Tasks of an executor's workers spawn tasks of their own. */
export async function fib(n: number): Promise<number> {
  if (n < 2) return n;
  const [a, b] = [submit(fib, n - 1), submit(fib, n - 2)];
  return await a + await b;
}

export function forbidden(): string {
  return Deno.env.get("HOME") ?? "";
}

export function readable(): string {
  return Deno.env.get("POOL_TEST") ?? "";
}

export function pause(milliseconds: number): Promise<void> {
  return delay(milliseconds);
}

export function dies(): never {
  Deno.exit(3);
}

async function checks(): Promise<void> {
  await using pool = new Executor({ workers: 2 });
  assert.equal(await pool.submit(Math.hypot, 3, 4), 5);
  await pool.ready;

  const pids = new Set(await pool.map(where, Array(20).fill(10)));
  assert.equal(pids.size, 2, "both workers worked");
  assert(!pids.has(Deno.pid), "this process executes nothing");

  await assert.rejects(pool.submit(fails).then(), (error: Error) => {
    assert(error instanceof RangeError);
    assert.match(error.stack!, /in task fails\(.*\) on worker worker-\d/);
    return true;
  });
  assert.equal(await pool.submit(fib, 12), 144);
  assert.deepEqual(await pool.map((x: number, y: number) => x * y, [1, 2], [3, 4]), [3, 8]);
  const free = 7;
  assert.throws(() => pool.submit(() => free), UnknownFunctionError);
  assert.throws(
    () => new Executor({ worker: 1 } as never),
    /no option is called "worker"; there are/,
  );
  assert.throws(() => pool.shutdown({ waits: false } as never), /no option is called "waits"/);

  const futures = [3, 1, 2].map((x) => pool.submit(Math.sqrt, x));
  assert.equal((await wait(futures)).done.size, 3);
  let seen = 0;
  for await (const future of asCompleted([4, 9].map((x) => pool.submit(Math.sqrt, x)))) {
    seen += await future;
  }
  assert.equal(seen, 5);

  await assert.rejects(pool.submit(forbidden).then(), { name: "NotCapable" });
  await assert.rejects(pool.withOptions({ retries: 0 }).submit(dies).then(), {
    name: "WorkerLostError",
  });
  assert.equal(await pool.submit(Math.hypot, 6, 8), 10, "another worker takes its place");
  await assert.rejects(pool.withOptions({ timeout: 50 }).submit(pause, 700).then(), {
    name: "TimeoutError",
  });

  Deno.env.set("POOL_TEST", "yes");
  await using other = new Executor({ workers: 1, flags: ["--allow-env=POOL_TEST"] });
  assert.equal(await other.submit(readable), "yes", "flags are those of the command");
  assert.equal(await other.submit(where, 0) === await pool.submit(where, 0), false);
}

async function endings(): Promise<void> {
  const pool = new Executor({ workers: 1 });
  const long = pool.submit(where, 300);
  await delay(500);
  const queued = Array.from({ length: 5 }, () => pool.submit(where, 1));
  await pool.shutdown();
  assert.equal(typeof await long, "number");
  assert.equal((await Promise.all(queued)).length, 5, "what was submitted is done");
  assert.throws(() => pool.submit(where, 1), /was shut down/);
  assert.throws(() => pool.map(where, [1]), /was shut down/);
  await pool.shutdown();

  const hasty = new Executor({ workers: 1 });
  await hasty.submit(where, 1);
  const given = Array.from({ length: 50 }, () => hasty.submit(where, 50));
  await hasty.shutdown({ wait: false, cancelFutures: true });
  const outcomes = await Promise.allSettled(given);
  const cancelled = outcomes.filter((one) =>
    one.status === "rejected" && one.reason instanceof CancelledError
  );
  assert(cancelled.length > 40, `${cancelled.length} were cancelled`);

  const broken = new Executor({ workers: 1, flags: ["--alow-net"] });
  await assert.rejects(broken.ready, /unknown option "--alow-net"/);
  await assert.rejects(async () => await broken.submit(where, 1), /unknown option "--alow-net"/);
  await broken.shutdown();
  assert.throws(() => new Executor({ workers: 0 }), RangeError);
}

if (import.meta.main) {
  await checks();
  await endings();
  console.log("ok");
}
