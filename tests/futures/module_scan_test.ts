import assert from "node:assert/strict";
import { importsIn, scanModule } from "../../futures/module_scan.ts";

function exportsOf(text: string): Record<string, string> {
  return Object.fromEntries(scanModule(text)!.exports);
}

Deno.test("module scan: every kind of exported declaration", () => {
  const text = `
    export function plain(x: number): number { return x; }
    export async function later() {}
    export function* some() { yield 1; }
    export async function* many<T>(list: T[]) { yield* list; }
    export const arrow = <T,>(x: T): T => x;
    export let first = 1, second: (x: number) => number = (x) => x, third = [1, 2];
    export var old = function inner() {};
    export class Shape { side = 1; }
    export abstract class Form<T extends { a: number }> {}
    export enum Colour { red }
    function hidden() {}
    const alsoHidden = () => hidden;
  `;
  const names = [
    ...["plain", "later", "some", "many", "arrow", "first", "second", "third", "old"],
    ...["Shape", "Form", "Colour"],
  ];
  assert.deepEqual(exportsOf(text), Object.fromEntries(names.map((name) => [name, name])));
});

Deno.test("module scan: destructured exports", () => {
  const text =
    `export const { a, b: c, d: { e = 1 }, ...rest } = make(), [f, , g = 2, ...h] = list;`;
  assert.deepEqual(Object.keys(exportsOf(text)), ["a", "c", "e", "rest", "f", "g", "h"]);
});

Deno.test("module scan: default exports, with and without a name", () => {
  const defaults: Record<string, string> = {
    "export default function square(x: number) {}": "square",
    "export default async function later() {}": "later",
    "export default function* gen() {}": "gen",
    "export default class Shape {}": "Shape",
    "function square() {}\nexport default square;": "square",
    "export default function (x: number) {}": "default",
    "export default async function () {}": "default",
    "export default class extends Array {}": "default",
    "export default (x: number) => x;": "default",
    "export default async (x: number) => x": "default",
    "export default async x => x": "default",
    "export default functional(1)": "default",
  };
  for (const [text, name] of Object.entries(defaults)) {
    assert.deepEqual(exportsOf(text), { [name]: "default" }, text);
  }
});

Deno.test("module scan: lists and aliases", () => {
  const text = `
    function a() {} const b = () => {}, c = 1; type T = string;
    export { a as first, b, type T, c as "a text", };
    export { a as default };
  `;
  assert.deepEqual(exportsOf(text), { a: "first", b: "b", c: "a text" });
});

Deno.test("module scan: types and ambient declarations are no exports", () => {
  const text = `
    export type { Other } from "./other.ts";
    export type Name = string;
    export interface Point { x: number }
    export declare function ambient(x: number): void;
    import type { Thing } from "./thing.ts";
    export type { Thing };
    export const real = 1;
  `;
  assert.deepEqual(exportsOf(text), { real: "real" });
});

Deno.test("module scan: what is exported again is told apart", () => {
  const text = `
    import median, { mean as average, mode } from "npm:statistics";
    import * as all from "./all.ts";
    export { deviation as spread } from "npm:statistics";
    export { default as range } from "npm:range";
    export * from "./more.ts";
    export * as more from "./more.ts";
    export { average, mode, median, all };
  `;
  const scan = scanModule(text)!;
  assert.deepEqual(Object.fromEntries(scan.passedOn), {
    deviation: "spread",
    default: "range",
    mean: "average",
    mode: "mode",
  });
  assert.deepEqual(Object.fromEntries(scan.exports), { median: "median", all: "all" });
});

