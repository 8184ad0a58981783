import assert from "node:assert/strict";
import { Executor, map, mapReduce, shared, submit, task, wait, withOptions } from "../../mod.ts";

export function square(x: number): number {
  return x * x;
}

// deno-lint-ignore no-explicit-any
const wrong = (value: unknown) => value as any;

const MISTAKES: [name: string, make: () => unknown, kind: typeof Error, message: RegExp][] = [
  ["map without inputs", () => map(wrong(square)), TypeError, /at least one iterable/],
  ["map of a number", () => map(square, wrong(5)), TypeError, /argument 2 is not iterable/],
  ["submit of no function", () => submit(wrong("square"), 1), TypeError, /expected a function/],
  ["wait of no futures", () => wait(wrong(1)), TypeError, /iterable of futures/],
  ["a timeout of a text", () => withOptions(wrong({ timeout: "1s" })), TypeError, /timeout/],
  ["an unknown option", () => withOptions(wrong({ timeuot: 1 })), TypeError, /"timeuot"/],
  ["negative retries", () => withOptions({ retries: -1 }), TypeError, /retries/],
  ["task without a function", () => task(wrong(undefined)), TypeError, /task\(\) needs a function/],
  ["task with no name", () => task(square, { name: "" }), RangeError, /name/],
  [
    "constants without names",
    () => shared.setConst(wrong(5)),
    TypeError,
    /setConst\(\) takes names/,
  ],
  ["a reduction of nothing", () => mapReduce(square, wrong(Math.max), []), TypeError, /./],
  ["an executor of half a worker", () => new Executor({ workers: 0.5 }), RangeError, /workers/],
];

Deno.test("wrong arguments: the error is told where the user called, and nowhere within", async (t) => {
  for (const [name, make, kind, message] of MISTAKES) {
    await t.step(name, async () => {
      let error: unknown;
      try {
        await make();
      } catch (thrown) {
        error = thrown;
      }
      assert.ok(error instanceof kind, `${error}`);
      assert.equal(error.name, kind.name);
      assert.match(error.message, message);
      const [head, first = "", ...others] = error.stack!.split("\n");
      assert.equal(head, `${kind.name}: ${error.message}`);
      assert.match(first, /wrong_arguments_test\.ts:\d+:\d+/);
      const ours = others.filter((line) =>
        /\/(?:futures|wire|launch)\/\w+(?<!_test)\.ts:/.test(line)
      );
      assert.deepEqual(ours, []);
    });
  }
});

Deno.test("wrong arguments: an error that is not handled shows no source of this library", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const library = JSON.stringify(import.meta.resolve("../../mod.ts"));
    const program = `${folder}/prog.ts`;
    await Deno.writeTextFile(program, `import { map } from ${library};\n\nawait map(Number, 5);\n`);
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", program],
      env: { NO_COLOR: "1" },
    }).output();
    assert.deepEqual(new TextDecoder().decode(stderr).trim().split("\n"), [
      "error: Uncaught (in promise) TypeError: map(): argument 2 is not iterable",
      `    at file://${program}:3:7`,
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
