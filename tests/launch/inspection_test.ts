import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspectProgram, readGraph } from "../../launch/inspection.ts";
import { findProgram, pathsToRead } from "../../launch/program.ts";
import { inFolder } from "./in_folder.ts";

Deno.test("the local modules of a program are listed, and only those it loads at once", () =>
  inFolder({
    "deno.json": '{"imports":{"mapped":"./lib/mapped.ts"}}',
    "src/prog.ts": `
      import "./one.ts";
      import "mapped";
      import data from "../data.json" with { type: "json" };
      import type { T } from "./missing_types.ts";
      import "node:path";
      if (Deno.args[0]) await import("./missing_later.ts");
      export const x: T = data;`,
    "src/one.ts": 'import "./two.ts"; import "./prog.ts"; export {};',
    "src/two.ts": "export {};",
    "lib/mapped.ts": "export {};",
    "data.json": "{}",
  }, async (folder) => {
    const program = findProgram("src/prog.ts", folder);
    const { modules, files, problem } = await inspectProgram(Deno.execPath(), program.url, [
      "--config",
      join(folder, "deno.json"),
      "--no-lock",
    ]);
    const url = (name: string) => pathToFileURL(join(folder, name)).href;
    assert.equal(problem, undefined);
    assert.deepEqual(
      modules.toSorted(),
      ["lib/mapped.ts", "src/one.ts", "src/two.ts"].map(url),
    );
    assert.deepEqual(
      files.toSorted(),
      ["data.json", "lib/mapped.ts", "src/one.ts", "src/prog.ts", "src/two.ts"].map(url),
    );
    assert.deepEqual(pathsToRead(program, files).toSorted(), [
      join(folder, "data.json"),
      join(folder, "lib/mapped.ts"),
      join(folder, "src"),
    ]);
  }));

Deno.test("a copy of this library is no part of the program, wherever it lies", async () => {
  const examples = import.meta.resolve("../../examples/");
  const program = `${examples}pi_calc.ts`;
  const found = await inspectProgram(Deno.execPath(), program, []);
  assert.equal(found.library, import.meta.resolve("../../"));
  assert.deepEqual(found.modules.filter((url) => !url.startsWith(examples)), []);
  assert.ok(found.files.includes(import.meta.resolve("../../mod.ts")), "it is to be read");
});

Deno.test("a program's own files that are called as some of this library's are no copy of it", () =>
  inFolder({
    "prog.ts": `import ${JSON.stringify(import.meta.resolve("../../mod.ts"))};
      import "./worker/provide.ts"; import "./worker/tasks.ts";`,
    "worker/provide.ts": "export {};",
    "worker/tasks.ts": "export {};",
  }, async (folder) => {
    const { url } = findProgram("prog.ts", folder);
    const { library, modules } = await inspectProgram(Deno.execPath(), url, []);
    assert.equal(library, import.meta.resolve("../../"));
    const own = ["worker/provide.ts", "worker/tasks.ts"];
    assert.deepEqual(modules, own.map((name) => pathToFileURL(join(folder, name)).href));
  }));

Deno.test("what keeps a program from loading is said in one line, with its place", async (t) => {
  const problems: [name: string, files: Record<string, string>, expected: RegExp][] = [
    [
      "syntax error",
      { "prog.ts": "const x = ;\n" },
      /^SyntaxError: Expression expected at (.*)prog\.ts:1:11$/,
    ],
    [
      "syntax error in an import",
      { "prog.ts": 'import "./x.ts";', "x.ts": "\n\nexport = = 1" },
      /^SyntaxError: .* at (.*)x\.ts:3:\d+$/,
    ],
    [
      "missing import",
      { "prog.ts": '\nimport "./gone.ts";' },
      /^Module not found "(.*)gone\.ts" at (.*)prog\.ts:2:8$/,
    ],
    [
      "name that maps to nothing",
      { "prog.ts": 'import "nowhere";' },
      /^Import "nowhere" not a dependency at (.*)prog\.ts:1:8$/,
    ],
    [
      "broken deno.json",
      { "prog.ts": "", "deno.json": "{ bad" },
      /^Failed deserializing config file '(.*)deno\.json'\. Expected/,
    ],
  ];
  for (const [name, files, expected] of problems) {
    await t.step(name, () =>
      inFolder(files, async (folder) => {
        const flags = files["deno.json"]
          ? ["--config", join(folder, "deno.json")]
          : ["--no-config"];
        const inspection = await inspectProgram(Deno.execPath(), join(folder, "prog.ts"), flags);
        assert.match(inspection.problem ?? "", expected);
        assert.doesNotMatch(inspection.problem!, /file:|\n/);
        assert.deepEqual(inspection.modules, []);
      }));
  }
});

Deno.test("an executable that is no Deno is noticed", () =>
  inFolder({ "prog.ts": "" }, async (folder) => {
    const path = join(folder, "prog.ts");
    await assert.rejects(inspectProgram(join(folder, "no"), path, []), Deno.errors.NotFound);
    if (Deno.build.os === "windows") return;
    await assert.rejects(inspectProgram("true", path, []), /does not answer as Deno does/);
  }));

Deno.test("redirected modules are followed, and a circle ends", () => {
  const from = (specifier: string, to: string) => ({
    specifier,
    kind: "esm",
    dependencies: [{ specifier: to, code: { specifier: to } }],
  });
  const inspection = readGraph("file:///old.ts", [
    from("file:///new.ts", "file:///b.ts"),
    from("file:///b.ts", "file:///old.ts"),
  ], { "file:///old.ts": "file:///new.ts" });
  assert.deepEqual(inspection.modules, ["file:///b.ts"]);
});
