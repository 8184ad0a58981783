import assert from "node:assert/strict";
import { lookup } from "../../futures/function_lookup.ts";
import { describeFunction, indexExports, setProgram } from "../../futures/function_ref.ts";
import type { FunctionRef } from "../../futures/function_ref.ts";
import { functionHash, task } from "../../futures/registry.ts";
import { UnknownFunctionError } from "../../wire/errors.ts";

const fixture = (name: string) => new URL(`fixtures/${name}`, import.meta.url).href;

async function found(ref: FunctionRef, ...args: unknown[]): Promise<unknown> {
  return (await lookup(ref))(...args);
}

async function notFound(ref: unknown, message: RegExp): Promise<UnknownFunctionError> {
  const error = await Promise.resolve(lookup(ref as FunctionRef)).then(
    () => assert.fail("it was found"),
    (error) => error,
  );
  assert.ok(error instanceof UnknownFunctionError, String(error));
  assert.match(error.message, message);
  return error;
}

/** Runs a module in a process of its own; what it prints is JSON. */
async function run(name: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-read", fixture(name), ...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  assert.equal(code, 0, text.decode(stderr));
  assert.equal(text.decode(stderr), "");
  return JSON.parse(text.decode(stdout));
}

Deno.test("lookup: what was described here is at hand", () => {
  const double = (x: number) => x * 2;
  assert.equal(lookup(describeFunction(double)), double);
  const named = task((x: number) => x, { name: "looked up" });
  assert.equal(lookup(describeFunction(named)), named);
});

Deno.test("lookup: sources are rebuilt once, in strict mode, and can be sent on", async () => {
  const ref: FunctionRef = { kind: "source", name: "plus", source: "(a, b)=>a + b" };
  const plus = await lookup(ref);
  assert.equal(plus(1, 2), 3);
  assert.equal(plus.name, "plus");
  assert.equal(lookup({ ...ref }), plus);
  assert.deepEqual(describeFunction(plus), ref);
  const loose = "function() { undeclared = 1; }";
  await assert.rejects(
    async () => await found({ kind: "source", name: "", source: loose }),
    ReferenceError,
  );
  await notFound({ kind: "source", name: "broken", source: "(" }, /"broken" cannot be used/);
  await notFound({ kind: "source", name: "five", source: "5" }, /makes no function/);
});

Deno.test("lookup: built-in functions by their own names only", async () => {
  assert.equal(await found({ kind: "builtin", name: "Math.hypot" }, 3, 4), 5);
  assert.equal(await found({ kind: "builtin", name: "atob" }, "YQ=="), "a");
  for (
    const name of [
      "Function",
      "eval",
      "Math.constructor",
      "constructor",
      "Math.hypot.constructor",
      "Object.prototype.constructor",
      "globalThis.Function",
      "globalThis.eval",
      "Math.__proto__",
      "toString",
      "Math.toString",
      "nothing",
      "Math.nothing",
      "Math",
      "",
      ".",
    ]
  ) {
    await notFound({ kind: "builtin", name }, /there is no built-in function/);
  }
});

Deno.test("lookup: an address of another kind is refused", async () => {
  await notFound({ kind: "magic", name: "x" }, /unknown kind, "magic"/);
  await notFound({}, /unknown kind/);
});

Deno.test("lookup: exports are found by name, else by their source, and must be the same", async () => {
  setProgram({ main: fixture("functions_other.ts"), modules: [] });
  const other = await import("./fixtures/functions_other.ts");
  const hash = functionHash(other.squared);
  const main = { kind: "export", module: "" } as const;
  assert.equal(await lookup({ ...main, name: "squared", hash }), other.squared);
  assert.equal(await lookup({ ...main, name: "renamed since", hash }), other.squared);
  const wrong = "0123456789abcdef";
  await notFound(
    { ...main, name: "squared", hash: wrong },
    /"squared" of file:.*functions_other\.ts differs from the sender's: are all hosts/,
  );
  await notFound({ ...main, name: "gone", hash: wrong }, /does not export the function gone/);
  await notFound({ ...main, name: "value", hash: wrong }, /does not export the function value/);
  await notFound({ ...main, name: "toString", hash: wrong }, /does not export/);
  // Two functions have this source; only the name tells which.
  const closure = functionHash(other.twice!);
  assert.equal(await found({ ...main, name: "thrice", hash: closure }, 5), 15);
  await notFound({ ...main, name: "make", hash: closure }, /does not export the function make/);
});

