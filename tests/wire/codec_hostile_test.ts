// Bytes from anywhere: an error or a value, soon, and never more memory than the bytes are worth.

import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { decode, decodeEach, decodeHeader, encode, encodeHeader } from "../../wire/codec.ts";

/** Decodes, or throws an Error; anything else fails the test. */
function decodesOrThrows(bytes: Uint8Array, frames: Uint8Array[] = []): boolean {
  try {
    decode(bytes, frames);
    return true;
  } catch (error) {
    assert.ok(error instanceof Error, String(error));
    return false;
  }
}

const samples = [
  encode([1, "two", [3.5, { four: [null, true] }], new Uint8Array(20), new Date(5)]),
  encode(
    new Map<unknown, unknown>([["k", new Set([1n, 2n ** 90n])], [/a/g, new URL("http://a/")]]),
  ),
  encode(Object.assign(new TypeError("x", { cause: [undefined] }), { more: new Float64Array(3) })),
  encode((() => {
    const shared: unknown[] = [1, -0];
    shared.push(shared, { shared });
    return [shared, shared, "\ud800", new Date(NaN)];
  })()),
  encode([new Float32Array(20_000), new DataView(new ArrayBuffer(5))]),
  encode([Object.assign([1, , [2]], { a: [] }), Object.assign(new Date(5), { b: "\ud800" })]),
];

Deno.test("every cut of a body is an error, and so is anything behind it", () => {
  for (const { body, frames } of samples) {
    for (let length = 0; length < body.length; length++) {
      assert.throws(() => decode(body.slice(0, length), frames), Error);
    }
    assert.throws(() => decode(Uint8Array.of(...body, 0xc0), frames), /left over/);
  }
});

Deno.test("changed bytes give a value or an Error", () => {
  const sample = fc.constantFrom(...samples);
  const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
  let refused = 0;
  fc.assert(
    fc.property(sample, changes, ({ body, frames }, edits) => {
      const bytes = body.slice();
      for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
      if (!decodesOrThrows(bytes, frames)) refused++;
    }),
    { numRuns: 5000 },
  );
  assert.ok(refused > 100, "the changes hit nothing");
});

Deno.test("random bytes give a value or an Error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      decodesOrThrows(bytes);
      try {
        decodeHeader(bytes);
      } catch (error) {
        assert.ok(error instanceof Error);
      }
    }),
    { numRuns: 5000 },
  );
  const parts = fc.constantFrom(0x91, 0x92, 0xc7, 0xd4, 0xd5, 0x00, 0x01, 0x05, 0x07, 0x03, 0xa1);
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 30 }), (bytes) => {
      decodesOrThrows(Uint8Array.from(bytes));
    }),
    { numRuns: 5000 },
  );
});

Deno.test("a claimed length is not believed", () => {
  const claims = [
    [0xdd, 0xff, 0xff, 0xff, 0xff],
    [0xdf, 0xff, 0xff, 0xff, 0xff],
    [0xdb, 0xff, 0xff, 0xff, 0xff],
    [0xc6, 0xff, 0xff, 0xff, 0xff],
    [0xc9, 0xff, 0xff, 0xff, 0xff, 0x05],
    [0xdd, 0x01, 0x00, 0x00, 0x00, 0xc0],
  ];
  for (const claim of claims) assert.throws(() => decode(Uint8Array.from(claim)), /too early/);
  // So is the length of an array with holes, which takes no memory for those.
  const huge = Uint8Array.of(0x92, 0xd4, 0x07, 10, 0xce, 0xff, 0xff, 0xff, 0xff);
  for (let i = 0; i < 1000; i++) assert.equal((decode(huge) as unknown[]).length, 2 ** 32 - 1);
  // A million arrays in one another, each of which claims eight million elements.
  const nested = new Uint8Array(5_000_000);
  for (let at = 0; at < nested.length; at += 5) nested.set([0xdd, 0x00, 0x7f, 0xff, 0xff], at);
  assert.throws(() => decode(nested), /too early/);
  assert.throws(() => decodeHeader(nested), /too early/);
});

Deno.test("nesting without end is no danger, with marks or without", () => {
  const deep = new Uint8Array(1_000_001).fill(0x91);
  deep[1_000_000] = 0xc0;
  assert.ok(Array.isArray(decode(deep)));
  const marked = Uint8Array.of(0x92, 0xd4, 0x07, 0x02, ...deep.subarray(-100_000));
  assert.throws(() => decode(marked), /nested too deeply/);
});

