import assert from "node:assert/strict";
import { join } from "node:path";
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
