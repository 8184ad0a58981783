import assert from "node:assert/strict";
import { portableSource } from "../../futures/function_source.ts";
import type { Surroundings } from "../../futures/function_source.ts";
import { sourceText } from "../../futures/registry.ts";
import fc from "../fast_check.ts";

const NOTHING: Surroundings = { declares: () => false, mayBeNamed: () => true };

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => any;

function sent(fn: AnyFunction, surroundings = NOTHING): AnyFunction {
  const portable = portableSource(sourceText(fn), fn.name, surroundings);
  assert.ok("source" in portable, JSON.stringify(portable));
  return new Function(`"use strict"; return (${portable.source}\n);`)();
}

function problem(fn: AnyFunction | string, name = "fn", surroundings = NOTHING): string {
  const text = typeof fn === "string" ? fn : sourceText(fn);
  const portable = portableSource(text, typeof fn === "string" ? name : fn.name, surroundings);
  assert.ok("problem" in portable, JSON.stringify(portable));
  return portable.problem;
}

const outer = 5;
const outside = { inner: 1 };

Deno.test("source: functions of every kind", async () => {
  assert.equal(sent((x: number) => x * 2)(4), 8);
  assert.equal(
    sent(function (x: number) {
      return Math.max(x, 2);
    })(1),
    2,
  );
  assert.equal(
    sent(function fib(n: number): number {
      return n < 2 ? n : fib(n - 1) + fib(n - 2);
    })(10),
    55,
  );
  assert.equal(await sent(async (x: number) => await Promise.resolve(x))(3), 3);
  assert.deepEqual([
    ...sent(function* (n: number) {
      yield n;
    })(3),
  ], [3]);
  const slow = sent(async function* (n: number) {
    yield await n;
  });
  assert.deepEqual(await Array.fromAsync(slow(3)), [3]);
});

Deno.test("source: methods, static methods and computed names", async () => {
  const key = "computed";
  const object = {
    method(x: number) {
      return x + 1;
    },
    async later(x: number) {
      return await x;
    },
    *each(x: number) {
      yield x;
    },
    [key](x: number) {
      return x + 2;
    },
    "with space"(x: number) {
      return x + 3;
    },
  };
  class Box {
    static open(x: number) {
      return [x];
    }
  }
  assert.equal(sent(object.method)(1), 2);
  assert.equal(await sent(object.later)(1), 1);
  assert.deepEqual([...sent(object.each)(1)], [1]);
  assert.equal(sent(object[key])(1), 3);
  assert.equal(sent(object["with space"])(1), 4);
  assert.deepEqual(sent(Box.open)(1), [1]);
});

Deno.test("source: what is declared inside is not captured", () => {
  const inside = (items: number[], { a = 1, ...rest }: { a?: number; b?: number } = {}) => {
    class Local {
      static count = 0;
      static {
        const step = 1;
        this.count += step;
      }
      #secret = 2;
      get secret() {
        return this.#secret;
      }
    }
    const Named = class Self {
      static self = () => Self;
    };
    enum Level {
      Low = 1,
    }
    function hoisted() {
      return arguments.length + (new.target === undefined ? 1 : 0);
    }
    using held = { [Symbol.dispose]() {} };
    let sum = held === undefined ? 0 : 0;
    outer: for (const item of items) {
      try {
        if (item > 100) break outer;
        throw item;
      } catch (error) {
        sum += error as number;
      }
    }
    switch (sum) {
      case 6: {
        const bonus = 10;
        sum += bonus;
      }
    }
    const self = Named.self() === Named;
    return [sum, Local.count, new Local().secret, self, hoisted(), Level.Low, a, rest.b].join();
  };
  assert.equal(sent(inside)([1, 2, 3], { b: 9 }), "16,1,2,true,1,1,1,9");
});

