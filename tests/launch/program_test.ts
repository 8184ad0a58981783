import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../../launch/usage_error.ts";
import {
  findConfig,
  findLock,
  findProgram,
  namedFile,
  packageJsonHint,
  pathsToRead,
  reasonOf,
} from "../../launch/program.ts";
import { inFolder } from "./in_folder.ts";

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
    const isHinted = ({ hint }: UsageError) => hint === "for 4 workers: -n 4";
    assert.throws(() => findProgram("4", folder), isHinted);
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

Deno.test("many files outside of the program's folder are named by their folders", () => {
  const program = { url: "", folders: ["/p"], importHost: "" };
  const files = Array.from({ length: 200 }, (_, i) => `file:///lib${i % 2}/${i}.ts`);
  assert.deepEqual(pathsToRead(program, files), ["/p", "/lib0", "/lib1"]);
  // A folder whose name only begins alike is another one.
  assert.deepEqual(pathsToRead(program, ["file:///p2/x.ts"]), ["/p", "/p2/x.ts"]);
});

Deno.test("a package.json alone is pointed out", () =>
  inFolder({ "package.json": "{}", "src/prog.ts": "" }, (folder) => {
    assert.match(
      packageJsonHint(join(folder, "src")),
      /package\.json there must be a deno\.json with \{"nodeModulesDir": "auto"\}/,
    );
  }));

Deno.test("a system's reason is told without the call", () => {
  assert.equal(reasonOf(new Error("No such file (os error 2): open '/x'")), "No such file");
  assert.equal(
    reasonOf(new Error("Failed to spawn '/x': Permission denied (os error 13)")),
    "Permission denied",
  );
  assert.equal(reasonOf(new Error("anything else")), "anything else");
});

Deno.test("the lock file is the one that the configuration itself names", () => {
  const folder = Deno.makeTempDirSync();
  try {
    for (const name of ["deno.lock", "other.lock"]) Deno.writeTextFileSync(`${folder}/${name}`, "");
    const cases: [config: string, lock: string | undefined][] = [
      ["{}", "deno.lock"],
      ["", "deno.lock"],
      ['{ "lock": false }', undefined],
      ['{ "lock": true }', "deno.lock"],
      ['{ "lock": "other.lock" }', "other.lock"],
      ['{ "lock": { "frozen": true, "path": "other.lock" } }', "other.lock"],
      ['{ "lock": { "frozen": true } }', "deno.lock"],
      ['{ "tasks": { "lock": "deno install" } }', "deno.lock"],
      ['{ "tasks": { "lock": false } }', "deno.lock"],
      ['{ // "lock": false\n /* "lock": false */ "name": "a // b", }', "deno.lock"],
      ['{ "a": ["x, ]", 1, /* last */ ], "lock": "other.lock", }', "other.lock"],
      ['{ "lock": "missing.lock" }', undefined],
    ];
    for (const [config, lock] of cases) {
      Deno.writeTextFileSync(`${folder}/deno.json`, config);
      assert.equal(findLock(`${folder}/deno.json`), lock && `${folder}/${lock}`, config);
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
