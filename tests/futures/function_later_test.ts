/** Functions that only their identity tells apart, spawned in a program's first statements. */

import assert from "node:assert/strict";
import { mayExportMore } from "../../futures/export_shapes.ts";
import { lookup } from "../../futures/function_lookup.ts";
import { describeFunction, MOST_SOURCES, recall } from "../../futures/function_ref.ts";
import { ModuleScan } from "../../futures/module_scan.ts";
import { Recent } from "../../futures/recent.ts";
import { submit } from "../../mod.ts";
import { runAlone, runProgram } from "../launch_program.ts";

const program = new URL("fixtures/later_program.ts", import.meta.url).href;

const CANNOT =
  'UnknownFunctionError: cannot send an anonymous function: it uses the variables "max"' +
  ' and "f" of its surroundings. Export it from a module, pass what it needs as arguments, or ' +
  "register it with task().";

const DOUBLE = CANNOT.replace("an anonymous function", 'the function "scale"')
  .replace('variables "max" and "f"', 'variable "factor"');

const EXPECTED = {
  ...{ capped: 50, sevenfold: 140, bound: 100, twice: 40, byName: 40, eightfold: 160 },
  ...{ subtractTen: 10, local: 80, area: 70, deep: 60, listed: 80, added: 26, advance: 120 },
  ...{ scale: 60, double: DOUBLE },
  ...{ reduced: 55, mapped: [1, 50], unknown: CANNOT, dynamic: 180, atTheCall: CANNOT },
};

async function check(run: ReturnType<typeof runAlone>): Promise<void> {
  const { code, stdout, stderr } = await run;
  assert.equal(code, 0, stderr);
  const { place, ...results } = JSON.parse(stdout);
  assert.deepEqual(results, EXPECTED);
  assert.match(place, /^ {4}at (?:main|refusal) \(.*later_program\.ts:\d+:\d+\)$/);
}

for (const how of ["await", "call"]) {
  Deno.test(`later: from the first turn on, alone, by ${how}`, () =>
    check(runAlone(program, { args: [how] })));
  for (const workers of [1, 3]) {
    Deno.test(`later: from the first turn on, with ${workers} workers, by ${how}`, () =>
      check(runProgram(program, { args: [how], workers })));
  }
}

Deno.test("later: from the first turn on, all of them on another worker", () =>
  check(runAlone(program, { args: ["pool"] })));

Deno.test("later: nothing is put off when no export could be it", () => {
  const told = [
    "export const a = 1, b = `x`, c = -1, d = [1], e = { f: 1 };",
    "export function f() {} export class A { static g() {} h = 1; }",
    "export const g = () => 1; const h = g; export { h }; export default h;",
    "export const map = new Map(), n = Number('1');",
    "export const work = task(() => 1);",
    "export default function () {}",
    'import { x } from "./x.ts"; export { x }; export { y } from "./y.ts"; export * from "./z.ts";',
    "const hidden = limit(f); let later;",
  ];
  for (const text of told) assert.equal(mayExportMore(new ModuleScan(text, ".js")), false, text);
  const open = [
    "export const a = limit(f);",
    "export default limit(f);",
    "const a = limit(f); export { a as b };",
    "export const { a } = all;",
    "export const [a] = all();",
    "export let a; a = 1; const b = a; export { b };",
    "export const a = { f: limit(f) };",
    "export const a = [limit(f)];",
    "export class A { static f = limit(f); }",
    "export class A { static { this.f = limit(f); } }",
    "export const a = f.bind(null);",
    "export const a = new Machine();",
    'export { add } from "npm:sums";',
    'export * from "jsr:@some/sums";',
    "export const a = Object.freeze({ f });",
    "export const a = await load();",
    "this is no module",
  ];
  for (const text of open) assert.equal(mayExportMore(new ModuleScan(text, ".js")), true, text);
  assert.equal(mayExportMore(undefined), true);
});

Deno.test("recent: what was not asked for the longest goes first", () => {
  const recent = new Recent<number>(2);
  recent.set("a", 1);
  recent.set("b", 2);
  assert.equal(recent.get("a"), 1);
  recent.set("c", 3);
  assert.deepEqual([recent.get("a"), recent.get("b"), recent.get("c")], [1, undefined, 3]);
  recent.set("a", 4);
  assert.deepEqual([recent.get("a"), recent.size], [4, 2]);
});

Deno.test("made at run time: no more are remembered than needed, and the rest is found again", async () => {
  const made = (i: number) => new Function("x", `return x + ${i}`) as (x: number) => number;
  const first = made(-1);
  const ref = describeFunction(first);
  assert.equal(recall(ref), first);
  const futures = Array.from({ length: MOST_SOURCES + 10 }, (_, i) => submit(made(i), 1));
  assert.deepEqual(await Promise.all(futures), futures.map((_, i) => i + 1));
  assert.equal(recall(ref), undefined);
  assert.equal((await lookup(ref))(1), 0);
  assert.equal(await submit(first, 5), 4);
});
