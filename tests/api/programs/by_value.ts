/** Arguments and results behave as if they travelled, wherever a task runs. */

import assert from "node:assert/strict";
import { join, map, mapReduce, scoop, shared, submit, withOptions } from "./api.ts";
import { declareChecks, except, mark, marks, range, runChecks, withFolder } from "./checks.ts";

interface Row {
  n: number;
  list: number[];
}

/** Changes what it is given. */
export function spoil(row: Row, bytes: Uint8Array): number {
  row.list.push(row.n);
  row.n = -1;
  bytes.fill(255);
  return row.list.length;
}

/** Changes what it is given, and ends its process the first time. */
export function spoilAndDie(table: Float64Array, list: number[], path: string): number {
  const all = sum(table) + sum(list);
  table.fill(9);
  list.push(9);
  mark(path);
  if (marks(path) === 1) Deno.exit(3);
  return all;
}

const numbers = [0, 0, 0];
const big = new Float64Array(20_000);

/** Returns the same array every time, with something else inside. */
export function sameArray(n: number): number[] {
  return numbers.fill(n);
}

/** The same with one that travels as a frame of its own. */
export function sameBigArray(n: number): Float64Array {
  return big.fill(n);
}

const kept: { n: number }[] = [];

/** Goes on changing what it returned. */
export function keepAndChange(n: number): { n: number } {
  for (const one of kept) one.n = -1;
  const own = { n };
  kept.push(own);
  return own;
}

export async function changeLater(n: number): Promise<{ n: number }> {
  const own = { n };
  await Promise.resolve();
  setTimeout(() => own.n = -1, 0);
  return own;
}

/** Throws the same error every time, with something else inside. */
const error = Object.assign(new Error(), { n: 0 });
export function throwSame(n: number): never {
  throw Object.assign(error, { n, message: `${n}` });
}

export function sum(row: Iterable<number>): number {
  let all = 0;
  for (const x of row) all += x;
  return all;
}

export function first(list: Float64Array): number {
  return list[0]!;
}

export function add(a: number, b: number): number {
  return a + b;
}

export function isSame(a: unknown, b: unknown, pair: unknown[]): boolean[] {
  return [a === b, pair[0] === pair[1]];
}

export async function sharedSum(): Promise<number> {
  return sum(await shared.getConst<Float64Array>("table"));
}

/** The sum, of an array that is not looked at in another way. */
export function sumOf(...tables: Float64Array[]): number {
  return tables.reduce((all, table) => all + sum(table), 0);
}

