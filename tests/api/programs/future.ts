/** Futures, in the sense of PEP 3148. */

import assert from "node:assert/strict";
import { CancelledError, join, scoop, submit, TimeoutError } from "./api.ts";
import type { Future } from "./api.ts";
import {
  declareChecks,
  everybody,
  fail,
  mark,
  marks,
  range,
  rejects,
  runChecks,
  sleep,
  spin,
  withFolder,
} from "./checks.ts";

export function add(a: number, b: number): number {
  return a + b;
}

/** The ids of futures spawned by tasks. */
export async function ids(): Promise<string[]> {
  const futures = range(5).map((x) => submit(add, x, 1));
  await join(futures);
  return futures.map((future) => future.id);
}

async function spawnInCallback(): Promise<number> {
  const spawned: Future<number>[] = [];
  const futures = range(10).map(() => submit(sleep, 2));
  for (const future of futures) future.addDoneCallback(() => spawned.push(submit(add, 3, 4)));
  await join(futures);
  assert.equal(spawned.length, 10);
  return await spawned[9]!;
}

export async function callbackInTask(): Promise<string> {
  assert.equal(await spawnInCallback(), 7);
  return scoop.workerName;
}

/** Begins a future's task without waiting for its end. */
async function begin(future: Future<unknown>): Promise<void> {
  const ended = future.then(() => {}, () => {});
  while (!future.running() && !future.done()) await Promise.race([ended, sleep(2)]);
}

