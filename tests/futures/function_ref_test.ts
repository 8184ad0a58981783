import assert from "node:assert/strict";
import {
  describeFunction,
  functionLabel,
  indexExports,
  refKey,
  setProgram,
} from "../../futures/function_ref.ts";
import type { FunctionRef } from "../../futures/function_ref.ts";
import { functionHash, task } from "../../futures/registry.ts";
import { UnknownFunctionError } from "../../wire/errors.ts";
import minusOne, { Angle, counted, shapes, tenfold, wrapped } from "./fixtures/functions_lib.ts";
import { recounted } from "./fixtures/functions_reexport.ts";

const factor = 3;

export function exported(x: number): number {
  return x * factor;
}

function refused(fn: unknown, message: RegExp): void {
  // deno-lint-ignore ban-types
  assert.throws(() => describeFunction(fn as Function), (error: Error) => {
    assert.ok(error instanceof UnknownFunctionError);
    assert.match(error.message, message);
    return true;
  });
}

Deno.test("describe: this module is the program when nobody says otherwise", async () => {
  await new Promise((resolve) => setTimeout(resolve));
  const hash = functionHash(exported);
  const ref: FunctionRef = { kind: "export", module: "", name: "exported", hash };
  assert.deepEqual(describeFunction(exported), ref);
  assert.equal(describeFunction(exported), describeFunction(exported), "remembered");
});

Deno.test("describe: exports of other modules, read from their text and by identity", async () => {
  const lib = { kind: "export", module: "./fixtures/functions_lib.ts" };
  const read = describeFunction(counted);
  assert.deepEqual(read, { ...lib, name: "counted", hash: functionHash(counted) });
  setProgram({
    main: import.meta.url,
    modules: ["functions_lib.ts", "functions_reexport.ts"]
      .map((name) => new URL(`fixtures/${name}`, import.meta.url).href),
  });
  await indexExports();
  assert.deepEqual(describeFunction(tenfold), {
    ...lib,
    name: "tenfold",
    hash: functionHash(tenfold),
  });
  assert.deepEqual(describeFunction(recounted), read);
  const name = (fn: (...args: never[]) => unknown) => {
    const ref = describeFunction(fn);
    assert.equal((ref as { module?: string }).module, lib.module);
    return ref.name;
  };
  assert.equal(name(minusOne), "default");
  assert.equal(name(wrapped), "wrapped");
  assert.equal(name(shapes.area), "shapes.area");
  assert.equal(name(Angle.double), "Angle.double");
});

Deno.test("describe: what is registered goes by its registered name", () => {
  const scaled = task((x: number) => x * factor, { name: "scaled" });
  assert.deepEqual(describeFunction(scaled), {
    kind: "task",
    name: "scaled",
    hash: functionHash(scaled),
  });
  const bound = task(exported.bind(null), { name: "bound exported" });
  assert.equal(describeFunction(bound).kind, "task");
});

Deno.test("describe: built-in functions", () => {
  const names: [fn: unknown, name: string][] = [
    [Math.hypot, "Math.hypot"],
    [String, "String"],
    [JSON.parse, "JSON.parse"],
    [Number.isInteger, "Number.isInteger"],
    [Number.parseFloat, "parseFloat"],
    [Array.from, "Array.from"],
    [Deno.readTextFile, "Deno.readTextFile"],
    [structuredClone, "structuredClone"],
    [atob, "atob"],
    [fetch, "fetch"],
  ];
  for (const [fn, name] of names) {
    // deno-lint-ignore ban-types
    assert.deepEqual(describeFunction(fn as Function), { kind: "builtin", name });
  }
});

Deno.test("describe: what needs nothing but globals goes as source", () => {
  const double = (x: number) => x * 2;
  assert.deepEqual(describeFunction(double), {
    kind: "source",
    name: "double",
    source: "(x)=>x * 2",
  });
  assert.equal(describeFunction((x: number) => x * 2).name, "");
  const inLoop = [1, 2].map(() => describeFunction((x: number) => Math.abs(x)));
  assert.equal(refKey(inLoop[0]!), refKey(inLoop[1]!));
});

