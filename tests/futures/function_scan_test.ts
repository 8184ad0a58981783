import assert from "node:assert/strict";
import {
  countOf,
  declares,
  discoverProgram,
  exportedName,
  isVariable,
  likelyName,
  loads,
  ModuleScan,
  scanOf,
} from "../../futures/module_scan.ts";

const here = (name: string) => new URL(`fixtures/${name}`, import.meta.url).href;

const TEXT = `#!/usr/bin/env deno
/* export function commented() {} */ import first, { second as renamed, type Third } from "./a.ts";
import type { Only } from "./types.ts";
import * as all from "./b.ts";
import "./side.ts";
import process from "node:process";
import defer * as later from "./later.ts";
// export function line() {}
const text = \`
export function inTemplate() {}
\`;
/** Documented. */
export
  async function* multi<T extends { a: 1 }>(a: T, b = "}"): AsyncGenerator<{ b: 2 }> { yield a; }
export const one: Map<string, Promise<number>> = new Map(), arrow = (n: number): number => n + one.size;
export let { x, y: { z } } = { x: 1, y: { z: 2 } };
const local = (n: number) => { return n * 2 };
export { local as exported, local as "with space", type Third };
export { far, near as nearer } from "./far.ts";
export * from "./star.ts"; export * as star from "./star2.ts";
export default function named(): void {}
export type T = string; export interface I { export: number }
export enum Color { Red }
export class Shape { static area() { return 1 } }
export declare function declared(): void;
const fetch = traced(function work(n) { return n }); export { fetch as work };
if (import.meta.main) { const local = (n: number) => n * 3; function hidden() { return later } }
console.log(first, renamed, all, process, text);
`;

Deno.test("scan: exports and imports of a module", () => {
  const scan = new ModuleScan(TEXT.replace("import defer * as later", "import * as later"));
  assert.ok(scan.exact);
  const exports = Object.fromEntries(scan.exports);
  for (const name of ["multi", "one", "Shape"]) assert.equal(exports[name], name);
  assert.equal(exports.exported, "local");
  assert.equal(exports["with space"], "local");
  assert.equal(exports.nearer, "near");
  assert.equal(exports.default, "named");
  for (const name of ["T", "I", "declared", "line", "hidden", "Third", "local"]) {
    assert.equal(exports[name], undefined, name);
  }
  const loaded = "./a.ts ./b.ts node:process ./later.ts ./far.ts ./star.ts ./star2.ts ./side.ts";
  assert.deepEqual(scan.imports.toSorted(), loaded.split(" ").toSorted());
});

Deno.test("scan: finds a function letter by letter, where it is exported", () => {
  const scan = new ModuleScan(
    `export function square(x: number) { return x * x }
     export const a = 1, cube = (x: number) => x ** 3;
     const half = (x: number) => x / 2; export { half as halved };
     function plain() {} export default plain;
     const secret = (x: number) => x;
     if (a) { const cube = (x: number) => x + a; function square() { return 5 } }`,
  );
  const find = (source: string, name: string) => exportedName(scan, source, name);
  assert.equal(find("function square(x) {\n  return x * x;\n}", "square"), "square");
  assert.equal(find("(x)=>x ** 3", "cube"), "cube");
  assert.equal(find("(x)=>x / 2", "half"), "halved");
  assert.equal(find("function plain() {}", "plain"), "default");
  assert.equal(find("(x)=>x", "secret"), undefined);
  assert.equal(find("(x)=>x + a", "cube"), undefined, "a block's own");
  assert.equal(find("(x)=>x ** 3", ""), undefined, "the same code without a name is another");
  assert.equal(find("(x)=>x ** 3", "other"), undefined);
});

Deno.test("scan: members of exported classes and objects", () => {
  const scan = new ModuleScan(
    `export class Shape { side = 1; static area(x: number) { return x + a } }
     export const tools = { cut(x: number) { return x - a } };
     class Hidden { static dig(x: number) { return x * a } }`,
  );
  const member = (text: string, name: string) => exportedName(scan, text, name);
  assert.equal(member("area(x) {\n    return x + a;\n  }", "area"), "Shape.area");
  assert.equal(member("cut (x) {\n    return x - a;\n  }", "cut"), "tools.cut");
  assert.equal(member("dig(x) {\n    return x * a;\n  }", "dig"), undefined);
});

Deno.test("scan: defaults without a name", () => {
  const arrow = new ModuleScan("export default (x: number) => x * 2;");
  assert.equal(exportedName(arrow, "(x)=>x * 2", "default"), "default");
  assert.equal(exportedName(arrow, "(x)=>x * 2", ""), undefined);
  const fn = new ModuleScan("export default async function (x: number) { return x }");
  assert.equal(exportedName(fn, "async function(x) {\n  return x;\n}", "default"), "default");
});

Deno.test("scan: JavaScript is searched as it is", () => {
  const scan = new ModuleScan("export const f=x=>x+1\nfunction g() { }\nexport {g as h}\n", ".js");
  assert.equal(exportedName(scan, "x=>x+1", "f"), "f");
  assert.equal(exportedName(scan, "function g() { }", "g"), "h");
});