declareChecks({
  async "a future is pending, then running, then done"() {
    const future = submit(sleep, 100, "x");
    assert.deepEqual([future.done(), future.running(), future.cancelled()], [false, false, false]);
    await begin(future);
    assert.deepEqual([future.done(), future.running(), future.cancelled()], [false, true, false]);
    assert.equal(await future, "x");
    assert.deepEqual([future.done(), future.running(), future.cancelled()], [true, false, false]);
    const failing = submit(fail, "no");
    await failing.exception();
    assert.deepEqual([failing.done(), failing.cancelled()], [true, false]);
  },

  "cancelled before its task begins, the task never runs": () =>
    withFolder(async (folder) => {
      const future = submit(mark, `${folder}/marks`);
      assert.equal(future.cancel(), true);
      assert.equal(future.cancel(), true, "again");
      assert.deepEqual([future.done(), future.running(), future.cancelled()], [true, false, true]);
      await rejects(future, { name: "CancelledError", message: "mark was cancelled" });
      await rejects(future, CancelledError);
      await rejects(future.result(), CancelledError);
      await rejects(future.exception(), CancelledError);
      await rejects(future.result({ timeout: 0 }), CancelledError);
      await join(range(4 * scoop.size).map(() => submit(sleep, 5)));
      assert.equal(marks(`${folder}/marks`), 0);
    }),

  "a task that waits on another worker is taken back": () =>
    withFolder(async (folder) => {
      await everybody();
      const before = range(4 * scoop.size).map(() => submit(spin, 100));
      const futures = range(10).map(() => submit(mark, `${folder}/marks`));
      await sleep(20); // on several workers, they leave
      const cancelled = futures.filter((future) => future.cancel());
      // On a busy machine some have run by now, and this process has not heard of it.
      const ran = Math.max(marks(`${folder}/marks`), futures.length - cancelled.length);
      await join(before);
      await join(range(4 * scoop.size).map(() => submit(sleep, 5)));
      assert.equal(futures.filter((future) => future.cancelled()).length, cancelled.length);
      assert.equal(marks(`${folder}/marks`), ran);
      for (const future of cancelled) await rejects(future, CancelledError);
    }),

  async "what runs or is done cannot be cancelled"() {
    const future = submit(sleep, 100, "x");
    await begin(future);
    assert.equal(future.cancel(), false);
    assert.equal(await future, "x");
    assert.equal(future.cancel(), false);
    assert.deepEqual([future.cancelled(), await future], [false, "x"]);
  },

  async "waiting in vain is a TimeoutError, and the task goes on"() {
    const future = submit(sleep, 150, "x");
    for (const call of ["result", "exception"] as const) {
      await rejects(future[call]({ timeout: 10 }), (error) => {
        assert.ok(error instanceof TimeoutError);
        assert.equal(error.message, "sleep took longer than 10 ms");
        return true;
      });
      await rejects(future[call]({ timeout: 0 }), TimeoutError);
    }
    assert.equal(await future.result({ timeout: 20_000 }), "x");
    assert.equal(await future.result({ timeout: 0 }), "x");
    assert.equal(await future.result({ timeout: Infinity }), "x");
    assert.equal(await future.exception({ timeout: 0 }), undefined);
  },

  async "a result or an exception can be asked for"() {
    assert.equal(await submit(add, 1, 2).result(), 3);
    assert.equal(await submit(add, 1, 2).exception(), undefined);
    assert.equal(await submit(sleep, 5, "x").exception({ timeout: 20_000 }), undefined);
    const failing = submit(fail, "no");
    await rejects(failing.result(), { name: "RangeError", message: "no" });
    assert.ok(await failing.exception() instanceof RangeError);
    assert.equal(await failing.exception(), await failing.catch((error) => error));
  },

  async "a timeout that is no time is a TypeError"() {
    const future = submit(add, 1, 2);
    const done = submit(add, 1, 2);
    await done;
    for (const timeout of [-1, NaN, "5", null] as number[]) {
      await rejects(done.exception({ timeout }), { name: "TypeError" });
      await rejects(done.result({ timeout }), { name: "TypeError" });
      await rejects(future.exception({ timeout }), {
        name: "TypeError",
        message: /timeout must be/,
      });
      let result: PromiseLike<unknown> | undefined;
      assert.doesNotThrow(() => result = future.result({ timeout }), "it rejects");
      await rejects(result!, { name: "TypeError", message: /timeout must be/ });
    }
    await future;
  },

  async "callbacks are called in order, with the future, and when it is done at once"() {
    const future = submit(sleep, 5, "x");
    const calls: unknown[] = [];
    future.addDoneCallback((done) => calls.push(1, done));
    future.addDoneCallback(() => {
      calls.push(2);
      throw new Error("this callback fails");
    });
    future.addDoneCallback(async (done) => calls.push(3, await done));
    assert.equal(calls.length, 0);
    await future;
    await Promise.resolve();
    assert.deepEqual(calls.slice(0, 4), [1, future, 2, 3]);
    future.addDoneCallback(() => calls.push("now"));
    assert.equal(calls.at(-1), "now");
    const cancelled = submit(add, 1, 2);
    cancelled.addDoneCallback((done) => calls.push(done.cancelled()));
    cancelled.cancel();
    assert.equal(calls.at(-1), true);
    const failing = submit(fail, "no");
    failing.addDoneCallback((done) => calls.push(done.done()));
    await rejects(failing, /no/);
    assert.equal(calls.at(-1), true);
  },

  async "callbacks may spawn, and may be async"() {
    assert.equal(await spawnInCallback(), 7);
    const everyone = await everybody();
    const names = new Set<string>();
    while (names.size < everyone.size) {
      for (const name of await join(range(4 * scoop.size).map(() => submit(callbackInTask)))) {
        names.add(name);
      }
    }
    const future = submit(add, 1, 2);
    future.addDoneCallback(() => Promise.reject(new Error("this callback fails")));
    assert.equal(await future, 3);
  },

  async "ids are unique in the run"() {
    const here = range(1000).map((x) => submit(add, x, 1));
    const there = await join(range(20).map(() => submit(ids)));
    const all = [...here.map((future) => future.id), ...there.flat()];
    assert.equal(new Set(all).size, all.length);
    for (const id of all) assert.equal(typeof id, "string");
    await join(here);
  },

  async "then, catch and finally are those of a promise"() {
    const future = submit(add, 1, 2);
    assert.ok(future.then() instanceof Promise);
    assert.equal(await future.then(null, null), 3);
    assert.equal(await future.then((x) => submit(add, x, 1)), 4);
    assert.equal(await future.catch(() => 0), 3);
    let finals = 0;
    assert.equal(await future.finally(() => void finals++), 3);
    await rejects(future.finally(() => fail("at last")), /at last/);
    const failing = submit(fail, "no");
    assert.equal(await failing.catch((error) => (error as Error).message), "no");
    assert.equal(await failing.then(() => "well", () => "ill"), "ill");
    await rejects(failing.finally(() => void finals++), /no/);
    assert.equal(finals, 2);
  },
});

if (import.meta.main) await runChecks();
