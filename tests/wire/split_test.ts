// Lists cut and joined without decoding.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "../fast_check.ts";
import { decode, encode, encodeEach } from "../../wire/codec.ts";
import { arrayLength, checkValue, joinArray, splitArray } from "../../wire/split.ts";

const values = fc.array(
  fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true }),
  { maxLength: 40 },
);

Deno.test("cutting a list gives its elements, and joining them the list", () => {
  fc.assert(fc.property(values, (list) => {
    const { body } = encodeEach(list);
    const parts = splitArray(body);
    assert.equal(arrayLength(body), list.length);
    assert.deepStrictEqual(parts.map((part) => decode(part)), list);
    assert.deepStrictEqual(joinArray(parts), body);
  }));
});

Deno.test("two halves joined are the whole, wherever it is cut", () => {
  fc.assert(fc.property(values, fc.nat(), (list, cut) => {
    const parts = splitArray(encodeEach(list).body);
    const at = cut % (parts.length + 1);
    const halves = [joinArray(parts.slice(0, at)), joinArray(parts.slice(at))];
    assert.deepStrictEqual(decode(halves[0]!), list.slice(0, at));
    assert.deepStrictEqual(decode(halves[1]!), list.slice(at));
    assert.deepStrictEqual(decode(joinArray(halves.flatMap(splitArray))), list);
  }));
});

Deno.test("every length of list has the right head", () => {
  for (const length of [0, 1, 15, 16, 65_535, 65_536, 70_000]) {
    const list = Array.from({ length }, (_, i) => i % 300);
    const body = joinArray(splitArray(encode(list).body));
    assert.equal(arrayLength(body), length);
    assert.deepStrictEqual(body, encode(list).body);
  }
});

Deno.test("every kind of element is measured rightly", () => {
  const elements = [
    ...[0, 127, 128, 256, 65_536, 2 ** 40, -1, -33, -129, -40_000, -(2 ** 40), 1.5, NaN],
    ...[null, true, false, undefined, 1n, -0, new Date(0), new Date(1), new Date(-1)],
    ...[0, 1, 31, 32, 255, 256, 65_535, 65_536].map((length) => "x".repeat(length)),
    ...[0, 1, 255, 256, 65_535, 65_536].map((length) => new Uint8Array(length)),
    ...[0, 1, 2, 3, 7, 8, 15, 16, 254, 255, 256, 65_000].map((length) => new Int8Array(length)),
    ...[0, 15, 16, 65_536].map((length) => new Array(length).fill(0)),
    ...[0, 15, 16, 70_000].map((length) =>
      Object.fromEntries(Array.from({ length }, (_, i) => [`k${i}`, i]))
    ),
  ];
  const parts = splitArray(encodeEach(elements).body);
  assert.equal(parts.length, elements.length);
  parts.forEach((part, i) => assert.deepStrictEqual(decode(part), elements[i]));
});

Deno.test("single-precision floats, which others write, are measured too", () => {
  const body = Uint8Array.of(0x92, 0xca, 0x3f, 0xc0, 0, 0, 0x07);
  assert.deepStrictEqual(splitArray(body).map((part) => decode(part)), [1.5, 7]);
});

Deno.test("parts are views of the body, of the plain class", () => {
  const { body } = encodeEach(["one", "two"]);
  const received = Buffer.from(body);
  for (const part of splitArray(received)) {
    assert.equal(part.buffer, received.buffer);
    assert.equal(part.constructor, Uint8Array);
  }
  assert.deepStrictEqual(splitArray(received).map((part) => decode(part)), ["one", "two"]);
});

Deno.test("what is no whole list is an error", () => {
  const { body } = encodeEach([1, "two", { three: [4] }, new Uint8Array(9), undefined]);
  for (let length = 0; length < body.length; length++) {
    assert.throws(() => splitArray(body.subarray(0, length)), /malformed MessagePack/);
    assert.throws(() => checkValue(body.subarray(0, length)), /malformed MessagePack/);
  }
  assert.throws(() => splitArray(Uint8Array.of(...body, 0)), /left over/);
  for (const value of [1, "x", { a: 1 }, null]) {
    assert.throws(() => splitArray(encode(value).body), /not an array/);
    assert.throws(() => arrayLength(encode(value).body), /not an array/);
  }
  assert.throws(() => splitArray(Uint8Array.of(0x91, 0xc1)), /0xc1/);
  assert.throws(() => arrayLength(Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff, 0)), /too early/);
  assert.throws(() => arrayLength(Uint8Array.of(0xdd, 0xff)), /too early/);
});

Deno.test("random bytes are cut, or refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const body = Uint8Array.of(0x93, ...bytes);
      try {
        const parts = splitArray(body);
        assert.equal(parts.length, 3);
        assert.deepStrictEqual(joinArray(parts), body);
      } catch (error) {
        assert.match(String(error), /malformed MessagePack/);
      }
    }),
    { numRuns: 2000 },
  );
});