declareChecks({
  async "an array that is given away is empty afterwards, and arrives"() {
    const { submit, map } = withOptions({ transfer: true });
    for (const length of [20_000, 200_000]) {
      const table = new Float64Array(length).fill(2);
      const future = submit(sumOf, table);
      assert.equal(table.length, 0, "at once");
      assert.equal(await future, 2 * length);
      const tables = range(5).map((i) => new Float64Array(length).fill(i));
      const sums = await map(sumOf, tables);
      assert.deepEqual(sums, range(5).map((i) => i * length));
      assert.deepEqual(tables.map(({ length }) => length), range(5).map(() => 0));
    }
    const small = new Float64Array(10).fill(1);
    assert.equal(await submit(sumOf, small), 10);
    assert.equal(small.length, 10, "what is small is copied");
    const whole = new Float64Array(40_000).fill(1);
    const halves = [whole.subarray(0, 20_000), whole.subarray(20_000)];
    assert.equal(await submit(sumOf, ...halves), 40_000, "two parts of the same memory");
    assert.equal(whole.length, 0);
  },

  async "what a task does to its arguments is not seen by the caller"() {
    const row = { n: 3, list: [1] };
    const bytes = Uint8Array.of(1, 2);
    const huge = new Uint8Array(100_000);
    const futures = range(6).map((i) => submit(spoil, row, i % 2 === 0 ? bytes : huge));
    assert.deepEqual(await join(futures), Array(6).fill(2));
    assert.deepEqual(await map(spoil, Array(6).fill(row), Array(6).fill(bytes)), Array(6).fill(2));
    assert.deepEqual(
      await withOptions({ chunkSize: 6 }).map(spoil, Array(6).fill(row), Array(6).fill(huge)),
      Array(6).fill(2),
    );
    assert.deepEqual([row, bytes], [{ n: 3, list: [1] }, Uint8Array.of(1, 2)]);
    assert.ok(huge.every((byte) => byte === 0));
  },

  "a task that is tried again finds its arguments as they were": except(
    { task: "the worker that is lost may be the one of this very check" },
    () =>
      withFolder(async (folder) => {
        if (!scoop.isRunning) return;
        const table = new Float64Array(20_000).fill(1);
        assert.equal(await submit(spoilAndDie, table, [1], `${folder}/a`), 20_001);
        assert.deepEqual(await map(spoilAndDie, [table], [[1]], [`${folder}/b`]), [20_001]);
      }),
  ),

  async "what the caller does to arguments after the call is not seen by the task"() {
    const list = [1, 2, 3];
    const table = new Float64Array(20_000).fill(1);
    const futures = [submit(sum, list), submit(sum, table)];
    list.push(4);
    table.fill(0);
    assert.deepEqual(await join(futures), [6, 20_000]);
  },

  async "an input that yields the same object again yields it as it is at the time"() {
    function* rows() {
      const row = [0, 0];
      for (const n of range(50)) {
        row.fill(n);
        yield row;
      }
    }
    function* tables() {
      const table = new Float64Array(10_000);
      for (const n of range(5)) yield table.fill(n);
    }
    async function* later<T>(inputs: Iterable<T>) {
      for (const input of inputs) yield input;
    }
    const sums = range(50).map((n) => 2 * n);
    for (const chunkSize of [1, 7, 50]) {
      const { map, mapReduce } = withOptions({ chunkSize });
      assert.deepEqual(await map(sum, rows()), sums);
      assert.deepEqual(await map(sum, later(rows())), sums);
      assert.deepEqual(await map(first, tables()), range(5));
      assert.deepEqual(await map(first, later(tables())), range(5));
      assert.equal(await mapReduce(sum, add, rows()), sum(sums));
      assert.equal(await mapReduce(sum, add, later(rows())), sum(sums));
    }
    assert.equal(await mapReduce(sum, add, rows()), sum(sums));
  },

  async "a task that returns the same object again returns it as it is at the time"() {
    for (const chunkSize of [1, 5, 20]) {
      const { map } = withOptions({ chunkSize });
      assert.deepEqual(await map(sameArray, range(20)), range(20).map((n) => [n, n, n]));
      assert.deepEqual(await map(keepAndChange, range(20)), range(20).map((n) => ({ n })));
      assert.deepEqual((await map(sameBigArray, range(5))).map((table) => table[7]), range(5));
    }
    assert.deepEqual(await join(range(9).map((n) => submit(sameArray, n))), [
      ...range(9).map((n) => [n, n, n]),
    ]);
  },

  async "what a task's module does to a result later is not seen"() {
    const results = await map(changeLater, range(20));
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(results, range(20).map((n) => ({ n })));
    results[0]!.n = 7;
    assert.equal((await submit(keepAndChange, 0)).n, 0);
  },

  async "errors are copies as well"() {
    const results = map(throwSame, range(10));
    const outcomes = await Promise.allSettled(range(10).map(() => results.next()));
    const reasons = outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason);
    assert.deepEqual(
      reasons.map(({ n, message }) => [n, message]),
      range(10).map((n) => [n, `${n}`]),
    );
    assert.ok(reasons.every((reason) => reason !== error));
  },

  async "arguments of one call keep their identity among each other"() {
    const one = { n: 1 };
    assert.deepEqual(await submit(isSame, one, one, [one, one]), [true, true]);
    assert.deepEqual(await map(isSame, [one], [one], [[one, { n: 1 }]]), [[true, false]]);
  },

  async "shared constants are copies of what was set"() {
    const table = new Float64Array(20_000).fill(1);
    const row = { list: [1] };
    await shared.setConst({ table, row });
    table.fill(0);
    row.list.push(2);
    for (let i = 0; i < 3; i++) {
      assert.deepEqual(await join(range(6).map(() => submit(sharedSum))), Array(6).fill(20_000));
      assert.deepEqual(await shared.getConst("row"), { list: [1] });
      assert.equal(await sharedSum(), 20_000);
    }
  },
});

if (import.meta.main) await runChecks();
