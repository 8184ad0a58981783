// deno-lint-ignore-file no-explicit-any no-this-alias
import assert from "node:assert/strict";
import { analyzeSource } from "../../futures/function_source.ts";
import fc from "../fast_check.ts";

/** The function again, made of what the analysis would send. */
function again(fn: (...args: any[]) => unknown): (...args: any[]) => any {
  const { source, captured, obstacle } = analyzeSource(fn);
  assert.deepEqual(captured, []);
  assert.equal(obstacle, "");
  return new Function(`"use strict"; return ${source};`)();
}

const outside = 3;
let counter = 0;
function helper(x: number): number {
  return x + counter;
}

Deno.test("function source: functions that stand alone do the same elsewhere", async () => {
  const fib = (n: number): number => n < 2 ? n : fib(n - 1) + fib(n - 2);
  function factorial(n: number): number {
    return n < 2 ? 1 : n * factorial(n - 1);
  }
  class Shape {
    static area(side: number) {
      return side ** 2;
    }
  }
  const methods = {
    double(x: number) {
      return x * 2;
    },
    "add one"(x: number) {
      return x + 1;
    },
    7(x: number) {
      return x + 7;
    },
    async *count(n: number) {
      for (let i = 0; i < n; i++) yield i;
    },
  };
  assert.equal(again((x: number) => x * 2)(21), 42);
  assert.equal(again(fib)(10), 55);
  assert.equal(again(factorial)(5), 120);
  assert.equal(again(Shape.area)(3), 9);
  assert.equal(again(methods.double)(4), 8);
  assert.equal(again(methods["add one"])(4), 5);
  assert.equal(again(methods[7])(4), 11);
  assert.deepEqual(await Array.fromAsync(again(methods.count)(3)), [0, 1, 2]);
  assert.equal(await again(async (x: number) => await Promise.resolve(x))(1), 1);
  assert.deepEqual(again(({ a, b: [c] = [2] }: any, ...rest: any[]) => [a, c, rest])({ a: 1 }, 3), [
    1,
    2,
    [3],
  ]);
  assert.equal(again((n: number) => [...Array(n).keys()].map((x) => Math.sqrt(x)).length)(3), 3);
});

Deno.test("function source: a method that was renamed is still that method", () => {
  const holder = {
    before(x: number) {
      return x;
    },
  };
  Object.defineProperty(holder.before, "name", { value: "after" });
  assert.equal(again(holder.before)(5), 5);
});

Deno.test("function source: what stays within a function is not captured", () => {
  const inner = function (this: unknown, list: number[]) {
    const local = 1;
    class Box {
      value = this;
      get() {
        return this.value;
      }
    }
    rows: for (const row of list) {
      for (const column of list) if (row === column) continue rows;
    }
    function later() {
      return arguments.length + local;
    }
    try {
      JSON.parse("");
    } catch (error) {
      return [new Box(), later(), error, new.target];
    }
  };
  const { captured, globals, obstacle } = analyzeSource(inner);
  assert.deepEqual([captured, obstacle], [[], ""]);
  assert.deepEqual(globals, ["JSON"]);
});

Deno.test("function source: captured variables are named", () => {
  const factor = 2;
  const capturedBy = (fn: (...args: any[]) => unknown) => analyzeSource(fn).captured;
  assert.deepEqual(capturedBy((x: number) => x * factor), ["factor"]);
  assert.deepEqual(capturedBy((x: number) => helper(x) + outside), ["helper", "outside"]);
  assert.deepEqual(capturedBy((x = outside) => x), ["outside"]);
  assert.deepEqual(capturedBy(() => typeof factor), ["factor"]);
  assert.deepEqual(capturedBy(() => counter++), ["counter"]);
  assert.deepEqual(capturedBy(() => ({ factor, outside: 1 })), ["factor"]);
  assert.deepEqual(capturedBy(() => `${outside}`), ["outside"]);
  assert.deepEqual(capturedBy(() => () => factor), ["factor"]);
  const recursive = (n: number): number => n < factor ? n : recursive(n - 1);
  assert.deepEqual(capturedBy(recursive), ["factor"], "itself is not what stands in the way");
});

Deno.test("function source: names that a program is likely to use itself count as captured", () => {
  const name = "x", status = 1;
  assert.deepEqual(analyzeSource(() => [name, status]).captured, ["name", "status"]);
  assert.deepEqual(analyzeSource((name: string) => name).captured, []);
});

Deno.test("function source: what cannot be told elsewhere stands in the way", () => {
  class Base {
    static make(this: any) {
      return this;
    }
    size() {
      return 1;
    }
  }
  class Child extends Base {
    static #hidden() {
      return 1;
    }
    static hidden = Child.#hidden;
    override size() {
      return super.size();
    }
  }
  const at = Object.getOwnPropertyDescriptor({
    get it() {
      return 1;
    },
  }, "it")!.get!;
  const self = this;
  const obstacles: [fn: any, expected: RegExp][] = [
    [Base, /class/],
    [class {}, /class/],
    [Base.make, /"this"/],
    [() => self ?? this, /"this"/],
    [Child.prototype.size, /"super"/],
    [Child.hidden, /cannot be read/],
    [at, /cannot be read/],
    [{ [Symbol.iterator]() {} }[Symbol.iterator], /cannot be read/],
    [helper.bind(null, 1), /bound/],
    [Math.max, /native/],
    [() => import.meta.url, /"import\.meta"/],
    [() => import("../fast_check.ts"), /relative path/],
    [(path: string) => import(path), /computed path/],
  ];
  for (const [fn, expected] of obstacles) {
    assert.match(analyzeSource(fn).obstacle, expected, String(fn));
  }
  assert.equal(analyzeSource(() => import("node:path")).obstacle, "");
});

Deno.test("function source: arguments belong to the function around an arrow", () => {
  assert.deepEqual(analyzeSource(() => eval("arguments")).captured, []);
  const arrow = new Function("return () => arguments;")();
  assert.deepEqual(analyzeSource(arrow).captured, ["arguments"]);
  assert.deepEqual(
    analyzeSource(function () {
      return arguments.length;
    }).captured,
    [],
  );
});

Deno.test("function source: text made to look like something else does no harm", () => {
  const odd = (x: string) => x + "}) => { [native code] }";
  assert.equal(again(odd)(""), "}) => { [native code] }");
  const commented = new Function("return (a /* ) => { */, b) => a // }\n + b")();
  assert.equal(again(commented)(1, 2), 3);
});

Deno.test("function source: parameters never count as captured, whatever they are called", () => {
  const word = fc.stringMatching(/^[a-z_$][a-zA-Z0-9_$]{0,8}$/);
  fc.assert(fc.property(word, word, (one, other) => {
    let fn;
    try {
      fn = new Function(`"use strict"; return (${one}) => ${one} + ${other};`)();
    } catch {
      return; // A reserved word.
    }
    const { captured, globals } = analyzeSource(fn);
    const free = other === one || other === "undefined" ? [] : [other];
    assert.deepEqual([...captured, ...globals].filter((name) => name !== "undefined"), free);
  }));
});
