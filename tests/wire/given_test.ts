import assert from "node:assert/strict";
import { decodeEach, encodeCalls } from "../../wire/codec.ts";

const LARGE = 20_000;

/** Encodes the arguments of one call, whose arrays are given away. */
function given(...args: unknown[]) {
  return encodeCalls([args], undefined, true);
}

Deno.test("given: the memory itself is the frame, and its owner has none", () => {
  const table = new Float64Array(LARGE).fill(3);
  const { body, frames } = given(table, "beside it");
  assert.equal(table.length, 0);
  assert.ok(table.buffer.detached);
  assert.deepEqual(frames.map(({ length }) => length), [8 * LARGE]);
  assert.equal(frames[0]!.buffer.byteLength, 8 * LARGE);
  assert.deepEqual(decodeEach(body, frames), [[new Float64Array(LARGE).fill(3), "beside it"]]);
});

Deno.test("given: parts of the same memory arrive, whatever stands between them", () => {
  const whole = Float64Array.from({ length: 2 * LARGE + 5 }, (_, i) => i);
  const parts = [whole.subarray(3, LARGE), whole.subarray(LARGE + 2)];
  const expected = parts.map((part) => part.slice());
  const { body, frames } = given(...parts);
  assert.ok(parts.every(({ length }) => length === 0));
  assert.deepEqual(decodeEach(body, frames), [expected]);
});

Deno.test("given: what is small is copied, and so is what cannot be let go", () => {
  const small = new Uint8Array(100).fill(1);
  const wasm = new Uint8Array(new WebAssembly.Memory({ initial: 2 }).buffer).fill(4);
  const { body, frames } = given(small, wasm);
  assert.deepEqual([small.length, wasm.length], [100, 131_072]);
  wasm.fill(5);
  assert.deepEqual(decodeEach(body, frames), [[small, new Uint8Array(131_072).fill(4)]]);
});

Deno.test("given: a call that cannot travel has given nothing", () => {
  const table = new Float64Array(LARGE);
  assert.throws(() => given(table, () => 1), /cannot send args\[1\]/);
  assert.equal(table.length, LARGE);
});

Deno.test("given: calls that say nothing of it copy", () => {
  const table = new Float64Array(LARGE).fill(1);
  const { body, frames } = encodeCalls([[table]]);
  table.fill(2);
  assert.equal(table.length, LARGE);
  assert.deepEqual(decodeEach(body, frames), [[new Float64Array(LARGE).fill(1)]]);
});
