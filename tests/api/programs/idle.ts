/** A program gets its results whatever it waits for, while its processor is idle. */

import assert from "node:assert/strict";
import { map, submit } from "./api.ts";
import type { Future } from "./api.ts";
import { declareChecks, fail, range, runChecks, sleep } from "./checks.ts";

export function square(x: number): number {
  return x * x;
}

/** A task that hears of its own task by a callback only. */
export async function squareByCallback(x: number): Promise<number> {
  return await byCallback(submit(square, x));
}

function byCallback<R>(future: Future<R>): Promise<R> {
  const { promise, resolve, reject } = Promise.withResolvers<R>();
  future.addDoneCallback((done) => done.result().then(resolve, reject));
  return promise;
}

declareChecks({
  async "a callback alone"() {
    assert.equal(await byCallback(submit(square, 7)), 49);
  },

  async "callbacks of many"() {
    const futures = range(200).map((x) => submit(square, x));
    assert.deepEqual(await Promise.all(futures.map(byCallback)), range(200).map(square));
  },

  async "a callback that counts, and a promise of the program's own"() {
    const all = Promise.withResolvers<void>();
    const seen: boolean[] = [];
    for (const x of range(10)) {
      const future = x % 2 === 0 ? submit(square, x) : submit(fail, "odd");
      future.addDoneCallback((done) => {
        void (done as Future<unknown>).exception().then((error) => {
          seen[x] = error === undefined;
          if (Object.keys(seen).length === 10) all.resolve();
        });
      });
    }
    await all.promise;
    assert.deepEqual(seen, range(10).map((x) => x % 2 === 0));
  },

  async "a race with a timer, which the task wins"() {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve("late"), 40_000);
    });
    assert.equal(await Promise.race([byCallback(submit(square, 5)), late]), 25);
    clearTimeout(timer);
  },

  async "done() is polled"() {
    const future = submit(square, 9);
    while (!future.done()) await sleep(5);
    assert.equal(await future, 81);
  },

  async "done() is polled, of a task that takes a while"() {
    const futures = range(6).map((x) => submit(sleep<number>, 20, x));
    while (!futures.every((future) => future.done())) await sleep(5);
    assert.deepEqual(await Promise.all(futures), range(6));
  },

  async "a server waits for a request, and the request for a task"() {
    const future = submit(square, 11);
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async () => new Response(String(await byCallback(future))),
    );
    const answer = await fetch(`http://127.0.0.1:${server.addr.port}/`);
    assert.equal(await answer.text(), "121");
  },

  async "tasks that hear of theirs by a callback only"() {
    assert.equal(await byCallback(submit(squareByCallback, 4)), 16);
    assert.deepEqual(await map(squareByCallback, range(8)), range(8).map(square));
  },
});

if (import.meta.main) await runChecks();
