/** scatter(): one copy for each worker, anywhere in arguments, until it is released. */

import assert from "node:assert/strict";
import { map, scatter, submit } from "../../../mod.ts";
import type { Scattered } from "../../../mod.ts";

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

export function make(): Scattered<string> {
  return scatter("made on a worker");
}

if (import.meta.main) {
  const numbers = new Float64Array(100_000).map((_, i) => i / 2);
  const table = scatter(numbers);
  numbers.fill(-1);
  const indices = Array.from({ length: 300 }, (_, i) => i * 331);
  const found = await map(at, indices.map(() => ({ deep: [table] })), indices);
  assert.deepEqual(found.map(([value]) => value), indices.map((i) => i / 2));
  assert.ok(found.every(([, other]) => !other), "each worker has one copy");
  assert.deepEqual((await submit(passOn, table, 7))[0], 3.5);
  assert.equal(table.value[1], 0.5);

  const made = await submit(make);
  assert.equal(await made.load(), "made on a worker");

  table.release();
  assert.throws(() => table.value, /load\(\)/);
  await assert.rejects(submit(at, { deep: [table] }, 1).result({ timeout: 5000 }), Error);
  assert.throws(() => scatter(() => 1), { name: "SerializationError" });
  console.log("ok");
}
