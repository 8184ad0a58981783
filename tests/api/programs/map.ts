/** `map` and `mapAsCompleted`. */

import assert from "node:assert/strict";
import { map, mapAsCompleted, scoop, SerializationError, submit, withOptions } from "./api.ts";
import type { Future } from "./api.ts";
import {
  declareChecks,
  everybody,
  except,
  fail,
  lastMarks,
  mark,
  marks,
  markSlowly,
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

export function double(x: number): number {
  return 2 * x;
}

export function shout(text: string): string {
  return text.toUpperCase();
}

export function pair([key, value]: [string, number]): string {
  return `${key}=${value}`;
}

export function failAt3(x: number, path: string): number {
  mark(path);
  if (x === 3) fail("three");
  return x;
}

export async function sumOfSquares(n: number): Promise<number> {
  let sum = 0;
  for await (const square of map(add, range(n), range(n))) sum += square;
  return sum;
}

export async function pauseSometimes(x: number): Promise<void> {
  if (x % 50 === 0) await sleep(2);
}

/** A map over the results of a map. */
export async function sumInSteps(n: number): Promise<number> {
  let sum = 0;
  for await (const x of map(double, map(double, range(n)))) sum += x;
  return sum;
}

/** Maps over inputs that spawn tasks when they are read, and over some that wait for them. */
export async function sumSpawned(n: number): Promise<number> {
  const futures: Future<number>[] = [];
  function* spawning() {
    for (const x of range(n)) {
      futures.push(submit(double, x));
      yield x;
    }
  }
  async function* waiting() {
    for (const x of range(n)) yield await submit(double, x);
  }
  await map(pauseSometimes, spawning());
  let sum = 0;
  for (const future of futures) sum += await future;
  for await (const x of map(Math.abs, waiting())) sum += x;
  return sum;
}

export async function sumBoth(n: number): Promise<[string, number, number]> {
  return [scoop.workerName, await sumInSteps(n), await sumSpawned(n)];
}

async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of iterable) all.push(item);
  return all;
}

/** Counts on for ever; knows how far it came and whether it was told to stop. */
function counter() {
  const state = { pulled: 0, closed: 0 };
  function* count() {
    try {
      for (;;) yield state.pulled++;
    } finally {
      state.closed++;
    }
  }
  return Object.assign(state, { numbers: count() });
}

