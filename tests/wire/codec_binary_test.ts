// Binary data: every class of it, and frames of its own for what is big.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { clone, decode, encode, encodeEach } from "../../wire/codec.ts";
import { splitArray } from "../../wire/split.ts";

const classes = [
  Uint8Array,
  Uint8ClampedArray,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigUint64Array,
  BigInt64Array,
  Float16Array,
];
type Binary = InstanceType<typeof classes[number]>;

function travel<T>(value: T): T {
  const { body, frames } = encode(value);
  return decode(body, frames) as T;
}

/** The elements 0, 1, 2, … in `count` places. */
function counting(known: typeof classes[number], count: number): Binary {
  const array = new known(count);
  for (let i = 0; i < count; i++) {
    array[i] = array instanceof BigUint64Array || array instanceof BigInt64Array
      ? BigInt(i) as never
      : i % 100 as never;
  }
  return array;
}

Deno.test("every typed array travels, small and big, at any place", () => {
  for (const known of classes) {
    for (const count of [0, 1, 3, 1000, 100_000]) {
      const array = counting(known, count);
      const back = travel({ before: "x", array }).array;
      assert.equal(back.constructor, known);
      assert.deepStrictEqual(back, array);
      assert.equal(back.buffer.byteLength, array.byteLength);
    }
  }
});

Deno.test("a view sends its part of the memory only", () => {
  const part = new Int16Array(new ArrayBuffer(1000), 20, 3).fill(7);
  const back = travel(part);
  assert.deepStrictEqual(back, new Int16Array([7, 7, 7]));
  assert.equal(back.buffer.byteLength, 6);
});

Deno.test("ArrayBuffer and DataView travel, small and big", () => {
  for (const size of [0, 5, 70_000]) {
    const bytes = new Uint8Array(size).fill(3);
    const buffer = travel([bytes.buffer])[0]!;
    assert.ok(buffer instanceof ArrayBuffer);
    assert.deepStrictEqual(new Uint8Array(buffer), bytes);
    const view = travel([new DataView(bytes.buffer, size > 0 ? 1 : 0)])[0]!;
    assert.ok(view instanceof DataView);
    assert.equal(view.byteLength, Math.max(size - 1, 0));
    if (size > 0) assert.equal(view.getUint8(0), 3);
  }
});

Deno.test("a Buffer arrives as the Uint8Array it is", () => {
  for (const size of [3, 70_000]) {
    const back = travel([Buffer.alloc(size, 1)])[0]!;
    assert.equal(back.constructor, Uint8Array);
    assert.deepStrictEqual(back, new Uint8Array(size).fill(1));
  }
  const { body } = encode([new Uint8Array([1, 2]), "x"]);
  const back = decode(Buffer.from(body)) as unknown[];
  assert.deepStrictEqual(back, [new Uint8Array([1, 2]), "x"]);
});

Deno.test("data over 64 KiB is a frame of its own, in the order it is met", () => {
  const value = { a: new Uint8Array(65_536), b: new Uint8Array(65_537), c: new Float64Array(9000) };
  const { body, frames } = encode(value);
  assert.deepStrictEqual(frames.map((frame) => frame.byteLength), [65_537, 72_000]);
  assert.ok(body.length < 66_000);
  assert.deepStrictEqual(decode(body, frames), value);
});

Deno.test("a frame is a snapshot: later changes do not reach it", () => {
  const data = new Float64Array(20_000).fill(1);
  const { body, frames } = encode([data]);
  data.fill(2);
  const [back] = decode(body, frames) as Float64Array[];
  assert.equal(back![0], 1);
  assert.notEqual(frames[0]!.buffer, data.buffer);
  const copy = clone([data]);
  data.fill(3);
  assert.equal(copy[0]![19_999], 2);
});

Deno.test("a frame is viewed where it lies when aligned, and copied when not", () => {
  const { body, frames } = encode(new Float64Array(10_000).fill(1.5));
  for (const offset of [0, 8, 3]) {
    const memory = new ArrayBuffer(80_000 + offset);
    const frame = new Uint8Array(memory, offset);
    frame.set(frames[0]!);
    const back = decode(body, [frame]) as Float64Array;
    assert.equal(back[9999], 1.5);
    assert.equal(back.length, 10_000);
    assert.equal(back.buffer === memory, offset % 8 === 0);
  }
  const received = Buffer.from(frames[0]!); // as a socket hands it out
  assert.equal((decode(body, [received]) as Float64Array)[0], 1.5);
});

Deno.test("body and frames may lie in one memory", () => {
  const value = [new Float64Array(10_000).fill(1.5), new Uint8Array([1]), new Uint8Array(70_000)];
  const { body, frames } = encode(value);
  const memory = new Uint8Array(200_000);
  const starts = [0, 80_000, 160_000];
  [...frames, body].forEach((bytes, i) => memory.set(bytes, starts[i]));
  const received = frames.map((frame, i) => memory.subarray(starts[i]).subarray(0, frame.length));
  assert.deepStrictEqual(
    decode(memory.subarray(160_000).subarray(0, body.length), received),
    value,
  );
});

Deno.test("small data owns its memory when it arrives", () => {
  const { body } = encode([new Uint8Array([1, 2, 3]), new Float32Array([1])]);
  const [bytes, floats] = decode(body) as [Uint8Array, Float32Array];
  body.fill(0);
  assert.deepStrictEqual(bytes, new Uint8Array([1, 2, 3]));
  assert.deepStrictEqual(floats, new Float32Array([1]));
  assert.equal(bytes.buffer.byteLength, 3);
  assert.equal(floats.buffer.byteLength, 4);
});

Deno.test("parts of a list find their frames among those of the whole", () => {
  const values = [1, 2, 3].map((n) => new Int32Array(20_000).fill(n));
  const { body, frames } = encodeEach(values);
  assert.equal(frames.length, 3);
  splitArray(body).forEach((part, i) => assert.deepStrictEqual(decode(part, frames), values[i]));
});

Deno.test("frames that are missing or of the wrong size are errors", () => {
  const { body, frames } = encode(new Float64Array(10_000));
  assert.throws(() => decode(body), /frame 0 is missing/);
  assert.throws(() => decode(body, []), /frame 0 is missing/);
  assert.throws(() => decode(body, [frames[0]!.subarray(8)]), /79992 bytes instead of 80000/);
});

Deno.test("memory that is shared or gone cannot be sent", () => {
  const shared = new SharedArrayBuffer(8);
  assert.throws(() => encode({ shared }, "args"), /cannot send args\.shared: .*SharedArrayBuffer/);
  for (const view of [new Uint8Array(shared), new Float64Array(shared)]) {
    assert.throws(() => encode([view], "args"), /cannot send args\[0\]: .*SharedArrayBuffer/);
  }
  const gone = new Uint8Array(8);
  structuredClone(gone, { transfer: [gone.buffer] });
  assert.throws(() => encode([gone], "args"), /cannot send args\[0\]: .*transferred/);
});

Deno.test("a resizable buffer sends what it holds", () => {
  const buffer = new ArrayBuffer(4, { maxByteLength: 100 });
  const view = new Uint8Array(buffer);
  buffer.resize(6);
  assert.deepStrictEqual(travel([view, buffer.slice(0)]), [
    new Uint8Array(6),
    new Uint8Array(6).buffer,
  ]);
});