Deno.test("scan: names are a hint where the text cannot be compared", () => {
  const jsx = new ModuleScan("export const view = (x: number) => <b>{x}</b>;\n", ".tsx");
  assert.equal(jsx.exact, false);
  assert.equal(exportedName(jsx, "(x)=>x", "view"), undefined);
  assert.equal(likelyName(jsx, "(x)=>x", "view"), "view");
  assert.equal(new ModuleScan("export const a = = 1;").exact, false);
  const passed = "function work(n) {\n  return n;\n}";
  const scan = new ModuleScan(TEXT.replace("defer ", ""));
  assert.equal(likelyName(scan, passed, "far"), "far", "exported from elsewhere");
  assert.equal(likelyName(scan, "(n)=>n * 3", "local"), undefined, "not the exported one");
  const traced = new ModuleScan("export const work = traced(function work(n) { return n });");
  assert.equal(likelyName(traced, passed, "work"), "work");
});

Deno.test("scan: names a module gives to something of its own", () => {
  const scan = new ModuleScan(TEXT.replace("defer ", ""));
  for (
    const name of ["fetch", "first", "renamed", "all", "local", "multi", "z", "Shape", "named"]
  ) {
    assert.ok(declares(scan, name), name);
  }
  for (const name of ["second", "Third", "Promise", "Map", "Only", "hidden", "console"]) {
    assert.ok(!declares(scan, name), name);
  }
  assert.ok(!declares(scan, "process"), "the same as the global");
});

Deno.test("scan: tells a variable from a property", () => {
  const scan = new ModuleScan(
    "function f() { const fact = (n) => fact(n - 1); }\nconst o = { run: (x) => run(x) };",
  );
  assert.ok(isVariable(scan, "fact", "(n)=>fact(n - 1)"));
  assert.ok(!isVariable(scan, "run", "(x)=>run(x)"));
});

Deno.test("scan: discovers the modules of a program", async () => {
  const main = here("functions_program.ts");
  const { modules } = await discoverProgram(main);
  assert.ok(modules.includes(here("functions_lib.ts")));
  assert.ok(modules.includes(here("functions_reexport.ts")));
  assert.ok(!modules.includes(main));
  assert.deepEqual(modules.filter((url) => url.includes("acorn")), [], "no packages");
  assert.equal(loads(main, main), false);
  const cyclic = here("functions_cycle_program.ts");
  assert.ok(loads(cyclic, cyclic));
});

Deno.test("scan: what cannot be read has no scan", () => {
  assert.equal(scanOf(here("there_is_no_such_file.ts")), undefined);
  assert.equal(scanOf("https://example.com/program.ts"), undefined);
});

Deno.test("scan: statements in templates and comments are no exports", () => {
  const scan = new ModuleScan([
    "/*",
    "export function inComment() {}",
    "*/",
    "const text = `",
    "export function inTemplate() {}",
    "${[`of ${tick} and more`]}",
    "export const after = 1;",
    "`, tick = /[\"'`]/g, path = '/*', quoted = \"`\";",
    "export function real() { return [text, tick, path, quoted]; }",
    "/* Here: */ export const behind = 1; // export const never = 1;",
    "export const last = `*/`;",
  ].join("\n"));
  assert.ok(scan.exact);
  assert.deepEqual([...scan.exports.keys()].toSorted(), ["behind", "last", "real"]);
});

Deno.test("scan: imports are found wherever they may be written, and nowhere else", () => {
  const text = [
    'import { a } from "./a.js"; import b from "./b.js"; import "./c.js";',
    "import {",
    "  d, // the factor (of all), it's = 1",
    '} from "./d.js";',
    'export * from "./e.js";',
    "/* not any more:",
    'import "./commented.js";',
    "*/",
    "const text = `",
    'import "./templated.js";',
    "`;",
    '// import "./lined.js";',
    '/* Here: */ import { f } from "./f.js";',
  ].join("\n");
  for (const extension of [".js", ".tsx"]) {
    const { imports, mentioned } = new ModuleScan(text, extension);
    const right = ["a", "b", "c", "d", "e", "f"].map((name) => `./${name}.js`);
    assert.deepEqual(imports.toSorted(), right, extension);
    assert.deepEqual(mentioned.toSorted(), right, extension);
  }
});

Deno.test("scan: functions that are properties of exported classes and objects", () => {
  const scan = new ModuleScan(
    `export class Shape { static area = (x: number) => x + a; static "the side" = () => a }
     export const tools = { cut: (x: number) => x - a, glue: function (x: number) { return a } };
     const hidden = { dig: (x: number) => x * a };`,
  );
  assert.equal(exportedName(scan, "(x)=>x + a", "area"), "Shape.area");
  assert.equal(exportedName(scan, "(x)=>x - a", "cut"), "tools.cut");
  assert.equal(exportedName(scan, "function(x) {\n    return a;\n  }", "glue"), "tools.glue");
  assert.equal(exportedName(scan, "(x)=>x - a", "area"), undefined);
  assert.equal(exportedName(scan, "(x)=>x * a", "dig"), undefined);
});

Deno.test("scan: counts the functions that look alike", () => {
  const scan = new ModuleScan(
    `export const scale = (x: number) => x * a;
     export function twice(x: number) { return 2 * x }
     function make(a: number) { const scale = (x: number) => x * a; return scale }
     const other = { scale: (x: number) => x * a, upscale: (x: number) => x * a };`,
  );
  assert.equal(countOf(scan, "(x)=>x * a", "scale"), 3);
  assert.equal(countOf(scan, "(x)=>x * a", "upscale"), 1);
  assert.equal(countOf(scan, "(x)=>x * a", "other"), 0);
  assert.equal(countOf(scan, "(x)=>x * a", ""), 0);
  assert.equal(countOf(scan, "function twice(x) {\n  return 2 * x;\n}", "twice"), 1);
});
