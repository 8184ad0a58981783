import assert from "node:assert/strict";
import { basename, dirname, join } from "node:path";
import { dropEarlyLook, lookEarly, takeEarlyLook } from "../../launch/early_look.ts";
import { LOCK_PREFIX } from "../../launch/lock_copy.ts";
import { subjectOf } from "../../launch/look.ts";
import { parseArguments } from "../../launch/options.ts";
import { temporaryPrefix } from "../../wire/temporary.ts";
import { inFolder } from "./in_folder.ts";

/** What the command looks at when it is given these arguments. */
function subject(args: readonly string[]) {
  const request = parseArguments(args);
  assert(request.kind === "run");
  return subjectOf(request.options);
}

const PROGRAM = {
  "deno.json": `{}`,
  "deno.lock": `{ "version": "5" }`,
  "program.ts": `import "./part.ts";\n`,
  "part.ts": `export {};\n`,
};

/** The copies of lock files that this process has made and not removed. */
function copies(): string[] {
  const made = temporaryPrefix("lock");
  const folder = Deno.makeTempFileSync();
  Deno.removeSync(folder);
  return [...Deno.readDirSync(dirname(folder))].map(({ name }) => name)
    .filter((name) => name.startsWith(basename(made)) && name.includes(LOCK_PREFIX));
}

Deno.test("what plain arguments name is looked at early, and found once", () =>
  inFolder(PROGRAM, async (folder) => {
    const program = join(folder, "program.ts");
    const rest = ["--config=x", "-n", "one"];
    for (const own of [[], ["-n", "2"], ["-vn3", "-b", "1"], ["-A"], ["-q", "--progress"]]) {
      const args = [...own, program, ...rest];
      lookEarly(args);
      const look = await takeEarlyLook(subject(args));
      assert(look, args.join(" "));
      const { modules } = await look.found;
      assert.deepEqual(modules.map((url) => basename(url)), ["part.ts"]);
      assert.equal(await takeEarlyLook(subject(args)), undefined, "it is taken once");
      await look.release();
    }
    assert.deepEqual(copies(), []);
  }));

Deno.test("what may be found otherwise, or not at all, is not looked at early", () =>
  inFolder({ ...PROGRAM, "other.json": "{}", "map.json": "{}" }, async (folder) => {
    const file = (name: string) => join(folder, name);
    const without = copies();
    for (
      const own of [
        ["--config", file("other.json")],
        ["--import-map", file("map.json")],
        ["--unstable-kv"],
        ["--allow-import=localhost:1"],
        ["--cached-only"],
        ["--frozen"],
        ["--check"],
        ["--deno-executable", "/no/deno"],
        ["--hosts", "somewhere", "-n", "2"],
        ["--nonsense"],
      ]
    ) {
      lookEarly([...own, file("program.ts")]);
      assert.deepEqual(copies(), without, own.join(" "));
      assert.equal(await takeEarlyLook(subject([file("program.ts")])), undefined, own.join(" "));
    }
    lookEarly(["-n", "2", file("no_such_program.ts")]);
    lookEarly(["-n"]);
    lookEarly([]);
    assert.equal(await takeEarlyLook(subject([file("program.ts")])), undefined);
  }));

Deno.test("a look at something else is dropped, with its copy of the lock file", () =>
  inFolder({ ...PROGRAM, "other.ts": "" }, async (folder) => {
    const other = subject([join(folder, "other.ts")]);
    const before = copies();
    lookEarly(["-n", "2", join(folder, "program.ts")]);
    assert.equal(copies().length, before.length + 1, "the test sees a copy that is there");
    assert.equal(await takeEarlyLook(other), undefined);
    assert.deepEqual(copies(), before);
    lookEarly(["-n", "2", join(folder, "program.ts")]);
    await dropEarlyLook();
    assert.deepEqual(copies(), before);
  }));

Deno.test("why a program cannot be loaded is kept until somebody asks", () =>
  inFolder({ "program.ts": `import "./not_there.ts";\n` }, async (folder) => {
    const args = [join(folder, "program.ts")];
    lookEarly(args);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const look = await takeEarlyLook(subject(args));
    await assert.rejects(look!.found, /Module not found .*not_there\.ts/);
    await look!.release();
  }));
