/** `mapReduce` and `mapScan`. */

import assert from "node:assert/strict";
import { mapReduce, mapScan, submit, task, withOptions } from "./api.ts";
import {
  declareChecks,
  fail,
  mark,
  marks,
  range,
  rejects,
  runChecks,
  sleep,
  withFolder,
} from "./checks.ts";

export function add(a: number, b: number): number {
  return a + b;
}

export function concat(a: string, b: string): string {
  return a + b;
}

export function letter(code: number): string {
  return String.fromCharCode(97 + code % 26);
}

export async function letterLater(code: number): Promise<string> {
  await sleep(code % 3);
  return letter(code);
}

export async function concatLater(a: string, b: string): Promise<string> {
  await sleep(1);
  return a + b;
}

export function failAt(x: number, bad: number): number {
  return x === bad ? fail(`map ${x}`) : x;
}

export function failAbove(a: number, b: number): number {
  return a + b > 100 ? fail("reduce") : a + b;
}

export function list(x: number): number[] {
  return [x];
}

/** Changes its first argument and returns it. */
export function pushAll(a: number[], b: number[]): number[] {
  a.push(...b);
  return a;
}

/** Changes its argument. */
export function takeOne(from: { x: number }): number {
  return from.x-- > 0 ? 1 : 0;
}

const box = { x: 0 };
const sum = { x: 0 };

/** Returns the same object every time. */
export function boxed(x: number): { x: number } {
  box.x = x;
  return box;
}

/** Returns the same object every time. */
export function sumBoxes(a: { x: number }, b: { x: number }): { x: number } {
  sum.x = a.x + b.x;
  return sum;
}

export function larger(a: { x: number }, b: { x: number }): { x: number } {
  return a.x > b.x ? a : b;
}

export function markAndPass(x: number, path: string): number {
  mark(path);
  return x;
}

export async function nap(x: number, ms: number): Promise<number> {
  await sleep(ms);
  return x;
}

export function mostlyFails(x: number): number {
  return Math.random() < 0.5 ? fail(`not yet ${x}`) : x;
}

declare global {
  var overlapping: number | undefined;
}

/** How many of its like had begun in this process. */
export const overlaps = task(async (_: number): Promise<number> => {
  globalThis.overlapping = (globalThis.overlapping ?? 0) + 1;
  await sleep(20);
  const most = globalThis.overlapping;
  globalThis.overlapping--;
  return most;
}, { name: "overlaps", concurrency: 20 });

export const inTime = task(nap, { name: "inTime", timeout: 300 });

export async function sumInside(n: number): Promise<number> {
  return await mapReduce(add, add, range(n), range(n));
}

async function* later<T>(values: Iterable<T>): AsyncGenerator<T> {
  for (const value of values) {
    await Promise.resolve();
    yield value;
  }
}

const text = range(200).map(letter).join("");
const scanned = range(200).map((i) => text.slice(0, i + 1));

