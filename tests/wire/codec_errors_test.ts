// Errors as values; and the errors for values that cannot travel.

import assert from "node:assert/strict";
import { decode, encode, encodeEach } from "../../wire/codec.ts";
import * as ours from "../../wire/errors.ts";

function travel<T>(value: T): T {
  const { body, frames } = encode(value);
  return decode(body, frames) as T;
}

Deno.test("standard errors keep class, name, message, stack and cause", () => {
  const classes = [
    Error,
    TypeError,
    RangeError,
    SyntaxError,
    ReferenceError,
    EvalError,
    URIError,
    Deno.errors.NotFound,
    Deno.errors.NotCapable,
    ...Object.values(ours),
  ];
  for (const known of classes) {
    const error = new known("it broke", { cause: { code: 5n } });
    const back = travel([error])[0]!;
    assert.equal(back.constructor, known);
    assert.ok(Error.isError(back));
    assert.equal(back.name, error.name);
    assert.equal(back.message, "it broke");
    assert.equal(back.stack, error.stack);
    assert.deepStrictEqual(back.cause, { code: 5n });
    assert.deepStrictEqual(Object.keys(back), Object.keys(error));
    for (const key of ["message", "stack", "cause"]) {
      assert.equal(Object.getOwnPropertyDescriptor(back, key)?.enumerable, false);
    }
  }
});

Deno.test("an error has no message, cause or properties that it did not have", () => {
  const back = travel(new TypeError());
  assert.equal(Object.hasOwn(back, "message"), false);
  assert.equal(Object.hasOwn(back, "cause"), false);
  assert.equal(Object.hasOwn(travel(new Error("x", { cause: undefined })), "cause"), true);
});

Deno.test("AggregateError and SuppressedError keep what they hold", () => {
  const error = new AggregateError([new TypeError("a"), 5, undefined], "many");
  const back = travel(error);
  assert.equal(back.constructor, AggregateError);
  assert.equal(back.message, "many");
  assert.ok(back.errors[0] instanceof TypeError);
  assert.deepStrictEqual(back.errors.slice(1), [5, undefined]);
  const suppressed = travel(new SuppressedError(new Error("new"), "old", "both"));
  assert.equal(suppressed.constructor, SuppressedError);
  assert.equal(suppressed.error.message, "new");
  assert.equal(suppressed.suppressed, "old");
});

Deno.test("a DOMException keeps its name and code", () => {
  const back = travel(new DOMException("stop", "AbortError"));
  assert.ok(back instanceof DOMException);
  assert.deepStrictEqual([back.name, back.message, back.code], ["AbortError", "stop", 20]);
});

Deno.test("an error of an unknown class is the nearest known one, with its name", () => {
  class NamedError extends Error {
    override name = "NamedError";
    code = 42;
  }
  class PrototypeNamed extends RangeError {}
  Object.defineProperty(PrototypeNamed.prototype, "name", { value: "PrototypeNamed" });
  const named = travel(new NamedError("x"));
  assert.equal(named.constructor, Error);
  assert.equal(named.name, "NamedError");
  assert.equal(named.code, 42);
  const other = travel(new PrototypeNamed("y"));
  assert.equal(other.constructor, RangeError);
  assert.equal(other.name, "PrototypeNamed");
  assert.deepStrictEqual(Object.keys(other), []);
});

Deno.test("an error's own properties travel, shared objects and cycles included", () => {
  const error = Object.assign(new Error("x"), { data: new Map([[1, { deep: [1] }]]), self: 0 });
  (error as { self: unknown }).self = error;
  error.cause = error.data;
  const back = travel(error);
  assert.equal(back.self, back);
  assert.equal(back.cause, back.data);
  assert.deepStrictEqual(back.data, error.data);
  const odd = new Error("\ud800");
  Object.defineProperty(odd, "__proto__", { value: 1, enumerable: true });
  const oddBack = travel(odd);
  assert.equal(oddBack.message, "\ud800");
  assert.ok(oddBack instanceof Error);
  assert.equal(Object.getOwnPropertyDescriptor(oddBack, "__proto__")?.value, 1);
});

class Point {
  x = 1;
}
class Hidden extends Array {}

