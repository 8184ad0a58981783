import assert from "node:assert/strict";
import { shownInputs } from "../../telemetry/shown_inputs.ts";
import fc from "../fast_check.ts";

class Point {
  constructor(readonly x: number, readonly y: number) {}
  get norm(): number {
    throw new Error("nobody is to compute this");
  }
}

Deno.test("shown inputs: what they are, and their beginning", () => {
  const shown: [unknown, string][] = [
    [1, "1"],
    [-0, "-0"],
    [12n, "12n"],
    ["a\nb", '"a\\nb"'],
    ["x".repeat(50), `"${"x".repeat(40)}"…`],
    [null, "null"],
    [undefined, "undefined"],
    [[1, 2, 3], "[ 1, 2, 3 ]"],
    [[1, 2, 3, 4, 5, 6, 7, 8], "[ 1, 2, 3, 4, 5, 6, … ]"],
    [[], "[]"],
    [{ a: 1, b: { c: [2] } }, "{ a: 1, b: { c: … } }"],
    [{ a: { b: { c: 1 } } }, "{ a: { b: {…} } }"],
    [new Point(1, 2), "Point { x: 1, y: 2 }"],
    [new Map([["a", 1]]), 'Map(1) { "a" => 1 }'],
    [new Set([1]), "Set(1) { 1 }"],
    [new Float64Array(1000), "Float64Array(1000)"],
    [new Date(0), "1970-01-01T00:00:00.000Z"],
    [new Date(NaN), "no date"],
    [/a+/, "/a+/"],
    [new RangeError("no"), 'RangeError "no"'],
    [() => 1, "a function"],
    [Object.create(null), "{}"],
  ];
  for (const [value, text] of shown) assert.equal(shownInputs([value]), text);
  assert.equal(shownInputs([1, "a", [2]]), '1, "a", [ 2 ]');
  assert.equal(shownInputs([1, 2, 3, 4, 5, 6, 7]), "1, 2, 3, 4, 5, 6, …");
  assert.equal(shownInputs([]), "");
});

Deno.test("shown inputs: what throws when it is looked at is shown as that", () => {
  const throws = () => {
    throw new Error("do not look");
  };
  const traps = { get: throws, getPrototypeOf: throws, ownKeys: throws, has: throws };
  const hostile = new Proxy({}, { ...traps, getOwnPropertyDescriptor: throws });
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  for (const value of [hostile, proxy, [hostile], { a: proxy }, new Map([[hostile, 1]])]) {
    assert.equal(shownInputs([1, value]), "?");
  }
});

Deno.test("shown inputs: no code of a value's runs", () => {
  let ran = 0;
  const counts = () => ++ran;
  const value = {
    get a() {
      return counts();
    },
    toString: counts,
    toJSON: counts,
    [Symbol.toPrimitive]: counts,
    [Symbol.for("Deno.customInspect")]: counts,
    [Symbol.for("nodejs.util.inspect.custom")]: counts,
  };
  assert.equal(shownInputs([value]), "{ a: undefined, toString: a function, toJSON: a function }");
  assert.equal(ran, 0);
});

Deno.test("shown inputs: however large something is, its beginning is enough", () => {
  const many = Array.from({ length: 100_000 }, (_, i) => i);
  const values = [
    "x".repeat(1e8),
    2n ** 1_000_000n,
    many,
    new Map(many.map((i) => [i, i])),
    new Set(many),
    Object.fromEntries(many.map((i) => [`key ${i}`, i])),
    new Array(6).fill({ a: "y".repeat(1e6), b: many, c: { d: many } }),
  ];
  for (const value of values) {
    const text = shownInputs([value]);
    assert.ok(text.length < 3000, `${text.length} characters`);
  }
});

Deno.test("shown inputs: anything gives a text in one line", () => {
  const anything = fc.anything({
    ...{ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true },
    ...{ withObjectString: true, withNullPrototype: true, withSparseArray: true },
  });
  fc.assert(fc.property(fc.array(anything), (args) => {
    assert.doesNotMatch(shownInputs(args), /[\n\r]/);
  }));
});
