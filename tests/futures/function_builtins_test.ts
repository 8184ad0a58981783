// deno-lint-ignore-file no-explicit-any
import assert from "node:assert/strict";
import { builtinNamed, nameOfBuiltin } from "../../futures/builtins.ts";
import { lookup } from "../../futures/function_lookup.ts";

Deno.test("builtins: named by their path, and found by it", () => {
  const builtins: [fn: any, name: string][] = [
    [Math.hypot, "Math.hypot"],
    [JSON.parse, "JSON.parse"],
    [String, "String"],
    [Array.from, "Array.from"],
    [parseInt, "parseInt"],
    [structuredClone, "structuredClone"],
    [fetch, "fetch"],
    [atob, "atob"],
    [setTimeout, "setTimeout"],
    [Deno.readTextFile, "Deno.readTextFile"],
  ];
  for (const [fn, name] of builtins) {
    assert.equal(nameOfBuiltin(fn), name);
    assert.equal(builtinNamed(name), fn);
  }
});

Deno.test("builtins: every name that is given out is found again", () => {
  const holders = Object.getOwnPropertyNames(globalThis).flatMap((name) => {
    const { value } = Object.getOwnPropertyDescriptor(globalThis, name)!;
    if (typeof value !== "function" && (typeof value !== "object" || value === null)) return [];
    return [value, ...Object.values(Object.getOwnPropertyDescriptors(value)).map((p) => p.value)];
  });
  const functions = new Set(holders.filter((value) => typeof value === "function"));
  assert.ok(functions.size > 200, `${functions.size}`);
  for (const fn of functions) {
    const name = nameOfBuiltin(fn);
    if (name !== undefined) assert.equal(builtinNamed(name), fn, name);
  }
});

Deno.test("builtins: a program's own functions are none", () => {
  const own = {
    hypot: () => 1,
    atob: (text: string) => text,
    process: () => 1,
  };
  for (const fn of [...Object.values(own), () => 1, class String {}]) {
    assert.equal(nameOfBuiltin(fn as any), undefined);
  }
});

Deno.test("builtins: nothing makes code out of text, under whatever name", async () => {
  for (const fn of [eval, Function] as any[]) assert.equal(nameOfBuiltin(fn), undefined);
  const paths = [
    ...["eval", "Function", "globalThis.eval", "global.eval", "self.Function"],
    ...["Function.prototype.constructor", "Math.max.constructor", "Object.prototype.constructor"],
    ...[
      "constructor",
      "constructor.constructor",
      "Array.constructor",
      "String.prototype.constructor",
    ],
    ...[
      "__proto__",
      "Object.prototype.__proto__",
      "Object.__proto__",
      "Math.__proto__.constructor",
    ],
    ...["Math", "Math.PI", "Math.PI.toFixed", "nothing", "Math.nothing", "Math..hypot", "", "."],
    ...["localStorage", "localStorage.getItem", "toString", "hasOwnProperty"],
  ];
  for (const path of paths) {
    assert.equal(builtinNamed(path), undefined, path);
    await assert.rejects(async () => await lookup({ kind: "builtin", name: path }), {
      name: "UnknownFunctionError",
      message: `this worker's version of Deno has no ${path}`,
    });
  }
});
