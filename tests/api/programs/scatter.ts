/** scatter(): one copy for each worker, anywhere in arguments, until it is released. */

import assert from "node:assert/strict";
import { map, scatter, submit } from "./api.ts";
import type { Scattered } from "./api.ts";
import { declareChecks, range, rejects, runChecks } from "./checks.ts";

let seen: unknown;

/** The element at `i`, and whether this worker has met another copy of the table before. */
export function at(table: { deep: Scattered<Float64Array>[] }, i: number): [number, boolean] {
  const { value } = table.deep[0]!;
  const other = seen !== undefined && seen !== value;
  seen = value;
  return [value[i]!, other];
}

export function passOn(table: Scattered<Float64Array>, i: number): Promise<[number, boolean]> {
  return Promise.resolve(submit(at, { deep: [table] }, i));
}

/** Scatters, and has others look. */
export async function sum(length: number): Promise<number> {
  using table = scatter(new Float64Array(length).fill(1));
  const found = await map(at, range(20).map(() => ({ deep: [table] })), range(20));
  return found.reduce((all, [value]) => all + value, 0);
}

export function make(_i: number): Scattered<string> {
  return scatter("made on a worker");
}

function halves(): Float64Array {
  return new Float64Array(100_000).map((_, i) => i / 2);
}

declareChecks({
  async "each worker gets one copy, as the value was"() {
    const numbers = halves();
    using table = scatter(numbers);
    numbers.fill(-1);
    const indices = range(300).map((i) => i * 331);
    const found = await map(at, indices.map(() => ({ deep: [table] })), indices);
    assert.deepEqual(found.map(([value]) => value), indices.map((i) => i / 2));
    assert.ok(found.every(([, other]) => !other), "each worker has one copy");
    assert.equal(table.value[1], 0.5);
  },

  async "a task passes a handle on, and makes one"() {
    using table = scatter(halves());
    assert.deepEqual((await submit(passOn, table, 7))[0], 3.5);
    for (const made of await map(make, range(20))) {
      assert.equal(await made.load(), "made on a worker");
    }
  },

  async "what a task scatters is there for its own tasks, wherever they run"() {
    // Large ones take longer on their way than the tasks that need them.
    const sums = await map(sum, [...range(8).map(() => 2_000_000), ...range(60).map(() => 1_000)]);
    assert.deepEqual(new Set(sums), new Set([20]));
  },

  async "what was released is gone"() {
    const table = scatter(halves());
    table.release();
    assert.throws(() => table.value, /this scattered value was released/);
    await rejects(submit(at, { deep: [table] }, 1), Error);
  },

  "what cannot travel is refused"() {
    assert.throws(() => scatter(() => 1), { name: "SerializationError" });
  },
});

if (import.meta.main) await runChecks();
