/** `wait`, `asCompleted` and `join`. */

import assert from "node:assert/strict";
import {
  ALL_COMPLETED,
  asCompleted,
  FIRST_COMPLETED,
  FIRST_EXCEPTION,
  join,
  submit,
  TimeoutError,
  wait,
} from "./api.ts";
import type { Future, ReturnWhen } from "./api.ts";
import { declareChecks, fail, range, rejects, runChecks, sleep } from "./checks.ts";

/** Milliseconds a task takes that is to be late whatever else the machine does. */
const LONG = 1000;

export function add(a: number, b: number): number {
  return a + b;
}

/** Waits for tasks of its own. */
export async function waitInside(count: number): Promise<number> {
  const futures = range(count).map((x) => submit(sleep<number>, 1, x));
  const { done } = await wait(futures);
  let sum = 0;
  for await (const future of asCompleted(done)) sum += await future;
  return sum;
}

/** All futures that are read, in that order. `for await` would take their values for them. */
async function read<R>(reader: AsyncIterator<Future<R>>): Promise<Future<R>[]> {
  const all: Future<R>[] = [];
  for (let step = await reader.next(); !step.done; step = await reader.next()) {
    assert.ok(step.value.done());
    all.push(step.value);
  }
  return all;
}

declareChecks({
  async "wait() for all"() {
    const futures = [submit(add, 1, 2), submit(sleep, 20), submit(fail, "no")] as Future<unknown>[];
    for (const options of [{}, { returnWhen: ALL_COMPLETED }, { timeout: 60_000 }]) {
      const { done, notDone } = await wait(futures, options);
      assert.deepEqual([done, notDone], [new Set(futures), new Set()]);
    }
    await futures[2]!.exception();
  },

  async "wait() for the first"() {
    const [fast, slow] = [submit(sleep, 1), submit(sleep, LONG)];
    const { done, notDone } = await wait([fast, slow], { returnWhen: FIRST_COMPLETED });
    assert.deepEqual([done, notDone], [new Set([fast]), new Set([slow])]);
    const cancelled = submit(sleep, 1);
    cancelled.cancel();
    const result = await wait([slow, cancelled], { returnWhen: FIRST_COMPLETED });
    assert.deepEqual([result.done, result.notDone], [new Set([cancelled]), new Set([slow])]);
    await slow;
  },

  async "wait() for the first failure"() {
    const cancelled = submit(sleep, 1);
    cancelled.cancel();
    const futures = [cancelled, submit(sleep, 1), submit(fail, "no"), submit(sleep, LONG)];
    const { done, notDone } = await wait(futures, { returnWhen: FIRST_EXCEPTION });
    assert.ok(done.has(futures[2]!));
    // The second may be on a worker that is later than the third's.
    assert.ok(notDone.has(futures[3]!) && !notDone.has(cancelled));
    await futures[2]!.exception();
    const well = [futures[3]!, submit(sleep, 1)];
    assert.equal((await wait(well, { returnWhen: FIRST_EXCEPTION })).done.size, 2);
  },

  async "wait() no longer than a time"() {
    const future = submit(sleep, LONG);
    const nothing = await wait([future], { timeout: 0 });
    assert.deepEqual([nothing.done.size, nothing.notDone], [0, new Set([future])]);
    const soon = await wait([future, submit(sleep, 1)], { timeout: 20 });
    assert.ok(soon.notDone.has(future));
    await future;
    assert.equal((await wait([future], { timeout: 0 })).done.size, 1);
  },

  async "wait() for nothing, and for one future twice"() {
    for (const returnWhen of [FIRST_COMPLETED, FIRST_EXCEPTION, ALL_COMPLETED]) {
      const { done, notDone } = await wait([], { returnWhen });
      assert.deepEqual([done.size, notDone.size], [0, 0]);
    }
    const future = submit(add, 1, 2);
    assert.deepEqual((await wait([future, future])).done, new Set([future]));
    assert.equal((await wait(new Set([future]).values())).done.size, 1);
  },

  async "what cannot be waited for is a TypeError"() {
    for (const bad of [5, null, [1], [Promise.resolve()]] as unknown as Future<number>[][]) {
      await rejects(wait(bad), TypeError);
      await rejects(join(bad), TypeError);
      assert.throws(() => asCompleted(bad), TypeError);
    }
    await rejects(wait([], { returnWhen: "SOME" as ReturnWhen }), /returnWhen must be .* got SOME/);
    await rejects(wait([], { timeout: -1 }), /timeout must be/);
    assert.throws(() => asCompleted([], { timeout: NaN }), /timeout must be/);
  },

  async "futures as they complete"() {
    const done = submit(add, 1, 2);
    await done;
    const futures = [submit(sleep<number>, 60, 0), submit(sleep<number>, 1, 1), done];
    const order = await read(asCompleted([...futures, done]));
    assert.equal(order[0], done);
    assert.deepEqual(new Set(order), new Set(futures));
    assert.equal(order.length, 3);
    const values = await Promise.all(order);
    assert.deepEqual(values.toSorted(), [0, 1, 3]);
    for await (const _ of asCompleted([])) assert.fail("there is none");
    const failing = submit(fail, "no");
    for (const future of await read(asCompleted([failing]))) await rejects(future, /no/);
  },

  async "futures as they complete in time"() {
    const slow = submit(sleep, LONG, 1);
    const done = submit(add, 1, 2);
    done.cancel();
    const reader = asCompleted([slow, done], { timeout: 30 });
    assert.equal((await reader.next()).value, done);
    await rejects(reader.next(), TimeoutError);
    for await (const future of asCompleted([slow], { timeout: 60_000 })) {
      assert.equal(await future, 1);
    }
  },

  async "reading what completes may be left, and asked for ahead"() {
    const futures = range(5).map((x) => submit(sleep<number>, 1, x));
    const reader = asCompleted(futures);
    const steps = await Promise.all(range(6).map(() => reader.next()));
    assert.deepEqual(steps.map(({ done }) => done), [...Array(5).fill(false), true]);
    const values = await Promise.all(steps.slice(0, 5).map(({ value }) => value));
    assert.deepEqual(values.toSorted(), range(5));
    for await (const _ of asCompleted(futures)) break;
  },

  async "join() of one, and of several"() {
    assert.equal(await join(submit(add, 1, 2)), 3);
    assert.deepEqual(await join([submit(sleep, 20, "a"), submit(sleep, 1, "b")]), ["a", "b"]);
    assert.deepEqual(await join(new Set<Future<number>>()), []);
    await rejects(join(submit(fail, "no")), /no/);
    const futures = [submit(sleep, 20), submit(fail, "first"), submit(fail, "second")];
    await rejects(join(futures), /first/);
    assert.ok(futures.every((future) => future.done()));
    await futures[2]!.exception();
  },

  async "many are no problem"() {
    const futures = range(20_000).map((x) => submit(add, x, 1));
    assert.equal((await join(futures)).at(-1), 20_000);
    const more = range(20_000).map((x) => submit(add, x, 1));
    let sum = 0;
    for await (const future of asCompleted(more)) sum += await future;
    assert.equal(sum, 20_000 * 20_001 / 2);
  },

  async "tasks may wait"() {
    assert.deepEqual(await join(range(8).map((n) => submit(waitInside, n))), [
      0,
      0,
      1,
      3,
      6,
      10,
      15,
      21,
    ]);
  },
});

if (import.meta.main) await runChecks();
