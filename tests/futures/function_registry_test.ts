import assert from "node:assert/strict";
import { globalState, PROTOCOL } from "../../futures/global_state.ts";
import { functionHash, registrationsNamed, task, taskOptions } from "../../futures/registry.ts";
import { ProtocolError } from "../../wire/errors.ts";

Deno.test("task: returns the function itself and keeps its options", () => {
  const square = (x: number) => x * x;
  assert.equal(task(square, { retries: 2, timeout: 50, idempotent: false }), square);
  assert.deepEqual(taskOptions(square), { retries: 2, timeout: 50, idempotent: false });
  assert.equal(registrationsNamed("square")[0]!.fn, square);
  assert.equal(taskOptions(() => 1), undefined);
});

Deno.test("task: the same function may be registered again with the same options only", () => {
  const again = task((x: number) => x, { name: "again", retries: 1 });
  assert.equal(task(again, { name: "again", retries: 1 }), again);
  assert.throws(() => task(again, { name: "again", retries: 2 }), {
    name: "TypeError",
    message: 'task(): "again" is registered already, with other options',
  });
  assert.throws(() => task(again, { name: "another name", retries: 1 }), TypeError);
});

Deno.test("task: a name belongs to one function", () => {
  const conflict = { name: "TypeError", message: /"taken".*name of its own: \{ name: "…" \}/ };
  task((x: number) => x + 1, { name: "taken" });
  assert.throws(() => task((x: number) => x + 2, { name: "taken" }), conflict);
  // Closures of one factory have one source, and are two functions.
  const adder = (n: number) => (x: number) => x + n;
  task(adder(1), { name: "adder" });
  assert.throws(() => task(adder(2), { name: "adder" }), /another function is registered/);
});

Deno.test("task: two copies of this library may register its own functions", () => {
  const make = () => (x: number) => x;
  const first = task(make(), { name: "@scoop/test" });
  task(make(), { name: "@scoop/test" });
  const newer = task((x: number) => x + 0, { name: "@scoop/test" });
  assert.deepEqual(registrationsNamed("@scoop/test").map(({ fn }) => fn), [first, newer]);
});

Deno.test("task: says what is wrong with its options", () => {
  // deno-lint-ignore no-explicit-any
  const tasked = (options: any, fn: any = function named() {}) => () => task(fn, options);
  const nameless = () => task((() => (x: number) => x + 1)());
  nameless();
  assert.throws(nameless, { name: "TypeError", message: /anonymous-.*give this one a name/ });
  assert.throws(tasked({}, 5), {
    name: "TypeError",
    message: "task() needs a function, got number",
  });
  assert.throws(tasked(null), { name: "TypeError", message: /options must be an object/ });
  assert.throws(tasked({ retry: 1 }), {
    name: "TypeError",
    message: /no option is called "retry"/,
  });
  assert.throws(tasked({ retries: "1" }), {
    name: "TypeError",
    message: /retries must be a number/,
  });
  assert.throws(tasked({ retries: -1 }), { name: "RangeError", message: /retries/ });
  assert.throws(tasked({ retries: 1.5 }), { name: "RangeError", message: /retries/ });
  assert.throws(tasked({ timeout: 0 }), { name: "RangeError", message: /timeout must be above 0/ });
  assert.throws(tasked({ timeout: NaN }), { name: "RangeError", message: /timeout/ });
  assert.throws(tasked({ idempotent: 1 }), { name: "TypeError", message: /idempotent/ });
  assert.throws(tasked({ name: "" }), { name: "RangeError", message: /name must be a text/ });
  assert.equal(registrationsNamed("named").length, 0, "nothing was registered by any of these");
});

Deno.test("functionHash: depends on the source and not on a toString of its own", () => {
  const fn = Object.assign((x: number) => x, { toString: () => "forged" });
  assert.match(functionHash(fn), /^[0-9a-f]{16}$/);
  assert.equal(functionHash(fn), functionHash((x: number) => x));
  assert.notEqual(functionHash(fn), functionHash((x: number) => x + 1));
});

Deno.test("globalState: made once, and refused to a copy with another protocol", () => {
  const first = globalState("test", () => ({ made: 1 }));
  assert.equal(globalState("test", () => ({ made: 2 })), first);
  const home = Reflect.get(globalThis, Symbol.for("@scoop/futures"));
  assert.equal(home.protocol, PROTOCOL);
  home.protocol = PROTOCOL + 1;
  try {
    assert.throws(() => globalState("test", () => 0), ProtocolError);
  } finally {
    home.protocol = PROTOCOL;
  }
});