const refused: [value: unknown, kind: RegExp][] = [
  [() => 1, /it is a function/],
  [function named() {}, /it is a function called named \(export it/],
  [class Thing {}, /it is a function called Thing/],
  [Symbol("s"), /it is a symbol, Symbol\(s\)/],
  [new Point(), /it is an instance of class Point/],
  [new Hidden(), /it is an instance of class Hidden/],
  [new (class extends Map {})(), /it is an instance of class/],
  [Object.create(new Point()), /it is an instance of class Point/],
  [Promise.resolve(), /it is a promise \(await it first\)/],
  [new WeakMap(), /WeakMap/],
  [new WeakRef({}), /WeakRef/],
  [new Response("x"), /Response/],
  [new ReadableStream(), /ReadableStream/],
  [new Headers(), /Headers/],
  [new SharedArrayBuffer(1), /SharedArrayBuffer/],
  [Object(1), /Number/],
  [(function* () {})(), /Generator/],
  [globalThis, /Window/],
];

Deno.test("what cannot travel is refused wherever it stands, and named", () => {
  for (const [value, kind] of refused) {
    const places: [unknown, string][] = [
      [value, "args"],
      [[1, value], "args[1]"],
      [{ user: { onSave: value } }, "args.user.onSave"],
      [{ "two words": [value] }, 'args["two words"][0]'],
      [new Map([["k", value]]), 'args.get("k")'],
      [new Map([[{}, value]]), "args.values()[0]"],
      [new Map([[1, 1], [value, 1]] as [unknown, unknown][]), "args.keys()[1]"],
      [new Set([1, value]), "args.values()[1]"],
      [new Error("x", { cause: { value } }), "args.cause.value"],
      [Object.assign(new Error("x"), { extra: value }), "args.extra"],
      [JSON.parse('{"__proto__": 1}', (key, old) => key === "" ? { ...old, v: value } : old), ""],
    ];
    for (const [holder, path] of places) {
      assert.throws(() => encode(holder, "args"), (error) => {
        assert.ok(error instanceof ours.SerializationError);
        assert.ok(error.message.startsWith(`cannot send ${path}`), error.message);
        assert.match(error.message, kind);
        return true;
      });
    }
  }
});

Deno.test("the keys of an object with an unusual key are named rightly", () => {
  const holder = JSON.parse('{"__proto__": 1, "a": [0], "b": 2}');
  holder.a.push(() => 1);
  assert.throws(() => encode(holder, "args"), /cannot send args\.a\[1\]: it is a function/);
});

Deno.test("elements of a list are named by the caller", () => {
  const values = [1, [2, { f: () => 1 }]];
  assert.throws(() => encodeEach(values, (i) => `call ${i}: args`), /send call 1: args\[1\]\.f: /);
  assert.throws(() => encodeEach(values), /cannot send \[1\]\[1\]\.f: /);
});

Deno.test("a long path is shortened", () => {
  let value: unknown = () => 1;
  for (let i = 0; i < 5000; i++) value = [value];
  assert.throws(() => encode(value, "args"), (error) => {
    const { message } = error as Error;
    assert.match(message, /^cannot send args\[0\]\[0\].*…\(4976 levels\)….*it is a function/);
    assert.ok(message.length < 400);
    return true;
  });
});

Deno.test("what throws while it is read is named, with the reason as the cause", () => {
  const boom = new Error("boom");
  const value = {
    user: {
      get name() {
        throw boom;
      },
    },
  };
  const proxied = new Proxy(new Map(), {});
  assert.throws(() => encode(value, "args"), (error) => {
    assert.ok(error instanceof ours.SerializationError);
    assert.match(error.message, /cannot send args\.user: reading it failed: boom/);
    assert.equal(error.cause, boom);
    return true;
  });
  assert.throws(() => encode({ proxied }, "args"), /cannot send args\.proxied: reading it failed/);
  assert.deepStrictEqual(travel([1, { a: undefined }]), [1, { a: undefined }]);
});

Deno.test("an overflow of the stack while encoding leaves nothing behind", () => {
  const value = { list: [[[[1]]], undefined] };
  const dive = (): unknown => [encode(value), encode([[[[1]]]]), dive()];
  assert.throws(dive);
  assert.deepStrictEqual(travel([value, value.list]), [value, value.list]);
  assert.deepStrictEqual(travel([[[[1]]]]), [[[[1]]]]);
});