Deno.test("lookup: the source helps when the export was a guess", async () => {
  setProgram({ main: fixture("functions_other.ts"), modules: [] });
  const guess = { kind: "export", module: "", name: "guess", hash: "0", source: "(x)=>x + 1" };
  assert.equal(await found(guess as FunctionRef, 1), 2);
});

Deno.test("lookup: a module that cannot be imported is named with the first line", async () => {
  setProgram({ main: fixture("functions_unguarded.ts"), modules: [] });
  await indexExports();
  const ref = { kind: "export", module: "", name: "answer", hash: "0" };
  const error = await notFound(
    ref,
    /^could not import file:.*functions_unguarded\.ts on this worker: this program cannot be imported$/,
  );
  assert.match((error.cause as Error).message, /for a reason/);
  await notFound(
    { ...ref, module: "./gone.ts" },
    /could not import file:.*gone\.ts on this worker/,
  );
  await notFound({ ...ref, module: "https://[" }, /could not import https:\/\/\[ on this worker/);
  await notFound({ kind: "task", name: "any", hash: "0" }, /could not import .*unguarded/);
});

Deno.test("lookup: tasks are there once the modules have been imported", async () => {
  const program = { main: fixture("functions_program.ts"), modules: [] };
  setProgram(program);
  const missing = { kind: "task", name: "nobody's", hash: "0" } as const;
  await notFound(missing, /no task\(\) is called "nobody's" on this worker.*import\.meta\.main/);
  const { registered } = await import("./fixtures/functions_program.ts");
  const hash = functionHash(registered);
  assert.equal(await found({ kind: "task", name: "tripled", hash }, 4), 12);
  await notFound({ kind: "task", name: "tripled", hash: "0" }, /"tripled" of task\(\) differs/);
});

Deno.test("between processes: every kind of function, from a main module that awaits", async () => {
  const { described, checks } = await run("functions_program.ts");
  assert.deepEqual({ ...checks, isCopy: 0 }, { copy: 15, isCopy: 0, itself: true });
  assert.equal(described.length, 21);
  const main = fixture("functions_program.ts");
  const modules = [fixture("functions_lib.ts"), fixture("functions_reexport.ts")];
  // deno-lint-ignore no-explicit-any
  const kinds = new Set(described.map(({ ref }: any) => ref.kind));
  assert.deepEqual([...kinds].sort(), ["builtin", "export", "source", "task"]);
  for (const program of [{ main, modules }, { main, modules: [] }]) {
    for (const indexFirst of [true, false]) {
      const results = await run(
        "functions_worker.ts",
        JSON.stringify([program, described, indexFirst]),
      );
      for (const [i, { ref, result }] of described.entries()) {
        assert.deepEqual(results[i], { result, sentOn: ref });
      }
    }
  }
});

Deno.test("between processes: a worker with another version of the program says so", async () => {
  const { described } = await run("functions_program.ts");
  // deno-lint-ignore no-explicit-any
  const own = described.filter(({ ref }: any) => ref.module === "./functions_lib.ts");
  // deno-lint-ignore no-explicit-any
  const calls = own.map(({ ref, args }: any) => ({
    ref: { ...ref, module: "./functions_other.ts" },
    args,
  }));
  const program = { main: fixture("functions_program.ts"), modules: [] };
  const results = await run("functions_worker.ts", JSON.stringify([program, calls, false]));
  assert.match(
    results[0].error.message,
    /"counted" of file:.*_other\.ts differs from the sender's/,
  );
  assert.match(results[1].error.message, /_other\.ts does not export the function tenfold/);
});

Deno.test("on the origin: a second copy of a main module that cannot be waited for", async () => {
  const { where, same } = await run("functions_early.ts");
  assert.match(where, /functions_early\.ts(\?scoop false| true) 7$/);
  assert.equal(same, true, "the copy registered its tasks without a conflict");
});

Deno.test("on the origin: a module that imports the main module is an error, not a hang", async () => {
  const { error, found } = await run("functions_cycle_program.ts");
  assert.match(error, /could not import .*functions_cycle\.ts.*in a cycle/);
  assert.equal(found, 8);
});