declareChecks({
  async "an error says in the words of the user what has failed"() {
    const zeros = range(20).map(() => 3);
    const { stack } = await mapReduce(failAt, add, range(20), zeros).then(
      () => assert.fail("one has failed"),
      (error) => error as Error,
    );
    assert.match(stack!, /\n {4}in task a block of mapReduce \[index \d+\] on worker \S+$/);
    assert.match(stack!, /\bfailAt\b/);
    assert.doesNotMatch(stack!, /futures.reduce\.ts/);
  },

  async "the order of the operands is kept"() {
    assert.equal(await mapReduce(letter, concat, range(200)), text);
    assert.deepEqual(await mapScan(letter, concat, range(200)), scanned);
    for (const chunkSize of [1, 3, 1000]) {
      const { mapReduce, mapScan } = withOptions({ chunkSize });
      assert.equal(await mapReduce(letter, concat, range(200)), text);
      assert.deepEqual(await mapScan(letter, concat, range(200)), scanned);
    }
  },

  async "functions and inputs may be async"() {
    const [short, steps] = [text.slice(0, 30), scanned.slice(0, 30)];
    assert.equal(await mapReduce(letterLater, concatLater, range(30)), short);
    assert.deepEqual(await mapScan(letterLater, concatLater, range(30)), steps);
    assert.equal(await mapReduce(letter, concat, later(range(200))), text);
    assert.deepEqual(await mapScan(letter, concat, later(range(200))), scanned);
  },

  async "one element, and none"() {
    assert.equal(await mapReduce(letter, fail as never, [0]), "a");
    assert.deepEqual(await mapScan(letter, fail as never, [0]), ["a"]);
    for (const nothing of [[], new Set<number>(), later<number>([])]) {
      await rejects(mapReduce(letter, concat, nothing), {
        name: "TypeError",
        message: "mapReduce() of nothing has no value",
      });
    }
    assert.deepEqual(await mapScan(letter, concat, []), []);
    assert.deepEqual(await mapScan(letter, concat, later<number>([])), []);
  },

  async "many elements, and several iterables"() {
    assert.equal(await mapReduce(Math.abs, add, range(10_000)), 10_000 * 9_999 / 2);
    const sums = await mapScan(Math.abs, add, range(10_000));
    assert.equal(sums.length, 10_000);
    assert.ok(sums.every((sum, i) => sum === i * (i + 1) / 2));
    assert.equal(await mapReduce(add, add, [1, 2, 3], [10, 20, 30, 40]), 66);
    assert.deepEqual(await mapScan(add, add, new Set([1, 2]), later([10, 20, 30])), [11, 33]);
  },

  async "errors come home"() {
    const bad = Array(100).fill(57);
    for (const call of [mapReduce, mapScan] as (typeof mapScan)[]) {
      await rejects(call(failAt, add, range(100), bad), { name: "RangeError", message: "map 57" });
      await rejects(call(Math.abs, failAbove, range(100)), {
        name: "RangeError",
        message: "reduce",
      });
      await rejects(call(Math.abs, add, 5 as unknown as number[]), TypeError);
      await rejects(call(Math.abs, "add" as never, [1]), TypeError);
    }
    assert.equal(await submit(add, 1, 2), 3);
  },

  "an input that throws is an error, and others are told that it is over": () =>
    withFolder(async (folder) => {
      let closed = 0;
      function* paths() {
        try {
          for (;;) yield `${folder}/a`;
        } finally {
          closed++;
        }
      }
      function* broken() {
        yield* range(10);
        throw new URIError("no more");
      }
      await rejects(mapReduce(markAndPass, add, broken(), paths()), URIError);
      await rejects(mapScan(markAndPass, add, later(broken()), paths()), URIError);
      await sleep(1);
      assert.equal(closed, 2);
      assert.equal(await mapReduce(markAndPass, add, [1, 2], [`${folder}/b`, `${folder}/b`]), 3);
      assert.equal(marks(`${folder}/b`), 2);
    }),

  async "values behave as if they travelled, wherever they are folded"() {
    for (const chunkSize of [1, 4, 100]) {
      const { mapReduce, mapScan } = withOptions({ chunkSize });
      const lists = range(20).map((i) => range(i + 1));
      assert.deepEqual(await mapScan(list, pushAll, range(20)), lists);
      assert.deepEqual(await mapReduce(list, pushAll, range(20)), range(20));
      assert.deepEqual(await mapReduce(boxed, larger, [3, 9, 4, 1, 5]), { x: 9 });
      assert.deepEqual(await mapReduce(boxed, sumBoxes, range(10)), { x: 45 });
      const sums = await mapScan(boxed, sumBoxes, range(10));
      assert.deepEqual(sums.map(({ x }) => x), [0, 1, 3, 6, 10, 15, 21, 28, 36, 45]);
      const same = { x: 1 };
      assert.equal(await mapReduce(takeOne, add, Array(10).fill(same)), 10);
      assert.deepEqual([same, await mapScan(takeOne, add, [same, same])], [{ x: 1 }, [1, 2]]);
    }
  },

  async "options are for each call, whatever calls are done together"() {
    const each = withOptions({ timeout: 300 });
    const zeros = (count: number) => Array(count).fill(15);
    assert.equal(await each.mapReduce(nap, add, range(50), zeros(50)), 1_225);
    assert.equal((await each.mapScan(nap, add, range(50), zeros(50))).at(-1), 1_225);
    // It ends within its grace.
    const slow = [...zeros(9), 700];
    for (const call of [mapReduce, mapScan] as (typeof mapScan)[]) {
      await rejects(call(inTime, add, range(10), slow), {
        name: "TimeoutError",
        message: /inTime/,
      });
    }
    const again = withOptions({ retries: { thrown: 30, delay: 1 } });
    assert.equal(await again.mapReduce(mostlyFails, add, range(50)), 1_225);
    assert.equal((await again.mapScan(mostlyFails, add, range(50))).at(-1), 1_225);
    assert.ok(await mapReduce(overlaps, Math.max, range(20)) > 1);
  },

  async "tasks may reduce"() {
    assert.equal(await submit(sumInside, 10), 90);
  },
});

if (import.meta.main) await runChecks();
