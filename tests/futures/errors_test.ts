import assert from "node:assert/strict";
import { errorForCaller, unsendableResult } from "../../futures/errors.ts";
import { rememberFailure, unseenFailures } from "../../futures/outcome.ts";
import { SerializationError } from "../../wire/errors.ts";

const forCaller = (error: unknown) => errorForCaller(error, "f", "w");

/** A function that throws, whatever it is called for. */
function thrower(): never {
  throw new Error("hands off");
}

/** An object whose every trap throws, around whatever it hides. */
function untouchable(target: object): object {
  const traps = Object.getOwnPropertyNames(Reflect).map((name) => [name, thrower]);
  return new Proxy(target, Object.fromEntries(traps));
}

/** An error with a property of its own of any kind. */
function withProperty(name: string, property: PropertyDescriptor): Error {
  return Object.defineProperty(new TypeError("odd"), name, { configurable: true, ...property });
}

const unprintable = { toString: 1, valueOf: 1, [Symbol.toPrimitive]: undefined };

Deno.test("errors: the caller gets a copy that names the task and the worker", () => {
  const error = new RangeError("no", { cause: new TypeError("why") });
  const copy = forCaller(error) as Error;
  assert.notEqual(copy, error);
  assert.ok(copy instanceof RangeError);
  assert.ok(copy.cause instanceof TypeError);
  assert.match(copy.stack!, /^RangeError: no\n[\s\S]*\n {4}in task f on worker w$/);
});

Deno.test("errors: whatever is thrown that is no error stays what it is", () => {
  const values = [undefined, null, 0, "text", { a: 1 }, [1]];
  for (const value of values) assert.deepEqual(forCaller(value), value);
});

Deno.test("errors: whatever cannot be read is an error that says so", () => {
  const { proxy, revoke } = Proxy.revocable(new Error(), {});
  revoke();
  const hostile: unknown[] = [
    ...[proxy, untouchable({}), untouchable(new Error()), untouchable(thrower), untouchable([])],
    ...[thrower, Symbol("s"), new WeakMap(), Promise.resolve()],
    { toJSON: thrower, toString: thrower },
    Object.create(null, { toString: { get: thrower, enumerable: true } }),
    Object.create(untouchable({})),
    Object.defineProperty({}, "a", { get: thrower, enumerable: true }),
    [Object.defineProperty({}, "a", { get: thrower, enumerable: true })],
  ];
  for (const [i, value] of hostile.entries()) {
    const copy = forCaller(value);
    assert.ok(copy instanceof Error, `${i}`);
    assert.match(copy.stack!, /in task f on worker w$/, `${i}`);
  }
});

Deno.test("errors: one with hostile properties is told as far as it can", () => {
  const values = [
    ...[5, "", "text", null, undefined, {}, unprintable, [], Symbol("s"), thrower, 5n],
    ...[untouchable({}), untouchable(new Error()), new Date(NaN), new Error("another")],
  ];
  const keys = ["cause", "stack", "message", "name", "errors", "error", "toString", "constructor"];
  for (const key of keys) {
    for (const enumerable of [true, false]) {
      const properties: PropertyDescriptor[] = [
        { get: thrower, enumerable },
        { get: () => new Error("another every time"), enumerable },
        ...values.map((value) => ({ value, enumerable })),
      ];
      for (const [i, property] of properties.entries()) {
        const copy = forCaller(withProperty(key, property));
        assert.ok(copy instanceof Error, `${key} ${i}`);
        // Whatever it is, it can be told at the end of the program.
        rememberFailure({ label: "f", error: copy });
        const [line] = unseenFailures();
        assert.match(line!, /^f failed and nobody looked at it/, `${key} ${i}`);
      }
    }
  }
});

Deno.test("errors: however deep they go, they arrive", () => {
  class Endless extends Error {
    override get cause() {
      return Object.assign(new Endless("deeper"), { [this.message]: 1 });
    }
  }
  assert.ok(forCaller(new Endless("top")) instanceof Error);
  const circle = new Error("circle");
  circle.cause = circle;
  const copy = forCaller(circle) as Error;
  assert.equal(copy.cause, copy);
  let deep = new Error("bottom");
  for (let i = 0; i < 10_000; i++) deep = new Error(`${i}`, { cause: deep });
  assert.equal((forCaller(deep) as Error).message, "9999");
  assert.ok(
    forCaller(new AggregateError([deep, thrower, untouchable({})], "all")) instanceof Error,
  );
});

Deno.test("errors: failures of any kind can be told at the end of the program", () => {
  const failures = [unprintable, Symbol("s"), untouchable({}), untouchable(new Error()), null];
  for (const error of failures) rememberFailure({ label: "f", error });
  const lines = unseenFailures();
  assert.ok(lines.length > 0);
  for (const line of lines) assert.match(line, /^f failed and nobody looked at it: /);
});

Deno.test("errors: a result that cannot travel names the task", () => {
  const text = unsendableResult(new SerializationError("cannot send result.a"), "f") as Error;
  assert.equal(text.message, "the result of f cannot be sent: cannot send result.a");
  const other = new RangeError("its getter threw this");
  assert.equal(unsendableResult(other, "f"), other);
});

Deno.test("errors: what called the user's function is left out, whoever went on with it", () => {
  const error = new RangeError("no");
  const ours = new URL("../../futures/reduce.ts", import.meta.url).href;
  const lines = [
    "RangeError: no",
    "    at f (file:///somewhere/prog.ts:1:2)",
    `    at fold (${ours}:89:31)`,
    "    at drainTicks (ext:core/01_core.js:427:7)",
    `    at async task.name (${ours}:59:5)`,
  ];
  error.stack = lines.join("\n");
  const copy = errorForCaller(error, "g", "w") as Error;
  assert.equal(copy.stack, [...lines.slice(0, 2), "    in task g on worker w"].join("\n"));
});
