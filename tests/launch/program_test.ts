import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../../launch/usage_error.ts";
import {
  findConfig,
  findProgram,
  inspectProgram,
  namedFile,
  packageJsonHint,
  pathsToRead,
  readGraph,
  reasonOf,
} from "../../launch/program.ts";

/** Runs a test in a folder with these files, and removes it. */
async function inFolder(
  files: Record<string, string>,
  test: (folder: string) => void | Promise<void>,
): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.mkdir(join(folder, name, ".."), { recursive: true });
      await Deno.writeTextFile(join(folder, name), text);
    }
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function usageError(message: string | RegExp): (error: unknown) => boolean {
  return (error) => {
    assert(error instanceof UsageError, String(error));
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  };
}

Deno.test("a program is found by relative path, absolute path and file URL", () =>
  inFolder({ "a b/prog.ts": "" }, (folder) => {
    const path = join(folder, "a b", "prog.ts");
    const expected = {
      url: pathToFileURL(path).href,
      folders: [join(folder, "a b")],
      importHost: "",
    };
    assert.match(expected.url, /a%20b/);
    assert.deepEqual(findProgram("a b/prog.ts", folder), expected);
    assert.deepEqual(findProgram(path, "/"), expected);
    assert.deepEqual(findProgram(expected.url, "/"), expected);
  }));

Deno.test("a linked program lies in two folders", () =>
  inFolder({ "real/prog.ts": "", "links/x": "" }, async (folder) => {
    await Deno.symlink(join(folder, "real/prog.ts"), join(folder, "links/prog.ts"));
    const program = findProgram("links/prog.ts", folder);
    assert.deepEqual(program.folders, [join(folder, "links"), join(folder, "real")]);
  }));

Deno.test("addresses and specifiers are taken as they are", () => {
  assert.deepEqual(findProgram("jsr:@a/b@1"), {
    url: "jsr:@a/b@1",
    folders: [],
    importHost: "",
  });
  assert.equal(findProgram("npm:cowsay").url, "npm:cowsay");
  assert.equal(findProgram("https://lab.example/p.ts").importHost, "lab.example:443");
  assert.equal(findProgram("http://lab.example:81/p.ts").importHost, "lab.example:81");
});

Deno.test("what is no program is named", () =>
  inFolder({ "x.ts": "", "d/y.ts": "" }, async (folder) => {
    const errors: [string, string][] = [
      ["z.ts", "no such program: z.ts"],
      ["x.ts/z.ts", "no such program: x.ts/z.ts"],
      ["d", "d is a directory: name the program's file"],
      ["https://[", "no such program: https://["],
      ["file://%2f/x", "no such program: file://%2f/x"],
      ["-", "a program on standard input cannot reach the workers: save it to a file"],
    ];
    for (const [name, message] of errors) {
      assert.throws(() => findProgram(name, folder), usageError(message));
    }
    await Deno.chmod(join(folder, "x.ts"), 0);
    // Whoever may read everything sees no error.
    if (Deno.uid() !== 0) {
      assert.throws(
        () => findProgram("x.ts", folder),
        usageError("cannot read the program x.ts: Permission denied"),
      );
    }
  }));

Deno.test("the nearest deno.json or deno.jsonc counts", () =>
  inFolder(
    { "deno.json": "{}", "a/deno.jsonc": "{}", "a/b/prog.ts": "", "c/x.ts": "" },
    (folder) => {
      assert.equal(findConfig(join(folder, "a/b")), join(folder, "a/deno.jsonc"));
      assert.equal(findConfig(join(folder, "c")), join(folder, "deno.json"));
      assert.equal(findConfig(folder), join(folder, "deno.json"));
    },
  ));

Deno.test("a file that an option names must be there", () =>
  inFolder({ "deno.json": "{}" }, (folder) => {
    assert.equal(namedFile("deno.json", "--config", folder), join(folder, "deno.json"));
    assert.equal(namedFile("https://x.y/map", "--import-map", folder), "https://x.y/map");
    assert.throws(
      () => namedFile("no.json", "--config", folder),
      usageError("no such file: no.json (--config)"),
    );
  }));

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

Deno.test("many files outside of the program's folder are named by their folders", () => {
  const program = { url: "", folders: ["/p"], importHost: "" };
  const files = Array.from({ length: 200 }, (_, i) => `file:///lib${i % 2}/${i}.ts`);
  assert.deepEqual(pathsToRead(program, files), ["/p", "/lib0", "/lib1"]);
  // A folder whose name only begins alike is another one.
  assert.deepEqual(pathsToRead(program, ["file:///p2/x.ts"]), ["/p", "/p2/x.ts"]);
});

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

Deno.test("a package.json alone is pointed out", () =>
  inFolder({ "package.json": "{}", "src/prog.ts": "" }, (folder) => {
    assert.match(packageJsonHint(join(folder, "src")), /package\.json only if a deno\.json/);
  }));

Deno.test("a system's reason is told without the call", () => {
  assert.equal(reasonOf(new Error("No such file (os error 2): open '/x'")), "No such file");
  assert.equal(
    reasonOf(new Error("Failed to spawn '/x': Permission denied (os error 13)")),
    "Permission denied",
  );
  assert.equal(reasonOf(new Error("anything else")), "anything else");
});
