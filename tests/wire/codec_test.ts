// What travels: each kind of value by itself, then made-up mixtures of them.

import assert from "node:assert/strict";
import msgpackLite from "npm:msgpack-lite@^0.1.26";
import fc from "../fast_check.ts";
import {
  clone,
  decode,
  decodeEach,
  decodeHeader,
  encode,
  encodeEach,
  encodeHeader,
  isPrimitive,
} from "../../wire/codec.ts";

/** There and back. */
function travel<T>(value: T): T {
  const { body, frames } = encode(value);
  return decode(body, frames) as T;
}

/** What MessagePack itself knows: nothing here needs an extension. */
const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true }).filter((x) => !Object.is(x, -0)),
    fc.string({ unit: "binary" }),
    fc.array(tie("value")),
    fc.dictionary(fc.string({ unit: "grapheme" }).filter((k) => k !== "__proto__"), tie("value"), {
      noNullPrototype: true,
    }),
  ),
})).value;

const rich = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withObjectString: true,
  withUnicodeString: true,
  maxDepth: 4,
} as fc.ObjectConstraints);

Deno.test("plain values come back the same, and any MessagePack decoder can read them", () => {
  fc.assert(fc.property(plain, (value) => {
    const { body, frames } = encode(value);
    assert.equal(frames.length, 0);
    assert.deepStrictEqual(decode(body), value);
    assert.deepStrictEqual(msgpackLite.decode(body), value);
  }));
});

Deno.test("plain values written by another MessagePack encoder can be read", () => {
  fc.assert(fc.property(plain, (value) => {
    assert.deepStrictEqual(decode(msgpackLite.encode(value)), value);
  }));
});

Deno.test("a Uint8Array up to 64 KiB is MessagePack's own binary", () => {
  for (const size of [0, 1, 255, 256, 65536]) {
    const bytes = new Uint8Array(size).fill(7);
    const { body, frames } = encode([bytes]);
    assert.equal(frames.length, 0);
    assert.deepStrictEqual(new Uint8Array(msgpackLite.decode(body)[0]), bytes);
  }
});

Deno.test("rich values come back the same", () => {
  fc.assert(
    fc.property(rich, (value) => assert.deepStrictEqual(travel(value), value)),
    { numRuns: 500 },
  );
});

Deno.test("a clone is what a journey makes of a value, and shares nothing with it", () => {
  fc.assert(fc.property(rich, (value) => {
    const copy = clone(value);
    assert.deepStrictEqual(copy, travel(value));
    if (!isPrimitive(value)) assert.notEqual(copy, value);
  }));
  const inner = [1];
  assert.notEqual(clone([inner])[0], inner);
  const flat = [1, -0, "x", 5n, null];
  assert.deepStrictEqual(clone(flat), flat);
  assert.notEqual(clone(flat), flat);
  assert.deepStrictEqual(clone([, , 1]), [, , 1]);
  assert.deepStrictEqual(clone([undefined, 1]), [undefined, 1]);
});

Deno.test("undefined travels wherever it stands", () => {
  assert.equal(travel(undefined), undefined);
  assert.deepStrictEqual(travel([undefined, [undefined]]), [undefined, [undefined]]);
  const back = travel({ a: undefined, b: 1 });
  assert.deepStrictEqual(Object.keys(back), ["a", "b"]);
});

Deno.test("numbers are exact", () => {
  const numbers = [
    0,
    -0,
    NaN,
    Infinity,
    -Infinity,
    2 ** 31,
    2 ** 32,
    -(2 ** 31) - 1,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
    2 ** 53,
    2 ** 63,
    2 ** 64,
    1e300,
    5e-324,
  ];
  for (const number of numbers) assert.ok(Object.is(travel(number), number), String(number));
  assert.deepStrictEqual(travel(numbers), numbers);
  fc.assert(fc.property(fc.double(), (x) => assert.ok(Object.is(travel(x), x))));
});

Deno.test("bigints of any size are exact", () => {
  const edges = [0n, -1n, 2n ** 63n - 1n, 2n ** 63n, -(2n ** 63n), -(2n ** 63n) - 1n, 2n ** 64n];
  for (const bigint of edges) assert.equal(travel(bigint), bigint);
  fc.assert(fc.property(fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }), (x) => {
    assert.equal(travel(x), x);
  }));
  const huge = 7n ** 30_000n;
  assert.equal(travel(-huge), -huge);
});

Deno.test("strings are exact, lone surrogates and byte order marks included", () => {
  const units = fc.array(fc.integer({ min: 0xd7f0, max: 0xe010 }), { maxLength: 100 });
  fc.assert(fc.property(units, (codes) => {
    const text = String.fromCharCode(...codes);
    assert.equal(travel(text), text);
    assert.deepStrictEqual(travel({ [text]: text }), { [text]: text });
  }));
  for (const length of [1, 20, 24, 25, 60, 61, 66, 67, 70, 199, 200, 201, 10_000]) {
    for (const unit of ["\ufeff", "é", "漢", "🎈", "\ud800", "\0"]) {
      const text = "\ufeff" + unit.repeat(length);
      assert.equal(travel(text), text);
      assert.equal(travel(text.slice(1)), text.slice(1));
      assert.deepStrictEqual(travel({ [text]: 1 }), { [text]: 1 });
    }
  }
  const long = "x\udc00".repeat(50_000);
  assert.equal(travel(long), long);
});