Deno.test("source: a function held by a constant may call itself", () => {
  const fact = (n: number): number => n < 2 ? 1 : n * fact(n - 1);
  assert.equal(sent(fact)(5), 120);
  const not = { ...NOTHING, mayBeNamed: () => false };
  assert.equal(problem(fact, "", not), 'it uses the variable "fact" of its surroundings');
  // Its name is that of a property here; what is multiplied is another thing.
  assert.match(problem("(x) => x * size", "size"), /the variable "size"/);
  assert.match(problem("size(x) { return size(x - 1); }", "size"), /the variable "size"/);
});

Deno.test("source: names the captured variables", () => {
  assert.equal(
    problem((x: number) => x * outer),
    'it uses the variable "outer" of its surroundings',
  );
  assert.equal(
    problem((x: number) => x * outer + outside.inner),
    'it uses the variables "outer" and "outside" of its surroundings',
  );
  assert.match(problem("() => a + b + c + d + e + f + g"), /"a", .*"e" and 2 more of its/);
  assert.match(problem("() => { x = 1; }"), /"x"/);
  assert.match(problem("() => typeof maybe"), /"maybe"/);
  assert.match(problem("(a = b) => { let b; }"), /"b"/);
  assert.match(problem("() => ({ short })"), /"short"/);
  assert.match(problem("() => arguments[0]"), /"arguments"/);
  assert.match(problem("() => { class A extends Base {} }"), /"Base"/);
  assert.match(problem("() => _apply_decs_2203_r()"), /it uses decorators/);
});

Deno.test("source: globals that a program may shadow are taken for its own", () => {
  for (const name of ["name", "closed", "self", "location", "close"]) {
    assert.match(problem(`() => ${name}`), new RegExp(`the variable "${name}"`));
  }
  const own: Surroundings = { ...NOTHING, declares: (name: string) => name === "fetch" };
  assert.match(problem("() => fetch(1)", "fn", own), /the variable "fetch"/);
  assert.equal(sent(() => typeof fetch)(), "function");
});

Deno.test("source: what does not travel", () => {
  const object = {
    own: 1,
    method(): number {
      return this.own;
    },
    get accessor() {
      return 1;
    },
    toText() {
      return super.toString();
    },
  };
  const getter = Object.getOwnPropertyDescriptor(object, "accessor")!.get!;
  assert.match(problem(object.method), /it uses "this"/);
  assert.match(problem("() => () => this.x"), /it uses "this"/);
  assert.match(problem(object.toText), /it uses "super"/);
  assert.match(problem(getter), /it is a getter/);
  assert.match(problem("function () { return new.target; }"), /new\.target/);
  assert.match(problem("() => import.meta.url"), /import\.meta/);
  assert.match(problem('() => import("./x.ts")'), /import\(\) with something other/);
  assert.match(problem("(x) => import(x)"), /import\(\) with something other/);
  assert.match(problem('() => eval("outer")'), /eval\(\)/);
  assert.match(problem("secret() { return x.#secret; }"), /no sense by itself/);
  assert.match(problem("function () { with (x) {} }"), /no sense by itself/);
  assert.match(problem("() => 1, evil()"), /no sense by itself/);
  assert.equal(typeof sent(() => import("node:path")), "function");
  // "this" of a function within is its own.
  assert.equal(
    sent(() =>
      ({
        n: 4,
        read() {
          return this.n;
        },
      }).read()
    )(),
    4,
  );
});

Deno.test("source: of two names, the parameter is never captured, the other one is", () => {
  const word = fc.stringMatching(/^[a-z_$][a-zA-Z0-9_$]{0,8}$/);
  fc.assert(fc.property(word, word, (parameter, other) => {
    const text = `(${parameter})=>${parameter} + ${other}`;
    try {
      new Function(`"use strict"; return ${text};`);
    } catch {
      return; // A reserved word.
    }
    const portable = portableSource(text, "", NOTHING);
    if (other === parameter || Object.hasOwn(globalThis, other)) return;
    if (["undefined", "arguments", "await"].includes(other)) return;
    assert.ok("problem" in portable);
    assert.equal(portable.problem, `it uses the variable "${other}" of its surroundings`);
  }));
});
