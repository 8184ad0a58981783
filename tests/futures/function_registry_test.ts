import assert from "node:assert/strict";
import { describeFunction } from "../../futures/function_ref.ts";
import { registeredUnder, task, taskOptions } from "../../futures/registry.ts";
import type { TaskOptions } from "../../futures/registry.ts";
import { runAlone } from "../launch_program.ts";

const offset = 1;

Deno.test("registry: a function is registered under its own name or another", () => {
  const add = task(function add(x: number) {
    return x + offset;
  });
  const other = task((x: number) => x + offset, { name: "another name", retries: 0, timeout: 10 });
  assert.equal(registeredUnder("add")?.fn, add);
  assert.equal(registeredUnder("another name")?.fn, other);
  assert.equal(describeFunction(add).kind, "task");
  assert.equal(describeFunction(other).name, "another name");
  assert.deepEqual(taskOptions(other), { name: "another name", retries: 0, timeout: 10 });
  assert.equal(taskOptions(() => 1), undefined);
});

Deno.test("registry: a function without a name is found by its text", () => {
  const fn = task((x: number) => x + 2 * offset);
  const { name, kind } = describeFunction(fn);
  assert.equal(kind, "task");
  assert.match(name, /^anonymous-[0-9a-f]{16}$/);
  assert.equal(registeredUnder(name)?.fn, fn);
});

Deno.test("registry: the same function may come again, with other options", () => {
  const fn = (x: number) => x + 3 * offset;
  task(fn, { retries: 1 });
  task(fn, { retries: 5 });
  assert.equal(taskOptions(fn)?.retries, 5);
});

Deno.test("registry: a name means one function", () => {
  const taken = (name: string) => ({
    message: `two functions are registered with task() as "${name}": give each a name of its ` +
      `own, task(fn, { name: "…" })`,
  });
  task(function twice() {
    return offset;
  });
  assert.throws(() => {
    task(function twice() {
      return 2 * offset;
    });
  }, taken("twice"));
  // Closures of one factory have the same text, but do different things.
  const times = (factor: number) => (x: number) => x * factor;
  const double = task(times(2));
  assert.throws(() => task(times(3)), taken(describeFunction(double).name));
  const triple = task(times(3), { name: "triple" });
  assert.equal(registeredUnder("triple")?.fn, triple);
  function makeNamed(factor: number) {
    return function named(x: number) {
      return x * factor;
    };
  }
  task(makeNamed(2));
  assert.throws(() => task(makeNamed(3)), taken("named"));
});

Deno.test("registry: wrong options are named", () => {
  const fn = () => offset;
  const wrong: [options: unknown, message: RegExp][] = [
    [{ name: "" }, /name must be a text/],
    [{ name: 1 }, /name must be a text, got 1/],
    [{ retries: -1 }, /retries must be an integer from 0, got -1/],
    [{ retries: 1.5 }, /retries/],
    [{ timeout: 0 }, /timeout must be a number of milliseconds above 0, got 0/],
    [{ timeout: "1" }, /timeout/],
    [{ timeout: NaN }, /timeout/],
    [{ idempotent: "no" }, /idempotent must be true or false, got no/],
  ];
  for (const [options, message] of wrong) {
    assert.throws(() => task(fn, options as TaskOptions), { name: "TypeError", message });
  }
  assert.throws(() => task(undefined as never), /task\(\) needs a function, got undefined/);
  assert.equal(taskOptions(fn), undefined);
});

Deno.test("registry: the origin finds its functions before its top level has ended", async () => {
  const { code, stdout, stderr } = await runAlone("tests/futures/programs/origin.ts");
  assert.equal(code, 0, stderr);
  const { conflict, nested, ...report } = JSON.parse(stdout);
  assert.deepEqual(report, {
    evaluatedAtFirst: false,
    // A second copy of the program answers meanwhile, made once.
    export: [101, false],
    again: true,
    early: true,
    late: [301, false, false],
    evaluations: 2,
    registered: true,
    evaluatedAtLast: true,
    same: true,
    last: true,
  });
  assert.ok(nested > 0);
  assert.match(conflict, /two functions are registered with task\(\) as "late"/);
});