declareChecks({
  async "results come in order, as far as the shortest iterable goes"() {
    assert.deepEqual(await map(add, [1, 2, 3], [10, 20, 30, 40]), [11, 22, 33]);
    assert.deepEqual(await map(add, counter().numbers, [5, 5]), [5, 6]);
    assert.deepEqual(await map(Math.hypot, [3, 5], [4, 12], new Set([0, 0.0])), [5]);
    assert.deepEqual(await collect(map(double, range(5000))), range(5000).map((x) => 2 * x));
  },

  async "nothing gives nothing"() {
    assert.deepEqual(await map(double, []), []);
    assert.deepEqual(await collect(map(add, [], [1, 2])), []);
    assert.deepEqual(await map(add, [1, 2], new Set<number>()), []);
    assert.deepEqual(await collect(mapAsCompleted(double, new Map().values())), []);
  },

  async "every kind of iterable will do"() {
    assert.deepEqual(await map(shout, [..."aé😀"]), ["A", "É", "😀"]);
    assert.deepEqual(await map(double, new Set([1, 2, 1])), [2, 4]);
    assert.deepEqual(await map(pair, new Map([["a", 1], ["b", 2]])), ["a=1", "b=2"]);
    assert.deepEqual(await map(double, Float64Array.of(0.5, -0)), [1, -0]);
    assert.deepEqual(await map(String, BigInt64Array.of(2n ** 62n)), [`${2n ** 62n}`]);
    assert.deepEqual(await map(double, ReadableStream.from([1, 2, 3])), [2, 4, 6]);
    assert.deepEqual(await map(shout, [1, 2].values().map((x) => `x${x}`)), ["X1", "X2"]);
  },

  async "for await, await and Array.fromAsync give the same"() {
    const expected = range(100).map((x) => 2 * x);
    assert.deepEqual(await collect(map(double, range(100))), expected);
    assert.deepEqual(await map(double, range(100)), expected);
    assert.deepEqual(await Array.fromAsync(map(double, range(100))), expected);
    const twice = map(double, range(100));
    assert.deepEqual(await Promise.all([twice, twice]), [expected, expected]);
    assert.deepEqual(await twice.finally(() => {}), expected);
  },

  async "durations do not change the order"() {
    const durations = [30, 0, 15, 1, 20, 0, 5, 0, 0, 10];
    assert.deepEqual(await map(sleep, durations, range(10)), range(10));
    assert.deepEqual(await collect(map(spin, durations, range(10))), range(10));
  },

  "mapAsCompleted gives each result once, the first ready first": except({
    executor: "an Executor has submit(), map() and withOptions(), and not mapAsCompleted()",
  }, async () => {
    await everybody();
    const results = await collect(
      withOptions({ chunkSize: 1 }).mapAsCompleted(
        sleep<number>,
        [400, ...Array(9).fill(1)],
        range(10),
      ),
    );
    assert.deepEqual(results.toSorted((a, b) => a - b), range(10));
    if (scoop.size > 1) assert.notEqual(results[0], 0);
    assert.deepEqual(
      new Set(await collect(mapAsCompleted(double, range(1000)))),
      new Set(range(1000).map((x) => 2 * x)),
    );
  }),

  async "next() may be called without awaiting the last one"() {
    const inOrder = map(add, range(3), range(3));
    const steps = await Promise.all(range(5).map(() => inOrder.next()));
    assert.deepEqual(steps.map((step) => step.value), [0, 2, 4, undefined, undefined]);
    assert.deepEqual(steps.map((step) => step.done), [false, false, false, true, true]);
    const unordered = mapAsCompleted(add, range(3), range(3));
    const others = await Promise.all(range(5).map(() => unordered.next()));
    assert.deepEqual(new Set(others.map((step) => step.value)), new Set([0, 2, 4, undefined]));
    assert.deepEqual(others.map((step) => step.done), [false, false, false, true, true]);
  },

  async "what was read one by one is not among all the rest"() {
    const results = map(double, range(5));
    assert.deepEqual(await results.next(), { value: 0, done: false });
    const second = results.next();
    assert.deepEqual(await results, [4, 6, 8]);
    assert.deepEqual(await second, { value: 2, done: false });
    assert.deepEqual(await results.next(), { value: undefined, done: true });

    const waiting = map(sleep, [5, 5, 5], range(3));
    const first = waiting.next();
    assert.deepEqual(await waiting, [1, 2]);
    assert.deepEqual(await first, { value: 0, done: false });
  },

  async "results that were read to their end are not read again without a word"() {
    const why = { name: "TypeError", message: /^the results of map\(sleep\) were read before/ };
    const read = map(sleep, [1, 1, 1], range(3));
    assert.deepEqual(await collect(read), [0, 1, 2]);
    await rejects(collect(read), why);
    await rejects(read, why);
    assert.equal((await read.next()).done, true, "whoever asks for one more is told as ever");
    const kept = map(sleep, [1], [0]);
    assert.deepEqual([await kept, await kept], [[0], [0]]);
    await rejects(collect(kept), why);
    const left = mapAsCompleted(sleep, [1, 1, 1], range(3));
    for await (const _ of left) break;
    await rejects(collect(left), why);
    const begun = map(sleep, [1, 1, 1], range(3));
    assert.equal((await begun.next()).value, 0);
    assert.deepEqual(await collect(begun), [1, 2], "what was taken before is left out");
  },

  "a failed task has its place in the results and stops no other": () =>
    withFolder(async (folder) => {
      const results = map(failAt3, range(10), Array(10).fill(`${folder}/a`));
      for (const x of range(10)) {
        if (x === 3) await rejects(results.next(), { name: "RangeError", message: "three" });
        else assert.deepEqual(await results.next(), { value: x, done: false });
      }
      assert.equal((await results.next()).done, true);
      assert.equal(marks(`${folder}/a`), 10);

      const all = map(failAt3, range(10), Array(10).fill(`${folder}/b`));
      await rejects(all, { name: "RangeError", message: "three" });
      assert.equal(await all.catch((error) => (error as Error).message), "three");
      await rejects(all.finally(() => {}), /three/);
      while (marks(`${folder}/b`) < 10) await map(sleep, [5]);

      await rejects(collect(map(failAt3, [2, 3, 4], Array(3).fill(`${folder}/c`))), /three/);
      while (marks(`${folder}/c`) < 3) await map(sleep, [5]);
      const unordered = mapAsCompleted(failAt3, range(5), Array(5).fill(`${folder}/d`));
      const outcomes = await Promise.allSettled(range(5).map(() => unordered.next()));
      assert.equal(outcomes.filter((outcome) => outcome.status === "rejected").length, 1);
    }),

  async "an input that throws is an error behind the results of what came before"() {
    function* broken() {
      yield* [1, 2];
      throw new URIError("no more");
    }
    async function* brokenLater() {
      yield* broken();
    }
    for (const input of [broken, brokenLater]) {
      const results = map(double, input());
      assert.equal((await results.next()).value, 2);
      assert.equal((await results.next()).value, 4);
      await rejects(results.next(), { name: "URIError", message: "no more" });
      assert.equal((await results.next()).done, true);
      await rejects(map(double, input()), URIError);
      await rejects(map(add, counter().numbers, input()), URIError);
    }
    const other = counter();
    await rejects(map(add, other.numbers, broken()), URIError);
    assert.equal(other.closed, 1);
  },

  "what is not iterable, and what is no function, is a TypeError at the call"() {
    for (const bad of [5, null, undefined, {}, () => [1]] as unknown as number[][]) {
      assert.throws(() => map(add, [1], bad), { name: "TypeError", message: /argument 3 is not/ });
      assert.throws(() => mapAsCompleted(double, bad), /mapAsCompleted\(\): argument 2 is not/);
    }
    assert.throws(() => map(double as () => number), TypeError);
    assert.throws(() => map("double" as unknown as typeof double, [1]), TypeError);
  },

  async "chunkSize is a matter of speed only"() {
    for (const chunkSize of [1, 7, 10_000]) {
      const { map } = withOptions({ chunkSize });
      assert.deepEqual(await map(add, range(100), range(200)), range(100).map((x) => 2 * x));
    }
  },

  async "an endless input is read through a window, and told when it is over"() {
    await map(double, range(1000)); // so that bundles are large
    const input = counter();
    let read = 0;
    let most = 0;
    for await (const y of map(double, input.numbers)) {
      assert.equal(y, 2 * read);
      most = Math.max(most, input.pulled - ++read);
      if (read === 200_000) break;
    }
    assert.equal(input.closed, 1);
    assert.ok(most <= 8 * 4096 * scoop.size, `${most} tasks in flight`);
    const { pulled } = input;
    await map(sleep, [5, 5]);
    assert.equal(input.pulled, pulled, "nothing is pulled after the end");
  },

  async "async inputs are read ahead a little, and told when it is over"() {
    const input = counter();
    let closed = 0;
    async function* slowly() {
      try {
        for (const x of input.numbers) {
          if (x % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
          yield x;
        }
      } finally {
        closed++;
      }
    }
    const results: number[] = [];
    for await (const y of map(add, slowly(), range(500))) {
      results.push(y);
      if (results.length === 300) break;
    }
    assert.deepEqual(results, range(300).map((x) => 2 * x));
    while (closed === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    assert.equal(input.closed, 1);
  },

  "leaving a loop gives up the tasks that have not begun": () =>
    withFolder(async (folder) => {
      const path = `${folder}/marks`;
      for await (const _ of mapAsCompleted(markSlowly, Array(10_000).fill(path))) break;
      const begun = await lastMarks(path);
      assert.ok(begun < 5_000, `${begun} of 10000 tasks ran`);
    }),

  async "after return() there is nothing more"() {
    const results = map(double, range(5));
    await results.next();
    assert.deepEqual(await results.return!(), { value: undefined, done: true });
    assert.deepEqual(await results.next(), { value: undefined, done: true });
    await rejects(results, /were read before, or given up/);
    const waiting = map(sleep, [50, 50]);
    const steps = [waiting.next(), waiting.next()];
    await waiting.return!();
    assert.deepEqual((await Promise.all(steps)).map((step) => step.done), [true, true]);
  },

  async "what cannot travel fails in its place"() {
    const inputs = [1, () => 2, 3, Symbol("s"), 5] as number[];
    const results = map(double, inputs);
    const outcomes = await Promise.allSettled(inputs.map(() => results.next()));
    assert.deepEqual(
      outcomes.map((o) => o.status === "fulfilled" ? o.value.value : o.reason.constructor),
      [2, SerializationError, 6, SerializationError, 10],
    );
    assert.match(
      (outcomes[1] as PromiseRejectedResult).reason.message,
      /args\[0\]: it is a function/,
    );
  },

  async "inputs may come from other tasks, in the program and in tasks"() {
    await everybody();
    assert.equal(await sumInSteps(5000), 2 * 5000 * 4999);
    const expected = 2 * 1100 * 1099;
    const names = new Set<string>();
    while (names.size < Math.min(scoop.size, 2)) {
      for (const [name, steps, spawned] of await map(sumBoth, Array(scoop.size).fill(1100))) {
        assert.deepEqual([steps, spawned], [expected, expected]);
        names.add(name);
      }
    }
  },

  async "tasks may map"() {
    assert.deepEqual(await map(sumOfSquares, range(30)), range(30).map((n) => n * n - n));
  },
});

if (import.meta.main) await runChecks();
