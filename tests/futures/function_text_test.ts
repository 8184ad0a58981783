/** What counts as a change of a function's code. */

import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { FunctionHandle } from "../../futures/function_handle.ts";
import { functionDigest } from "../../futures/function_text.ts";
import { setProgram } from "../../futures/function_ref.ts";

const MAIN = `
import { scale } from "./scale.ts";
import { other } from "./other.ts";
import { both } from "./library.js";
import data from "./data.json" with { type: "json" };

const factor = 2;
let table = [1];
table.push(2);
const unused = 1;

const filled: number[] = [];
function fill(list: number[], count: number) {
  for (let i = 0; i < count; i++) list.push(i);
}
fill(filled, 3);
let rate = 1;
function setRate() {
  rate = 2;
}
const before = setRate();
export const through = (x: number) => both(x);
export const rated = (x: number) => x * rate + filled.length;

function helper(x: number): number {
  return x * factor + table[0]!;
}

/** It works. */
export function work(x: number): number {
  return scale(helper(x));
}

export const closure = ((by: number) => (x: number) => x * by)(3);

export const later = async (x: number) => (await import("./late.ts")).late(x) + data[0]!;

if (import.meta.main) {
  table = [5];
  console.log(other, unused, work(1));
}
`;
/** What only a tree shows, and what only the program's own configuration resolves. */
const LIBRARY = `import {
  one, // it's the first (of two)
} from "./one.js"; import { two } from "./two.js";
export const both = (x) => one + two + x;
`;
const FILES: Readonly<Record<string, string>> = {
  "library.js": LIBRARY,
  "one.js": "export const one = 1;\n",
  "two.js": "export const two = 2;\n",
  "mapped.ts": "export const mapped = 3;\n",
  "main.ts": MAIN,
  "scale.ts": `import { deep } from "./deep.ts";\nexport const scale = (x: number) => x * deep;\n`,
  "deep.ts": "export const deep = 7;\n",
  "other.ts": "export const other = 1;\n",
  "late.ts": "export const late = (x: number) => x;\n",
  "data.json": "[1]",
};

/** The digest of an exported function of a program with some of its texts replaced. */
async function digest(
  name: string,
  ...changes: [file: string, from: string, to: string][]
): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const texts: Record<string, string> = { ...FILES };
    for (const [file, from, to] of changes) {
      assert.ok(texts[file]!.includes(from), from);
      texts[file] = texts[file]!.replaceAll(from, to);
    }
    for (const [file, text] of Object.entries(texts)) {
      await Deno.writeTextFile(`${folder}/${file}`, text);
    }
    const main = pathToFileURL(`${folder}/main.ts`).href;
    setProgram({ main, modules: [] });
    const fn = (await import(main))[name];
    const ref = { kind: "export" as const, module: "", name, hash: "" };
    return functionDigest(new FunctionHandle(ref, fn)).toHex();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("function text: it is the same in another folder, and of each function another", async () => {
  assert.equal(await digest("work"), await digest("work"));
  assert.notEqual(await digest("work"), await digest("closure"));
});

Deno.test("function text: what a function uses is a part of it, however far", async (t) => {
  const table: [name: string, file: string, from: string, to: string][] = [
    ["work", "main.ts", "scale(helper(x))", "scale(helper(x)) + 1"],
    ["work", "main.ts", "x * factor", "x + factor"],
    ["work", "main.ts", "factor = 2", "factor = 3"],
    ["work", "main.ts", "table.push(2)", "table.push(3)"],
    ["work", "scale.ts", "x * deep", "x + deep"],
    ["work", "deep.ts", "7", "8"],
    ["closure", "main.ts", "x * by)(3)", "x * by)(4)"],
    ["through", "one.js", "1", "5"],
    ["through", "two.js", "2", "5"],
    ["rated", "main.ts", "fill(filled, 3)", "fill(filled, 5)"],
    ["rated", "main.ts", "list.push(i)", "list.push(i, i)"],
    ["rated", "main.ts", "rate = 2", "rate = 3"],
    ["rated", "main.ts", "before = setRate()", "before = 0"],
    ["later", "late.ts", "=> x", "=> x + 1"],
    ["later", "data.json", "1", "2"],
  ];
  for (const [name, ...change] of table) {
    await t.step(`${name}: ${change.slice(1).join(" -> ")}`, async () => {
      assert.notEqual(await digest(name), await digest(name, change));
    });
  }
});

Deno.test("function text: what it does not use is not", async (t) => {
  const table: [file: string, from: string, to: string][] = [
    ["main.ts", "unused = 1", "unused = 2"],
    ["main.ts", "work(1)", "work(2)"],
    ["main.ts", "table = [5]", "table = [6]"],
    ["main.ts", "It works.", "It really works."],
    ["other.ts", "1", "2"],
    ["late.ts", "=> x", "=> x + 1"],
    ["main.ts", "rate = 2", "rate = 3"],
    ["main.ts", "fill(filled, 3)", "fill(filled, 5)"],
  ];
  for (const change of table) {
    await t.step(change.slice(1).join(" -> "), async () => {
      assert.equal(await digest("work"), await digest("work", change));
    });
  }
});

Deno.test("function text: where nobody knows what an import means, any module may be meant", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const digests = new Set<string>();
    for (const [i, mapped] of [3, 3, 4].entries()) {
      const own = `${folder}/${i}`;
      await Deno.mkdir(own);
      await Deno.writeTextFile(`${own}/mapped.ts`, `export const mapped = ${mapped};\n`);
      await Deno.writeTextFile(
        `${own}/main.ts`,
        'import { mapped } from "@nowhere/mapped.ts";\nexport const f = (x) => x + mapped;\n',
      );
      // As Deno's graph has told.
      const url = (name: string) => pathToFileURL(`${own}/${name}`).href;
      setProgram({ main: url("main.ts"), modules: [url("mapped.ts")] });
      const fn = new Function("mapped", "return (x)=>x + mapped")(mapped);
      const handle = new FunctionHandle({ kind: "export", module: "", name: "f", hash: "" }, fn);
      digests.add(functionDigest(handle).toHex());
    }
    assert.equal(digests.size, 2);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("function text: where a text cannot be read, all of the module counts", async () => {
  const odd: [string, string, string] = [
    "main.ts",
    "export const closure",
    "const same = () => 1;\nexport const closure",
  ];
  assert.notEqual(await digest("closure", odd), await digest("closure"));
});