/** MessagePack by hand: an array of up to 15 elements; a mark; a reference; short text. */
const array = (...items: number[][]) => Uint8Array.from([0x90 + items.length, ...items.flat()]);
const mark = (kind: number) => [0xd4, 0x07, kind];
const reference = (index: number) => [0xc7, 5, 0x07, 7, 0, 0, 0, index];
const text = (value: string) => [0xa0 + value.length, ...new TextEncoder().encode(value)];

Deno.test("marks that make no sense are errors", () => {
  const nonsense: [Uint8Array, RegExp][] = [
    [Uint8Array.from(mark(1)), /heads no array/],
    [array([1], mark(1)), /heads no array/],
    [Uint8Array.from(mark(7)), /malformed mark/],
    [Uint8Array.from(mark(14)), /malformed mark/],
    [array(mark(9), [1], [2]), /must be text/],
    [array(mark(10)), /malformed array with holes/],
    [array(mark(10), [0xff]), /malformed array with holes/],
    [array(mark(10), [0xcf, 0, 0, 0, 1, 0, 0, 0, 0]), /malformed array with holes/],
    [array(mark(10), [1], [0]), /malformed array with holes/],
    [array(mark(10), [1], [1], [0xc0]), /outside of its array/],
    [array(mark(11)), /malformed properties/],
    [array(mark(11), [1], [0], text("a")), /malformed properties/],
    [array(mark(11), [1], [2], text("a"), [1]), /malformed properties/],
    [array(mark(11), [1], [0], [5], [1]), /must be text/],
    [array(mark(11), [0], [0], mark(11), [0], [0]), /properties of nothing/],
    [array(mark(12), [0], [0]), /properties of nothing/],
    [array(mark(12), [0], [0], [1]), /properties of nothing/],
    [array(mark(12), [0], [0], mark(1)), /properties of nothing/],
    [Uint8Array.from(reference(0)), /reference to nothing/],
    [array([1], reference(0)), /reference to nothing/],
    [array(mark(1), [1]), /key without a value/],
    [array(mark(0), [1]), /graph without objects/],
    [array(mark(0), [1], [1]), /objects only/],
    [array(mark(0), [1], reference(0)), /objects only/],
    [array(mark(0), reference(1), [0x90]), /reference to nothing/],
    [array(mark(0), reference(0), [...array(mark(0), [1], [0x90])]), /graph within a graph/],
    [array(mark(4), [1], [2]), /must be text/],
    [array(mark(3)), /text was expected/],
    [array(mark(3), text("Nobody"), [0xc0], [0xc0], [0]), /unknown error class Nobody/],
    [array(mark(3), text("Error"), [0xc0], [0xc0], [0xc0]), /malformed error/],
    [array(mark(5), text("("), text("g")), /Invalid regular expression/],
    [array(mark(5), text("a"), text("gg")), /flags/],
    [array(mark(6), text("no url")), /Invalid URL/],
    [Uint8Array.from([0xd4, 0x09, 0]), /unknown extension type 9/],
    [Uint8Array.from([0xd4, 0x05, 99]), /no binary class 99/],
    [Uint8Array.from([0xd6, 0x05, 11, 0, 0, 0]), /3 bytes are no Float64Array/],
    [Uint8Array.from([0xd4, 0x03, 0]), /malformed bigint/],
    [Uint8Array.from([0xd4, 0x04, 0]), /odd length/],
    [Uint8Array.from([0xd4, 0xff, 0]), /timestamp/],
    [Uint8Array.from([0xc1]), /0xc1/],
    [Uint8Array.from([0x81, ...text("__proto__"), 0x80]), /__proto__/],
    [new Uint8Array(0), /too early/],
  ];
  for (const [bytes, why] of nonsense) assert.throws(() => decode(bytes), why);
});

Deno.test("after an error the next value is decoded as ever", () => {
  assert.throws(() => decode(array(mark(5), text("("), text("g"))));
  assert.deepStrictEqual(decode(encode([1, { a: 2 }]).body), [1, { a: 2 }]);
  assert.throws(() => decodeEach(Uint8Array.of(0xc0)));
  assert.deepStrictEqual(decodeHeader(encodeHeader([1])), [1]);
});

Deno.test("a header is plain and whole, or an error", () => {
  const header = encodeHeader(["bundle", 1, "name", { a: "b" }]);
  for (let length = 0; length < header.length; length++) {
    assert.throws(() => decodeHeader(header.subarray(0, length)), Error);
  }
  assert.throws(() => decodeHeader(Uint8Array.of(...header, 1)), /left over/);
  assert.throws(() => decodeHeader(encode([undefined]).body), /may not hold extensions/);
  assert.throws(() => decodeHeader(encode(new Date()).body), /may not hold extensions/);
});