Deno.test("describe: a variable is captured all the same when it has a global's name", () => {
  const adder = (performance: number) => (x: number) => x + performance;
  const told = (fetch: string) => () => fetch;
  for (const fn of [adder(1), adder(2), told("a"), told("b")]) {
    const name = fn.length === 1 ? "performance" : "fetch";
    assert.throws(() => describeFunction(fn), {
      message: new RegExp(`uses the variable "${name}`),
    });
  }
  assert.equal(describeFunction(() => performance.now() + fetch.length).kind, "source");
});

Deno.test("describe: errors name what is captured and the ways out", () => {
  const offset = 4;
  const scale = (x: number) => x * factor;
  const message = 'cannot send the function "scale": it uses the variable "factor" of its ' +
    "surroundings. Export it from a module, pass what it needs as arguments, or register it with " +
    "task().";
  assert.throws(() => describeFunction(scale), { name: "UnknownFunctionError", message });
  refused((x: number) => x * factor + offset, /an anonymous function.*"factor" and "offset"/);
  // An export of the same name is another function.
  const nested = { exported: (x: number) => x + offset };
  refused(nested.exported, /function "exported".*"offset"/);
  // A property of a name of its surroundings does not call itself.
  const other = { counted: (x: number): number => counted(x) };
  refused(other.counted, /the variable "counted"/);
  const fact = (n: number): number => n < 2 ? 1 : n * fact(n - 1);
  assert.equal(describeFunction(fact).kind, "source");
});

Deno.test("describe: classes, bound, native and this are refused with a reason", () => {
  class Thing {
    value = 1;
    read() {
      return this.value;
    }
  }
  refused(Thing, /^cannot send the class "Thing": a class is not called as a task/);
  refused(URL, /a class is not called/);
  refused(Angle, /a class is not called/);
  refused(exported.bind(null), /"bound exported": it was made with bind\(\)/);
  refused([].push, /"push": it is native code/);
  refused(Function, /native code/);
  // deno-lint-ignore no-eval
  refused(eval, /native code/);
  refused(new Thing().read, /"read": it uses "this", which does not travel/);
});

Deno.test("labels and keys", () => {
  assert.equal(functionLabel(exported), "exported");
  assert.equal(functionLabel({ kind: "builtin", name: "Math.hypot" }), "Math.hypot");
  assert.equal(functionLabel(() => {}), "(anonymous)");
  const refs: FunctionRef[] = [
    { kind: "task", name: "a", hash: "1" },
    { kind: "task", name: "a", hash: "2" },
    { kind: "export", module: "", name: "a", hash: "1" },
    { kind: "export", module: "./a.ts", name: "a", hash: "1" },
    { kind: "builtin", name: "a" },
    { kind: "source", name: "a", source: "() => 1" },
    { kind: "source", name: "a", source: "() => 2" },
    { kind: "source", name: "b", source: "() => 2" },
    { kind: "unheard of", name: "a" } as never,
  ];
  assert.equal(new Set(refs.map(refKey)).size, refs.length);
  assert.ok(refKey({ kind: "source", name: "a", source: "x".repeat(1e5) }).length < 40);
});

Deno.test("describe: the name of every built-in function leads to it", () => {
  let found = 0;
  for (const key of Object.getOwnPropertyNames(globalThis)) {
    const value = Object.getOwnPropertyDescriptor(globalThis, key)!.value;
    if (Object(value) !== value) continue;
    const inner = Object.values(Object.getOwnPropertyDescriptors(value)).map((one) => one.value);
    for (const fn of [value, ...inner]) {
      if (typeof fn !== "function") continue;
      let ref: FunctionRef;
      try {
        ref = describeFunction(fn);
      } catch {
        continue;
      }
      if (ref.kind !== "builtin") continue;
      found++;
      assert.ok(ref.name.split(".").length <= 2, ref.name);
      const there = ref.name.split(".").reduce(
        // deno-lint-ignore no-explicit-any
        (holder: any, name) => Object.getOwnPropertyDescriptor(holder, name)?.value,
        globalThis,
      );
      assert.equal(there, fn, ref.name);
      assert.ok(!/\b(eval|Function|constructor)\b/.test(ref.name), ref.name);
    }
  }
  assert.ok(found > 100, `${found}`);
});