Deno.test("a Date travels, and any MessagePack decoder that knows timestamps can read it", () => {
  const times = [0, 1, -1, 1.6e12, 2 ** 32 * 1000, 2 ** 34 * 1000 + 1, -8.64e15, 8.64e15, NaN];
  for (const time of times) {
    const back = travel([new Date(time)])[0]!;
    assert.ok(back instanceof Date);
    assert.ok(Object.is(back.getTime(), time), String(time));
  }
  // fixext 4 of type -1: seconds.
  assert.deepStrictEqual([...encode(new Date(5000)).body], [0xd6, 0xff, 0, 0, 0, 5]);
});

Deno.test("Map, Set, RegExp and URL travel", () => {
  const nested = new Map<unknown, unknown>([[{ key: 1 }, new Set([new Map(), undefined])]]);
  nested.set(NaN, -0).set("__proto__", new Map([[1, 2]]));
  assert.deepStrictEqual(travel(nested), nested);
  for (const pattern of [/a\/b/gi, /[\p{L}--[a-z]]/v, new RegExp(""), /\n\u{1f388}/u]) {
    assert.deepStrictEqual(travel([pattern]), [pattern]);
  }
  const url = new URL("https://user@host.example:81/a b?c=ü#d");
  const back = travel({ url }).url;
  assert.ok(back instanceof URL);
  assert.equal(back.href, url.href);
});

Deno.test("keys of any name are properties of the object and nothing more", () => {
  const hostile = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2, "toString": 3}');
  const back = travel({ hostile }).hostile;
  assert.deepStrictEqual(Object.keys(back), ["__proto__", "constructor", "toString"]);
  assert.deepStrictEqual(Object.getOwnPropertyDescriptor(back, "__proto__")?.value, {
    polluted: 1,
  });
  assert.equal(Object.getPrototypeOf(back), Object.prototype);
  assert.equal(back.polluted, undefined);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

Deno.test("getters are read, a proxy is what it shows", () => {
  const value = {
    get half() {
      return [21];
    },
  };
  assert.deepStrictEqual(travel(value), { half: [21] });
  assert.deepStrictEqual(travel(new Proxy({ a: [1] }, {})), { a: [1] });
  assert.deepStrictEqual(travel(new Proxy([1, undefined], {})), [1, undefined]);
});

Deno.test("a getter may encode something itself", () => {
  const value = {
    get inner() {
      return travel({ deep: [1, undefined] }).deep[0];
    },
    after: "x".repeat(100),
  };
  assert.deepStrictEqual(travel([value, 2]), [{ inner: 1, after: value.after }, 2]);
});

Deno.test("an encoded value is its own, whatever is encoded next or changed later", () => {
  const list = [1, 2, 3];
  const first = encode(list);
  list[0] = 9;
  encode([7, 7, 7]);
  assert.deepStrictEqual(decode(first.body), [1, 2, 3]);
  const bytes = new Uint8Array([1, 2, 3]);
  const second = encode(bytes);
  bytes[0] = 9;
  assert.deepStrictEqual(decode(second.body), new Uint8Array([1, 2, 3]));
});

Deno.test("elements of a list are decoded together, references within each kept", () => {
  const shared = { n: 1 };
  const values = [1, undefined, [shared, shared], shared, "x", new Map([[shared, shared]])];
  const { body, frames } = encodeEach(values);
  const back = decodeEach(body, frames) as [0, 0, object[], object];
  assert.deepStrictEqual(back, values);
  assert.equal(back[2][0], back[2][1]);
  assert.notEqual(back[2][0], back[3]);
  assert.deepStrictEqual(decodeEach(encodeEach([]).body), []);
  assert.throws(() => decodeEach(encode(1).body), /a list was expected/);
});

Deno.test("a huge array travels", () => {
  const numbers = Array.from({ length: 300_000 }, (_, i) => i / 2);
  assert.deepStrictEqual(travel(numbers), numbers);
  const objects = Array.from({ length: 100_000 }, (_, i) => ({ i, none: undefined }));
  assert.deepStrictEqual(travel(objects), objects);
});

Deno.test("headers come back the same", () => {
  const header = ["bundle", 1, -5, 2 ** 40, 0.5, true, null, { a: ["b"] }, new Uint8Array([1, 2])];
  assert.deepStrictEqual(decodeHeader(encodeHeader(header)), header);
  assert.deepStrictEqual(decodeHeader(new Uint8Array([0x91, 0x01])), [1]);
});

Deno.test("primitives are the values that need no copy", () => {
  for (const value of ["", 0, true, 1n, null, undefined]) assert.equal(isPrimitive(value), true);
  for (const value of [{}, [], () => 1, Symbol("s")]) assert.equal(isPrimitive(value), false);
});
