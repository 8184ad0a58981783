// What a value has beside its elements: it arrives whole, or is refused with its path.

import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import { clone, decode, encode, encodeEach } from "../../wire/codec.ts";

function travel<T>(value: T): T {
  const { body, frames } = encode(value);
  return decode(body, frames) as T;
}

/** Both ways in which a value reaches a task. */
const ways = [travel, clone];

/** An object of each kind, anew. */
const kinds: Record<string, () => object> = {
  "an array": () => [1, 2, 3],
  "an empty array": () => [],
  "a long array": () => Array.from({ length: 2000 }, (_, i) => i),
  "an array of odd values": () => [undefined, -0, [1], "\ud800"],
  "an array with holes": () => [, 1, , 2, ,],
  "a Map": () => new Map<unknown, unknown>([[1, [2]], ["k", undefined]]),
  "a Set": () => new Set([1, undefined]),
  "a Date": () => new Date(5),
  "an invalid Date": () => new Date(NaN),
  "a RegExp": () => /a/g,
  "a URL": () => new URL("http://host.example/"),
  "an ArrayBuffer": () => new ArrayBuffer(3),
  "a DataView": () => new DataView(new ArrayBuffer(3)),
  "bytes": () => new Uint8Array([1, 2]),
  "many bytes": () => new Uint8Array(1000).fill(3),
  "bytes for a frame": () => new Uint8Array(100_000).fill(3),
  "a typed array": () => new Float64Array([1, NaN]),
  "a long typed array": () => new Float32Array(50_000).fill(3),
  "an error": () => new TypeError("x"),
  "an object without a prototype": () => Object.assign(Object.create(null), { a: 1 }),
};

Deno.test("own properties travel with objects of every kind", () => {
  for (const [kind, make] of Object.entries(kinds)) {
    for (const way of ways) {
      const list: number[] = [];
      const extra = { fitness: 7, deep: { list }, "\ud800": undefined, list };
      const value = Object.assign(make(), extra) as typeof extra;
      const back = way(value);
      assert.deepStrictEqual(back, value, kind);
      assert.equal(back.deep.list, back.list, kind);
      assert.deepStrictEqual(Object.keys(back), Object.keys(value), kind);
      // Where it stands within others, and twice.
      const [one, two] = way([value, value]);
      assert.deepStrictEqual(one, value, kind);
      assert.equal(one, two, kind);
      assert.deepStrictEqual(way({ inside: new Map([[1, value]]) }).inside.get(1), value, kind);
    }
  }
});

Deno.test("and without any they are as they were", () => {
  for (const [kind, make] of Object.entries(kinds)) {
    for (const way of ways) {
      assert.deepStrictEqual(way(make()), make(), kind);
      assert.deepStrictEqual(Object.keys(way(make())), Object.keys(make()), kind);
      assert.deepStrictEqual(Reflect.ownKeys(way(make())), Reflect.ownKeys(make()), kind);
    }
  }
});

Deno.test("an object may be a property of itself", () => {
  for (const [kind, make] of Object.entries(kinds)) {
    const value = Object.assign(make(), { self: [] as unknown[] });
    value.self.push(value);
    const back = travel(value);
    assert.equal(back.self[0], back, kind);
  }
});

Deno.test("properties and holes of a list's elements stay with them", () => {
  const values = [Object.assign([1], { a: 1 }), [, 2], Object.create(null), [1]];
  assert.deepStrictEqual(decode(encodeEach(values).body), values);
});

Deno.test("what is not enumerable travels so", () => {
  const makers = [() => ({ a: 1 }), () => new Map(), () => new Date(5), () => new Error("x")];
  for (const make of makers) {
    const value = Object.defineProperty(make(), "secret", { value: [5] });
    for (const way of ways) {
      const back = way(value);
      const { value: secret, enumerable } = Object.getOwnPropertyDescriptor(back, "secret")!;
      assert.deepStrictEqual([secret, enumerable], [[5], false]);
      assert.deepStrictEqual(back, value);
    }
  }
});

