/** Large arrays arrive whole and are everybody's own, however they travel. */

import assert from "node:assert/strict";
import { map, mapAsCompleted, mapSettled, scatter, submit, withOptions } from "./api.ts";
import type { Scattered } from "./api.ts";
import { declareChecks, mark, marks, range, rejects, runChecks, withFolder } from "./checks.ts";

/** 1.2 MB. */
const LENGTH = 150_000;

function numbers(first: number): Float64Array {
  return new Float64Array(LENGTH).fill(0.5).fill(first, 0, 1).fill(-first, LENGTH - 1);
}

interface Both {
  readonly table: Scattered<Float64Array>;
  readonly own: Float64Array;
}

function isWhole(array: Float64Array, first: number): boolean {
  return array.length === LENGTH && array[0] === first && array[LENGTH - 1] === -first &&
    array.subarray(1, -1).every((value) => value === 0.5);
}

/** Spoils what it was given, and gives back something like it. */
export function doubled(array: Float64Array): Float64Array {
  const first = array[0]!;
  const right = isWhole(array, first);
  array.fill(NaN);
  return numbers(right ? 2 * first : NaN);
}

export function checked(array: Float64Array, first: number): boolean {
  return isWhole(array, first);
}

/** Fails for odd ones, after it has spoilt what it was given. */
export function even(array: Float64Array): Float64Array {
  const first = array[0]!;
  if (first % 2 === 1) {
    array.fill(NaN);
    throw new RangeError(`${first} is odd`);
  }
  return array;
}

/** Spoils what it was given, and throws, the first time. */
export function secondTime(array: Float64Array, file: string): boolean {
  mark(file);
  const whole = isWhole(array, array[0]!);
  array.fill(NaN);
  if (marks(file) === 1) throw new Error("too early");
  return whole;
}

export function beside({ table, own }: Both, first: number): boolean {
  return isWhole(table.value, 9) && isWhole(own, first);
}

export async function nested(count: number): Promise<boolean> {
  const results = await map(doubled, range(count).map(numbers));
  return results.every((array, i) => isWhole(array, 2 * i));
}

declareChecks({
  "there and back, one at a time and many": async () => {
    for (const i of range(5)) assert.ok(isWhole(await submit(doubled, numbers(i)), 2 * i));
    const results = await Promise.all(range(12).map((i) => submit(doubled, numbers(i))));
    assert.deepEqual(results.map((array, i) => isWhole(array, 2 * i)), Array(12).fill(true));
    const mapped = await map(doubled, range(12).map(numbers));
    assert.deepEqual(mapped.map((array, i) => isWhole(array, 2 * i)), Array(12).fill(true));
  },

  "what becomes of an array afterwards is not the task's matter": async () => {
    const array = numbers(3);
    const before = submit(checked, array, 3);
    array.fill(NaN);
    assert.equal(await before, true);
    const results = [submit(doubled, numbers(1)), submit(doubled, numbers(2))];
    const [one, two] = await Promise.all(results);
    one!.fill(NaN);
    assert.ok(isWhole(two!, 4));
  },

  "outcomes have their inputs, whatever the tasks have made of them": async () => {
    const outcomes = await mapSettled(even, range(8).map(numbers));
    assert.equal(outcomes.length, 8);
    for (const [i, { status, inputs }] of outcomes.entries()) {
      assert.equal(status, i % 2 === 0 ? "fulfilled" : "rejected");
      assert.ok(isWhole(inputs[0], i), `${i}`);
    }
    await rejects(map(even, [numbers(2), numbers(1)]), /1 is odd/);
  },

  "what is tried again gets what it was given": () =>
    withFolder(async (folder) => {
      const { map, submit } = withOptions({ retries: { thrown: 1, delay: 5 } });
      assert.equal(await submit(secondTime, numbers(7), `${folder}/a`), true);
      const files = range(4).map((i) => `${folder}/map ${i}`);
      const arrays = range(4).map(numbers);
      assert.deepEqual(await map(secondTime, arrays, files), Array(4).fill(true));
    }),

  "in tasks of tasks": async () => {
    assert.deepEqual(await map(nested, [3, 4, 5]), [true, true, true]);
  },

  "results that nobody takes are in nobody's way": async () => {
    for (const _ of range(3)) {
      const inputs = range(30).map(numbers);
      for await (const array of mapAsCompleted(doubled, inputs)) {
        assert.ok(isWhole(array, array[0]!));
        break;
      }
    }
    const results = await map(doubled, range(10).map(numbers));
    assert.deepEqual(results.map((array, i) => isWhole(array, 2 * i)), Array(10).fill(true));
  },

  "beside scattered ones": async () => {
    using table = scatter(numbers(9));
    const all = range(6).map((i) => [{ table, own: numbers(i) }, i] as const);
    const right = await map(beside, all.map(([both]) => both), range(6));
    assert.deepEqual(right, Array(6).fill(true));
  },
});

if (import.meta.main) await runChecks();
