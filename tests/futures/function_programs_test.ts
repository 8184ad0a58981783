/** Functions are named in one process and found in another: here, where a program is imported. */

import assert from "node:assert/strict";
import { lookup } from "../../futures/function_lookup.ts";
import { indexExports, setProgram } from "../../futures/function_ref.ts";
import type { FunctionRef } from "../../futures/function_ref.ts";
import { runAlone } from "../launch_program.ts";
import { valueOf } from "./fixtures/kinds_program.ts";

const url = (name: string) => new URL(`fixtures/${name}`, import.meta.url).href;

/** What fixtures/kinds_program.ts prints. */
interface Report {
  named: Record<string, FunctionRef>;
  refusals: Record<string, string>;
  expected: Record<string, unknown>;
}

// deno-lint-ignore no-explicit-any
async function run(program: string, args: string[], flags: string[] = []): Promise<any> {
  const { code, stdout, stderr } = await runAlone(url(program), { args, flags });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

async function beWorkerOf(program: string, ...modules: string[]): Promise<void> {
  setProgram({ main: url(program), modules: modules.map(url) });
  await indexExports();
}

/** Finds every function here and compares what it does. */
async function findAll(report: Report): Promise<void> {
  await beWorkerOf("kinds_program.ts", "kinds_geometry.ts");
  for (const [key, ref] of Object.entries(report.named)) {
    const fn = await lookup(ref);
    assert.deepEqual(await valueOf(fn), report.expected[key], key);
  }
}

function kinds(named: Report["named"]): Record<string, string> {
  const texts = Object.entries(named).map(([key, ref]) => {
    assert.equal(typeof ref, "object", `${key}: ${ref}`);
    return [key, ref.kind === "export" ? `export ${ref.module} ${ref.name}` : ref.kind];
  });
  return Object.fromEntries(texts);
}

const KINDS = {
  plain: "export  plain",
  arrow: "export  arrow",
  later: "export  later",
  steps: "export  steps",
  slowly: "export  slowly",
  original: "export  alias",
  area: "export ./kinds_geometry.ts area",
  around: "export ./kinds_geometry.ts perimeter",
  cubed: "export ./kinds_geometry.ts default",
  shift: "export  Tools.shift",
  turn: "export  kit.turn",
  flip: "export  kit.flip",
  // A comment and a template say that it is exported.
  hidden: "source",
  own: "task",
  registeredTwice: "task",
  anonymous: "task",
  inline: "source",
  builtin: "builtin",
  async: "source",
  method: "source",
};

Deno.test("programs: what one names at its top level is found by a worker", async () => {
  const report: Report = await run("kinds_program.ts", ["early"]);
  const { double, triple, ...named } = report.named;
  assert.deepEqual(kinds(named), KINDS);
  // That these are exported can only be seen once the program's top level is over.
  assert.match(String(double), /cannot send an anonymous function: .*"factor"/);
  assert.equal(double, triple);
  await findAll({ ...report, named });
});

Deno.test("programs: what one names later is found, closures included", async () => {
  const report: Report = await run("kinds_program.ts", ["late"]);
  assert.deepEqual(kinds(report.named), {
    ...KINDS,
    // By now it is known by identity, as what the main module passes on.
    area: "export  area",
    double: "export  double",
    triple: "export  triple",
  });
  await findAll(report);
});

Deno.test("programs: what cannot be sent is refused at the call, with the reason", async () => {
  const reasons: Record<string, RegExp> = {
    closure: /cannot send an anonymous function: it uses the variable "factor" of its/,
    two: /the function "two": it uses the variables "hidden" and "offset" of its/,
    named: /the function "named": .*"offset"/,
    shadow: /the function "shadow": .*the variable "Event"/,
    classes: /the class "Event": a class is not called as a task/,
    bound: /"bound hidden": it was made with bind\(\)/,
    self: /"self": it uses "this"/,
    here: /"here": it uses import\.meta/,
    relative: /"relative": it uses import\(\) with something other than a full URL/,
    native: /"map": it is native code/,
  };
  for (const when of ["early", "late"]) {
    const { refusals }: Report = await run("kinds_program.ts", [when]);
    assert.deepEqual(Object.keys(refusals), Object.keys(reasons));
    for (const [key, reason] of Object.entries(reasons)) {
      assert.match(refusals[key]!, /^UnknownFunctionError: cannot send /);
      assert.match(refusals[key]!, reason);
      if (key !== "classes") assert.match(refusals[key]!, /Export it from a module, .*task\(\)\.$/);
    }
  }
});

Deno.test("programs: one that must not read its own text still names its exports", async () => {
  const report: Report = await run("kinds_program.ts", ["early"], ["--deny-read"]);
  const { double: _, triple: __, ...named } = report.named;
  assert.equal(kinds(named).plain, "export  plain");
  // The worker knows better where this one is.
  assert.equal(kinds(named).around, "export  perimeter");
  await findAll({ ...report, named });
});

Deno.test("programs: functions of one name and source are never mixed up", async () => {
  type Named = Record<string, { ref: FunctionRef; result: number } | string>;
  const [early, late]: Named[] = await Promise.all(
    ["early", "late"].map((when) => run("same_program.ts", [when])),
  );
  await beWorkerOf("same_program.ts", "same_a.ts", "same_b.ts");
  for (const named of [early!, late!]) {
    const { evaluate, local, scale, secret, secretA, ...others } = named;
    assert.match(String(evaluate), /"evaluate": it uses the variable "factor"/);
    assert.match(String(local), /cannot send the function "scale"/);
    assert.match(String(secretA), /cannot send the function "secret"/);
    // Only identity tells them from those that nobody exports.
    if (named === late) Object.assign(others, { scale, secret });
    for (const early of named === late ? [] : [scale, secret]) {
      assert.match(String(early), /several functions of its name and source.*with task\(\)\.$/);
    }
    for (const [key, one] of Object.entries(others)) {
      assert.equal(typeof one, "object", `${key}: ${one}`);
      if (typeof one === "object") assert.equal((await lookup(one.ref))(10), one.result, key);
    }
  }
});

Deno.test("programs: an import map says where modules are", async () => {
  const folder = await Deno.makeTempDir({ prefix: "scoop test " });
  try {
    const write = (name: string, text: string) => Deno.writeTextFile(`${folder}/${name}`, text);
    const futures = new URL("../../futures/", import.meta.url).href;
    await write("deno.json", `{ "imports": { "@/": "./", "lib": "./lib/math.ts" } }`);
    await Deno.mkdir(`${folder}/lib`);
    await write("lib/math.ts", `const two = 2; export const double = (x: number) => x * two;`);
    await write("more.ts", `const three = 3; export const triple = (x: number) => x * three;`);
    await write(
      "main.ts",
      `import { double } from "lib";
       import { triple } from "@/more.ts";
       import { describeFunction } from "${futures}function_ref.ts";
       console.log(JSON.stringify({ double, triple }, (_key, value) =>
         typeof value === "function" ? describeFunction(value) : value));`,
    );
    const { stdout, stderr } = await runAlone(`${folder}/main.ts`, { cwd: folder });
    assert.equal(stderr, "");
    assert.deepEqual(kinds(JSON.parse(stdout)), {
      double: "export ./lib/math.ts double",
      triple: "export ./more.ts triple",
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("programs: an origin finds its functions before its top level has ended", async () => {
  const { conflict, nested, ...report } = await run("early_program.ts", []);
  assert.deepEqual(report, {
    // A second copy of the program answers meanwhile, made once.
    export: [101, false],
    again: true,
    early: true,
    late: [301, false, false],
    evaluations: 2,
    // The copy came first; the original takes its place.
    registered: true,
    same: true,
    last: true,
  });
  assert.ok(nested > 0);
  assert.match(conflict, /another function is registered as "late"/);
});
