/** Functions are named in one process and found in another: here, where a program is imported. */

import assert from "node:assert/strict";
import { lookup } from "../../futures/function_lookup.ts";
import { indexExports } from "../../futures/function_ref.ts";
import type { FunctionRef } from "../../futures/function_ref.ts";
import { setProgram } from "../../futures/program.ts";
import { runAlone } from "../launch_program.ts";

const PROGRAMS = new URL("programs/", import.meta.url);
const url = (name: string) => new URL(name, PROGRAMS).href;

/** What programs/functions.ts prints. */
interface Report {
  named: Record<string, FunctionRef>;
  refusals: Record<string, string>;
  expected: Record<string, unknown>;
}

async function reportOf(program: string, ...args: string[]): Promise<Report> {
  const { code, stdout, stderr } = await runAlone(url(program), { args });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

async function beWorkerOf(program: string, ...modules: string[]): Promise<void> {
  setProgram({ main: url(program), modules: modules.map(url) });
  await indexExports();
}

/** Finds every function here and compares what it does. */
async function findAll({ named, expected }: Report, leftOut: string[] = []): Promise<void> {
  const { valueOf } = await import("./programs/functions.ts");
  for (const [key, ref] of Object.entries(named)) {
    if (leftOut.includes(key)) continue;
    assert.equal(typeof ref, "object", `${key}: ${ref}`);
    const fn = await lookup(ref);
    assert.deepEqual(await valueOf(fn), expected[key], key);
  }
}

const kinds = (named: Report["named"]) =>
  Object.fromEntries(
    Object.entries(named).map(([key, ref]) => {
      return [key, ref.kind === "export" ? `export ${ref.module} ${ref.name}` : ref.kind];
    }),
  );

const KINDS = {
  plain: "export  plain",
  arrow: "export  arrow",
  later: "export  later",
  steps: "export  steps",
  slowly: "export  slowly",
  original: "export  alias",
  area: "export ./geometry.ts area",
  around: "export ./geometry.ts perimeter",
  cubed: "export ./geometry.ts default",
  shift: "export  Tools.shift",
  turn: "export  kit.turn",
  flip: "export  kit.flip",
  hidden: "source",
  own: "task",
  registeredTwice: "task",
  anonymous: "task",
  inline: "source",
  builtin: "builtin",
  async: "source",
  method: "source",
};

Deno.test("function lookup: what a program names at its top level is found by a worker", async () => {
  const report = await reportOf("functions.ts", "early");
  const { double, triple, ...named } = report.named;
  assert.deepEqual(kinds(named), KINDS);
  // That these are exported can only be seen once the program's top level is over.
  assert.match(String(double), /cannot send the function to another worker: .*"factor"/);
  assert.equal(double, triple);
  await beWorkerOf("functions.ts", "geometry.ts");
  await findAll(report, ["double", "triple"]);
});

Deno.test("function lookup: what a program names later is found, closures included", async () => {
  const report = await reportOf("functions.ts", "late");
  const { area } = report.named;
  assert.deepEqual(kinds({ ...report.named, area: area! }), {
    ...KINDS,
    // By now it is known by identity, as what the main module passes on.
    area: "export  area",
    double: "export  double",
    triple: "export  triple",
  });
  await beWorkerOf("functions.ts", "geometry.ts");
  await findAll(report);
});

Deno.test("function lookup: what cannot be sent is refused at the call, with the reason", async () => {
  const ways =
    /Export it from a module of the program, pass what it needs as arguments, or register/;
  for (const when of ["early", "late"]) {
    const { refusals } = await reportOf("functions.ts", when);
    const reasons: Record<string, RegExp> = {
      closure: /cannot send the function to another worker: it uses the variable "factor" of its/,
      two: /cannot send the function "two" .*: it uses the variables "hidden" and "offset" of its/,
      named: /the function "named" .*"offset"/,
      shadow: /the function "shadow" .*the variable "Event"/,
      classes: /"Event" .*it is a class/,
      bound: /"bound hidden" .*bound function/,
      self: /"self" .*"this"/,
      here: /"here" .*"import\.meta"/,
      relative: /"relative" .*relative path/,
      native: /"map" .*native code/,
    };
    assert.deepEqual(Object.keys(refusals), Object.keys(reasons));
    for (const [key, reason] of Object.entries(reasons)) {
      assert.match(refusals[key]!, /^UnknownFunctionError: /);
      assert.match(refusals[key]!, reason);
      assert.match(refusals[key]!, ways);
    }
  }
});

Deno.test("function lookup: an import map says where modules are", async () => {
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
       import { setProgram } from "${futures}program.ts";
       setProgram({ main: Deno.mainModule, modules: [] });
       console.log(JSON.stringify([double, triple].map(describeFunction)));`,
    );
    const { stdout, stderr } = await runAlone(`${folder}/main.ts`, { cwd: folder });
    assert.equal(stderr, "");
    const refs: FunctionRef[] = JSON.parse(stdout);
    assert.deepEqual(Object.values(kinds({ ...refs } as unknown as Report["named"])), [
      "export ./lib/math.ts double",
      "export ./more.ts triple",
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("function lookup: a program that must not read its own text still names its exports", async () => {
  const { code, stdout, stderr } = await runAlone(url("functions.ts"), {
    args: ["early"],
    flags: ["--deny-read"],
  });
  assert.equal(code, 0, stderr);
  const report: Report = JSON.parse(stdout);
  assert.equal(kinds(report.named).plain, "export * plain");
  assert.equal(kinds(report.named).shift, "export * shift");
  assert.equal(kinds(report.named).inline, "source");
  await beWorkerOf("functions.ts", "geometry.ts");
  // Their text is the same, so nobody can tell which of both is meant.
  const { double: _, triple: __, ...named } = report.named;
  await findAll({ ...report, named });
});

Deno.test("function lookup: equal names and texts are never mixed up", async () => {
  const { code, stdout, stderr } = await runAlone(url("same.ts"));
  assert.equal(code, 0, stderr);
  const { ref, alike, error } = JSON.parse(stdout);
  assert.equal(ref.module, "*");
  assert.equal(alike, true, "what stands alone is the same anywhere");
  const several = /several functions "evaluate" with the same text.*task\(fn, \{ name/;
  assert.match(error, several);
  await beWorkerOf("same.ts", "same_a.ts", "same_b.ts");
  await assert.rejects(async () => await lookup(ref), several);
  // Whoever names the module gets that one.
  const at = (module: string) => lookup({ ...ref, module });
  assert.equal((await at("./same_a.ts"))(10), 20);
  assert.equal((await at("./same_b.ts"))(10), 30);
});

Deno.test("function lookup: another version of a function is refused", async () => {
  await beWorkerOf("functions.ts", "geometry.ts");
  const rejects = (ref: FunctionRef, message: RegExp) =>
    assert.rejects(async () => await lookup(ref), { name: "UnknownFunctionError", message });
  const hash = "0123456789abcdef";
  const differs = /is not the same here as where it was called: .*same version of the program/;
  await rejects({ kind: "export", module: "", name: "plain", hash }, differs);
  await rejects({ kind: "task", name: "secret", hash }, differs);
  await rejects(
    { kind: "export", module: "", name: "nowhere", hash },
    /the function "nowhere" is not exported by the program: export it, or register it with task/,
  );
  await rejects(
    { kind: "task", name: "nowhere", hash },
    /no task is registered as "nowhere" on this worker: call task\(\) at the top level/,
  );
  await rejects({ kind: "source", name: "odd", source: "(x =>" }, /the source of "odd" cannot be/);
  await rejects({ kind: "other" } as unknown as FunctionRef, /no function is named by/);
});

Deno.test("function lookup: a failed import is told, on every attempt", async () => {
  await beWorkerOf("broken.ts");
  const hash = "0123456789abcdef";
  const message = new RegExp(`^this worker could not import file:.*broken\\.ts: no data here$`);
  const refs: FunctionRef[] = [
    { kind: "export", module: "", name: "work", hash },
    { kind: "export", module: "", name: "work", hash },
    { kind: "task", name: "work", hash },
  ];
  for (const ref of refs) {
    await assert.rejects(async () => await lookup(ref), { name: "UnknownFunctionError", message });
  }
  // What needs no module of the program works all the same.
  assert.equal((await lookup({ kind: "builtin", name: "Math.sqrt" }))(9), 3);
});
