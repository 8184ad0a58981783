import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { NO_DENO_FLAGS } from "../../launch/deno_flags.ts";
import { inspectProgram } from "../../launch/inspection.ts";
import { beginLook, subjectOf } from "../../launch/look.ts";
import { findProgram } from "../../launch/program.ts";
import { standInFlags } from "../../launch/stand_in.ts";
import { inFolder } from "./in_folder.ts";

const LIBRARY = import.meta.resolve("../../");

function optionsFor(program: string) {
  return {
    ...{ program, config: undefined, importMap: undefined, denoExecutable: undefined },
    ...{ permissions: new Map(), denoFlags: NO_DENO_FLAGS },
  };
}

/** The flags for `prog.ts` in a folder, with what the user has said. */
function flagsIn(folder: string, said: Partial<ReturnType<typeof optionsFor>> = {}) {
  const options = { ...optionsFor(join(folder, "prog.ts")), ...said };
  return standInFlags({ ...subjectOf(options), lock: undefined }, LIBRARY);
}

Deno.test("stand-in: Deno tells the same of a program without reading this library", () =>
  inFolder({
    "prog.ts": `import { map } from ${JSON.stringify(`${LIBRARY}mod.ts`)};
      import "./one.ts";
      console.log(map);`,
    "one.ts": 'import "./data.json" with { type: "json" }; export {};',
    "data.json": "{}",
  }, async (folder) => {
    const flags = flagsIn(folder);
    assert.ok(flags !== undefined);
    const { url } = findProgram("prog.ts", folder);
    const whole = await inspectProgram(Deno.execPath(), url, []);
    const quick = await inspectProgram(Deno.execPath(), url, flags);
    assert.ok(whole.files.length > 100, "the library is read otherwise");
    assert.equal(quick.files.length, 3);
    assert.deepEqual([quick.modules, quick.problem], [whole.modules, whole.problem]);
  }));

Deno.test("stand-in: it is not used where the user has a say in how modules are found", async () => {
  const program = { "prog.ts": "export {};" };
  const refusing: [name: string, files: Record<string, string>][] = [
    ["imports", { "deno.json": '{ "imports": { "x": "./x.ts" } }' }],
    ["a comment before", { "deno.jsonc": '// mine\n{ "importMap": "./map.json" }' }],
    ["a folder above", { "deno.json": '{ "scopes": {} }', "sub/deno.json": "{}" }],
    ["a frozen lock", { "deno.json": '{ "lock": { "frozen": true } }' }],
    ["node's packages", { "package.json": "{}" }],
    ["a folder of packages", { "deno.json": '{ "nodeModulesDir": "manual" }' }],
    ["another registry", { "deno.json": "{}", ".npmrc": "registry=http://127.0.0.1:1" }],
    ["what Deno alone can read", { "deno.json": "{ 'imports': {} }" }],
  ];
  for (const [name, files] of refusing) {
    const inner = "sub/deno.json" in files ? "sub/" : "";
    await inFolder({ ...files, [`${inner}prog.ts`]: program["prog.ts"] }, (folder) => {
      assert.equal(flagsIn(join(folder, inner)), undefined, name);
      return Promise.resolve();
    });
  }
  await inFolder({ ...program, "deno.json": '{ "tasks": {} }' }, (folder) => {
    assert.ok(flagsIn(folder) !== undefined, "tasks have no say");
    assert.equal(flagsIn(folder, { denoFlags: { ...NO_DENO_FLAGS, cachedOnly: true } }), undefined);
    return Promise.resolve();
  });
});

Deno.test("stand-in: what a program may read has the library, and what is wrong is told as it is", () =>
  inFolder({
    "prog.ts": `import { map } from ${JSON.stringify(`${LIBRARY}mod.ts`)};\nexport { map };`,
    "bad.ts": `import ${JSON.stringify(`${LIBRARY}mod.ts`)};\nimport "./nowhere.ts";`,
  }, async (folder) => {
    const look = async (name: string) => {
      const { found, release } = await beginLook(subjectOf(optionsFor(join(folder, name))));
      try {
        return await found;
      } finally {
        await release();
      }
    };
    const { paths } = await look("prog.ts");
    assert.ok(paths.some((path) => join(path, "mod.ts") === new URL(`${LIBRARY}mod.ts`).pathname));
    await assert.rejects(look("bad.ts"), /Module not found .*nowhere\.ts.* at .*bad\.ts:2:8/);
  }));

Deno.test("stand-in: a Deno that fails with it is asked in full", () =>
  inFolder({
    "prog.ts": "export {};",
    "deno.sh": `#!/bin/sh
case "$*" in *--import-map*) echo "Deno has panicked" >&2; exit 101;; esac
exec '${Deno.execPath()}' "$@"
`,
  }, async (folder) => {
    await Deno.chmod(join(folder, "deno.sh"), 0o755);
    const options = {
      ...optionsFor(join(folder, "prog.ts")),
      denoExecutable: join(folder, "deno.sh"),
    };
    const { found, release } = await beginLook(subjectOf(options));
    try {
      assert.deepEqual((await found).modules, []);
    } finally {
      await release();
    }
  }));

Deno.test("stand-in: what a program may read does not depend on it", () =>
  inFolder({
    "app/prog.ts": `import { map } from ${JSON.stringify(`${LIBRARY}mod.ts`)};
      import { LIMITS } from ${JSON.stringify(`${LIBRARY}wire/limits.ts`)};
      import { read } from "../shared/read.ts";
      console.log(map, read, LIMITS);`,
    "full/prog.ts": 'import "../app/prog.ts";',
    "full/deno.json": '{ "imports": {} }',
    "shared/read.ts": "export const read = 1;",
  }, async (folder) => {
    const look = async (name: string) => {
      const subject = subjectOf(optionsFor(join(folder, name)));
      const { found, release } = await beginLook(subject);
      try {
        const { modules, paths } = await found;
        return { modules: modules.map((url) => url.slice(-8)).sort(), paths };
      } finally {
        await release();
      }
    };
    const library = fileURLToPath(LIBRARY).slice(0, -1);
    const shared = join(folder, "shared/read.ts");
    const quick = await look("app/prog.ts");
    assert.deepEqual(quick.modules, ["/read.ts"]);
    assert.deepEqual(quick.paths, [join(folder, "app"), shared, library]);
    const full = await look("full/prog.ts");
    assert.deepEqual(full.modules, ["/prog.ts", "/read.ts"]);
    assert.deepEqual(
      full.paths.toSorted(),
      [
        join(folder, "app/prog.ts"),
        join(folder, "full"),
        shared,
        library,
      ].toSorted(),
    );
  }));