Deno.test("a match of a RegExp arrives as it is, and a RegExp goes on where it was", () => {
  const match = "a1b22".match(/(?<letter>b)(\d+)/)!;
  const back = travel(match);
  assert.deepStrictEqual(back, match);
  assert.deepStrictEqual([back.index, back.groups!.letter], [2, "b"]);
  const digits = /\d/g;
  digits.test("a1b22");
  assert.equal(travel(digits).lastIndex, 2);
  assert.equal(travel(/\d/g).lastIndex, 0);
});

Deno.test("holes stay holes", () => {
  const array = fc.sparseArray(fc.oneof(fc.integer(), fc.constant(undefined), fc.constant([])), {
    maxNumElements: 20,
  });
  fc.assert(fc.property(array, (list) => {
    for (const way of ways) {
      const back = way(list);
      assert.deepStrictEqual(back, list);
      assert.deepStrictEqual(Object.keys(back), Object.keys(list));
    }
  }));
});

Deno.test("an array of nearly nothing but holes takes as much as it has", () => {
  const list = new Array(4_000_000_000);
  list[7] = "x";
  list[3_999_999_998] = undefined;
  const { body } = encode([list]);
  assert.ok(body.length < 50, `${body.length} bytes`);
  const [back] = decode(body) as [unknown[]];
  assert.deepStrictEqual([back.length, Object.keys(back)], [4_000_000_000, ["7", "3999999998"]]);
  assert.equal(travel(new Array(10_000_000)).length, 10_000_000);
});

Deno.test("an object without a prototype has none on the other side", () => {
  const groups = Object.groupBy([1, 2, 3], (x) => x % 2 === 0 ? "even" : "odd");
  assert.equal(Object.getPrototypeOf(travel(groups)), null);
  assert.deepStrictEqual(travel(groups), groups);
  const keys = Object.assign(Object.create(null), JSON.parse('{"__proto__": 1, "a": [2]}'));
  assert.deepStrictEqual(travel(keys), keys);
});

Deno.test("a symbol as a key is refused with the path of the object that has it", () => {
  for (const [kind, make] of Object.entries(kinds)) {
    const value = Object.assign(make(), { [Symbol("s")]: 1 });
    for (const way of ways) {
      assert.throws(() => way({ at: [value] }), {
        name: "SerializationError",
        message: "cannot send value.at[0]: it has a property with the key Symbol(s) " +
          "(use a string for its key)",
      }, kind);
    }
  }
  assert.throws(() => travel({ a: { [Symbol.for("x")]: 1 } }), /value\.a: .*Symbol\(x\)/);
});

Deno.test("the path names properties and elements behind them", () => {
  const bad = () => 1;
  const paths: [value: unknown, path: string][] = [
    [Object.assign([1, 2], { p: { bad } }), ".p.bad"],
    [Object.assign([1, bad], { p: 1 }), "[1]"],
    [Object.assign([1, , bad], { p: 1 }), "[2]"],
    [[, , [bad]], "[2][0]"],
    [Object.assign(new Map([["k", bad]]), { p: 1, q: 2 }), '.get("k")'],
    [Object.assign(new Set([1, bad]), { p: 1 }), ".values()[1]"],
    [Object.assign(new Date(), { p: 1, q: bad }), ".q"],
    [Object.assign(new Uint8Array(1000), { p: bad }), ".p"],
    [Object.assign(Object.create(null), { p: bad }), ".p"],
    [Object.defineProperty({ a: 1, b: [bad] }, "h", { value: 1 }), ".b[0]"],
    [Object.defineProperty({ a: 1 }, "h", { value: bad }), ".h"],
  ];
  for (const [value, path] of paths) {
    assert.throws(
      () => travel(value),
      ({ message }) => message.startsWith(`cannot send value${path}: it is a function`),
      path,
    );
  }
});

Deno.test("objects of primitives are refused", () => {
  for (const value of [Object(1), Object("x"), Object(true), Object(1n)]) {
    assert.throws(() => travel([value]), /cannot send value\[0\]: it is an object of class/);
  }
});

Deno.test("errors of Deno's own travel in spite of the symbols in them", () => {
  try {
    Deno.readFileSync("/there is no such file");
    assert.fail();
  } catch (error) {
    const back = travel(error) as Error & { code: string };
    assert.ok(back instanceof Deno.errors.NotFound);
    assert.equal(back.code, "ENOENT");
  }
});