Deno.test("module scan: functions in exported classes and objects, and only those", () => {
  const text = `
    export class Circle {
      static area(r: number) { return r; }
      static async *points() {}
      static edge = (r: number) => r;
      static unit = 1;
      static get cached() { return 1; }
      static #secret() {}
      static [Symbol.iterator]() {}
      grow() {}
    }
    class Hidden { static area2() {} }
    export const tools = { cut() {}, "file it": () => 1, glue: function () {}, count: 3, ...Circle };
    export default { fetch() {} };
  `;
  assert.deepEqual(exportsOf(text), {
    Circle: "Circle",
    tools: "tools",
    default: "default",
    area: "Circle.area",
    points: "Circle.points",
    edge: "Circle.edge",
    cut: "tools.cut",
    "file it": "tools.file it",
    glue: "tools.glue",
    fetch: "default.fetch",
  });
  const own = exportsOf("export function area() {} export class Circle { static area() {} }");
  assert.equal(own.area, "area", "a function's own export comes before a class's member");
});

Deno.test("module scan: only code counts, not strings, templates, comments or patterns", () => {
  const text = [
    "// export function inComment() {}",
    "/* export function inBlock() {}",
    "export function inBlockToo() {} */",
    "const a = 'export function inString() {}', b = \"/*\";",
    "const c = `",
    "export function inTemplate() {}",
    "${(() => { const d = `export const nested = 1`; return d; })()}",
    "export const inTemplateToo = 1`;",
    "const accept = '*/*', quote = /[\"'`]/, slashes = 1 / 2 / 3;",
    "export function real() {} // export function behind() {}",
    "if (quote) { const e = `}`; }",
    "export const url = 'http://x/*';",
    "export const last = `*/ ${'`'}`;",
  ].join("\n");
  assert.deepEqual(Object.keys(exportsOf(text)), ["real", "url", "last"]);
});

Deno.test("module scan: code without semicolons, and with a first line for the shell", () => {
  const text = [
    "#!/usr/bin/env -S deno run -A",
    "const list = [1, 2]",
    "export const a = (x: number) => x + 1",
    "export const b = a",
    "console.log(list, a)",
    "export { list as c }",
  ].join("\n");
  assert.deepEqual(exportsOf(text), { a: "a", b: "b", list: "c" });
});

Deno.test("module scan: what TypeScript adds besides types", () => {
  const text = `
    namespace Inner { export function notThis() {} export const norThis = 1; }
    class Point { constructor(private readonly x: number) {} }
    export const point = <Point> new Point(1), same = point satisfies Point, sure = point!;
    using handle = open();
    export const top = await Promise.resolve(1);
  `;
  assert.deepEqual(Object.keys(exportsOf(text)), ["point", "same", "sure", "top"]);
});

Deno.test("module scan: a text that cannot be read is no reason to fail", () => {
  assert.equal(scanModule("export const page = <div>it's</div>;"), undefined);
  assert.equal(scanModule("export function ("), undefined);
  assert.deepEqual(exportsOf(""), {});
});

Deno.test("module scan: names declared at the top level, but not imports of globals as they are", () => {
  const text = `
    import { performance } from "node:perf_hooks";
    import process from "process";
    import { setTimeout } from "node:timers/promises";
    import * as crypto from "node:crypto";
    import { Event as Happening } from "./event.ts";
    class Worker {}
    function report(status: string) { const name = status; return [name, performance, process]; }
    const { URL, x: [Blob] } = other, File = 1;
    console.log(setTimeout, crypto, Happening, Worker, report, URL, Blob, File);
  `;
  const { declared } = scanModule(text)!;
  assert.deepEqual(
    [...declared].sort(),
    ["Blob", "File", "Happening", "URL", "Worker", "crypto", "report", "setTimeout"],
  );
});

Deno.test("module scan: specifiers of all kinds of imports", () => {
  const text = `
    import "./first.ts"; import a, { b } from '../second.ts';
    import type { C } from "./third.ts";
    export * from "./fourth.ts"; export { d } from "lib/fifth.ts";
    export {
      e,
    } from "npm:sixth@1";
    const g = await import("./seventh.ts"), h = import( '/eighth.ts', { with: {} });
  `;
  assert.deepEqual(importsIn(text), [
    "./first.ts",
    "../second.ts",
    "./third.ts",
    "./fourth.ts",
    "lib/fifth.ts",
    "npm:sixth@1",
    "./seventh.ts",
    "/eighth.ts",
  ]);
});
