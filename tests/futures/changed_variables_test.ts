/** Variables that a task function reads and the program has changed: told, and nothing else is. */

import assert from "node:assert/strict";
import { changedVariables } from "../../futures/changed_variables.ts";
import { functionsIn } from "../../futures/exported_functions.ts";
import { handleOf } from "../../futures/function_handle.ts";
import { indexExports, setProgram } from "../../futures/function_ref.ts";
import { task } from "../../futures/registry.ts";
import { runProgram } from "../launch_program.ts";

type Modules = Record<string, string>;

/** The variables told for each exported function of main.ts, those without any left out. */
async function told(modules: Modules, from = "main.ts"): Promise<Record<string, string[]>> {
  const folder = await Deno.makeTempDir({ prefix: "scoop-test-" });
  try {
    for (const [name, text] of Object.entries(modules)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    setProgram({ main: `file://${folder}/main.ts`, modules: [] });
    await indexExports();
    const exports = await import(`file://${folder}/${from}`);
    const found: Record<string, string[]> = {};
    for (const [name, fn] of functionsIn(exports)) {
      const names = await changedVariables(handleOf(fn));
      if (names.length > 0) found[name] = names;
    }
    return found;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const main = (before: string, within: string) => ({
  "main.ts": `${before}\nif (import.meta.main) {\n${within}\n}\n`,
});

Deno.test("changed variables: assigned in the program's own part", async () => {
  const payoff = "let strike = 0; export function payoff(s: number) { return s - strike; }";
  assert.deepEqual(await told(main(payoff, "strike = 105;")), { payoff: ["strike"] });
  assert.deepEqual(await told(main(payoff, "const a = () => { strike += 1; }; a();")), {
    payoff: ["strike"],
  });
  assert.deepEqual(await told(main(payoff, "strike++;")), { payoff: ["strike"] });
  assert.deepEqual(await told(main(payoff, "[strike] = [5];")), { payoff: ["strike"] });
  assert.deepEqual(await told(main(payoff, "for (strike of [1, 2]) ;")), { payoff: ["strike"] });
  assert.deepEqual(
    await told({ "main.ts": `${payoff} import.meta.main && (strike = 3);` }),
    { payoff: ["strike"] },
  );
  const empty = "let rate: number; export function cost(x: number) { return x * rate; }";
  assert.deepEqual(await told(main(empty, "rate = 5;")), { cost: ["rate"] });
  const flag = "let fast = false; export function step(x: number) { return fast ? x : 2 * x; }";
  assert.deepEqual(await told(main(flag, "fast = true;")), { step: ["fast"] });
  const startup = "const startup = (f: () => void) => void f; startup(() => { strike = 1; });";
  assert.deepEqual(await told({ "main.ts": `${payoff} ${startup}` }), { payoff: ["strike"] });
  const other = `${payoff} if (!import.meta.main) { } else { strike = 1; }`;
  assert.deepEqual(await told({ "main.ts": other }), { payoff: ["strike"] });
});

Deno.test("changed variables: through functions, on either side", async () => {
  const modules = main(
    `let rate = 1;
     let other = 2;
     const config = { depth: 1, list: [] as number[] };
     const twice = (x: number) => x * rate * 2;
     const readOther = () => other;
     function setUp(r: number) { rate = r; deeper(); }
     function deeper() { config.depth = 5; }
     export const work = (x: number) => twice(x);
     export const inner = (x: number) => [x].map((y) => { const z = () => y * rate; return z(); });
     export function depth(x: number) { return x + config.depth; }
     export function fallback(x = rate) { return x; }
     export class Shape { static area(x: number) { return x * rate; } }
     const limit = (f: (x: number) => number) => (x: number) => f(x);
     export const limited = limit(twice);
     export const { taken } = { taken: (x: number) => x + readOther() };
     export function shadowed(rate: number) { return rate; }
     export function typed(x: number) { const rate = 2; return rate * x; }`,
    "setUp(3); config.list.push(1);",
  );
  const found = await told(modules);
  // Each variable is told once.
  assert.deepEqual(found, { "Shape.area": ["rate"], depth: ["config"] });
  for (const name of ["work", "inner", "fallback", "limited"]) {
    const text = modules["main.ts"]
      .replaceAll(/export (?=function|const|class)/g, "")
      .replace(/$/, `\nexport { ${name.split(".")[0]} };`);
    assert.deepEqual(await told({ "main.ts": text }), { [name]: ["rate"] }, name);
  }
});

Deno.test("changed variables: across modules", async () => {
  const lib = `let strike = 0;
     export const settings = { rate: 1 };
     export function setStrike(s: number) { strike = s; }
     export function payoff(s: number) { return s - strike; }
     export const scaled = (x: number) => x * settings.rate;`;
  const uses = (imports: string, within: string) => ({ ...main(imports, within), "lib.ts": lib });
  const named = 'import { settings, setStrike } from "./lib.ts";';
  assert.deepEqual(await told(uses(named, "setStrike(5);"), "lib.ts"), { payoff: ["strike"] });
  assert.deepEqual(await told(uses(named, "settings.rate = 2;"), "lib.ts"), {
    scaled: ["settings"],
  });
  const whole = 'import * as lib from "./lib.ts";';
  assert.deepEqual(await told(uses(whole, "lib.setStrike(5);"), "lib.ts"), { payoff: ["strike"] });
  assert.deepEqual(await told(uses(whole, "lib.payoff(5);"), "lib.ts"), {});
  const own = `${named} export const own = (x: number) => x * settings.rate;`;
  assert.deepEqual(await told(uses(own, "settings.rate = 2;")), { own: ["settings"] });
});

Deno.test("changed variables: what is none is not told", async () => {
  const cases: [before: string, within: string][] = [
    // A cache, filled where it is needed.
    [
      `let table: number[] | undefined; const memo = new Map<number, number>();
       export function work(x: number) { table ??= [1]; memo.set(x, 1); return table[0]! + x; }`,
      "work(1); memo.clear();",
    ],
    [
      `let table: number[] = []; function fill() { table = [1, 2]; }
       export function work(x: number) { fill(); return table[x]; }`,
      "fill(); work(1);",
    ],
    // Nobody but the program reads it.
    ["let done = 0; export function work(x: number) { return x; }", "done++; console.log(done);"],
    // Its value is there when the module is loaded, everywhere.
    ["let size = 1; size = 5; export function work(x: number) { return x * size; }", ""],
    // Another variable of that name.
    ["let best = 0; export function work(x: number) { let best = x; return best; }", "best = 1;"],
    ["const best = [1]; export function work(best: number[]) { best.push(1); }", "best.push(2);"],
    // A task's own affair.
    [
      `let seen = 0; const map = (f: unknown) => f;
       export function count() { seen++; } export function work(x: number) { return x + seen; }`,
      "map(count);",
    ],
    // It is meant to be there only in the program.
    [
      `let pool: { run(x: number): number } | undefined;
       export function work(x: number) { return pool === undefined ? x : pool.run(x); }`,
      "pool = { run: (x) => x };",
    ],
    [
      "let log: undefined | (() => void); export function work(x: number) { log?.(); return x; }",
      "log = () => {};",
    ],
    // A property of that name.
    ["let rate = 1; export function work(o: { rate: number }) { return o.rate; }", "rate = 2;"],
  ];
  for (const [before, within] of cases) {
    assert.deepEqual(await told(main(before, within)), {}, before);
  }
  assert.deepEqual(await told({ "main.ts": "this is no module" }).catch(() => ({})), {});
});

Deno.test("changed variables: of a registered function", async () => {
  setProgram({ main: import.meta.url, modules: [] });
  await indexExports();
  assert.deepEqual(await changedVariables(handleOf(registered)), ["offset"]);
  assert.deepEqual(await changedVariables(handleOf((x: number) => x + 1)), []);
  assert.deepEqual(await changedVariables(handleOf(Math.sqrt)), []);
});

let offset = 1;
const registered = task((x: number) => x + offset, { name: "changed variables" });
if (import.meta.main && offset === 0) offset = 2;

Deno.test("changed variables: none of the examples has any", async () => {
  let functions = 0;
  for (const { name } of Deno.readDirSync(new URL("../../examples/", import.meta.url))) {
    if (!name.endsWith(".ts")) continue;
    const url = new URL(`../../examples/${name}`, import.meta.url).href;
    setProgram({ main: url, modules: [] });
    await indexExports();
    for (const [key, fn] of functionsIn(await import(url))) {
      functions++;
      assert.deepEqual(await changedVariables(handleOf(fn)), [], `${name} ${key}`);
    }
  }
  assert.ok(functions > 10, `${functions}`);
});

Deno.test("changed variables: told once, in one line, where there are workers", async () => {
  const program = new URL("fixtures/changed_program.ts", import.meta.url).href;
  const line = 'scoop: payoff reads the variable "strike", which the program changes after its ' +
    "start: workers load the program by themselves and do not see that; pass it to payoff as an " +
    "argument, or share it with shared.setConst()\n";
  const [two, one] = await Promise.all([2, 1].map((workers) => runProgram(program, { workers })));
  assert.deepEqual([two!.code, two!.stderr], [0, line]);
  assert.deepEqual([one!.code, one!.stderr], [0, ""]);
});
