// Programs that have a lock file: with the permissions that the README names, workers get the very
// packages that the origin gets, and nobody writes into the file what is none of the program's.

import assert from "node:assert/strict";
import { cutPower, inFolder, path, runScoop, scoop, start } from "../faults/running.ts";

const MOD = path("mod.ts");
const PROGRAM = `
import { Executor, map, scoop } from "scoop";
import ms from "ms";
/** The version of ms that this process has. */
export function task(x: unknown): string {
  try {
    return ms(x as number);
  } catch (error) {
    return /\\/ms\\/([\\d.]+)\\//.exec((error as Error).stack!)![1];
  }
}
if (import.meta.main) {
  if (Deno.args[0] === "executor") {
    await using pool = new Executor({ workers: 1 });
    console.log(await pool.submit(task, undefined));
  } else {
    console.log((await map(task, [undefined, undefined])).join(), scoop.size);
  }
}
`;
const PERMISSIONS = ["--no-prompt", "--allow-run", "--allow-read", "--allow-ffi", "--allow-env"];

/** A project with an import map, a package and a lock file that is up to date. */
async function withProject(use: (folder: string) => Promise<void>, lock: unknown = true) {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/maps`);
    const imports = { scoop: MOD, ms: "npm:ms@^2.1.0" };
    await Deno.writeTextFile(`${folder}/maps/imports.json`, JSON.stringify({ imports }));
    const config = { importMap: "./maps/imports.json" };
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(config));
    await Deno.writeTextFile(`${folder}/prog.ts`, PROGRAM);
    assert.equal((await deno(folder, ["cache", "prog.ts"])).code, 0);
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify({ ...config, lock }));
    await use(folder);
  });
}

async function deno(cwd: string, args: string[]) {
  await using run = start(Deno.execPath(), args, { cwd });
  return await run.ended();
}

/** The lock file names another version of a package than is the newest. */
async function pin(folder: string, name: string, version: string): Promise<void> {
  const file = `${folder}/deno.lock`;
  const lock = JSON.parse(await Deno.readTextFile(file));
  const other = `${folder}/other`;
  await Deno.mkdir(other);
  await Deno.writeTextFile(`${other}/deno.json`, "{}");
  await Deno.writeTextFile(`${other}/main.ts`, `import "npm:${name}@${version}";\n`);
  assert.equal((await deno(other, ["cache", "main.ts"])).code, 0);
  const { npm } = JSON.parse(await Deno.readTextFile(`${other}/deno.lock`));
  for (const [specifier, found] of Object.entries(lock.specifiers)) {
    if (!specifier.startsWith(`npm:${name}@`)) continue;
    delete lock.npm[`${name}@${found}`];
    lock.specifiers[specifier] = version;
    lock.npm[`${name}@${version}`] = npm[`${name}@${version}`];
  }
  await Deno.writeTextFile(file, JSON.stringify(lock, undefined, 2));
  await Deno.remove(other, { recursive: true });
}

for (const [what, lock] of [["as usual", true], ["frozen", { frozen: true }]] as const) {
  Deno.test(`a lock file, ${what}: launched and plainly, with what the README names`, () =>
    withProject(async (folder) => {
      const before = await Deno.readTextFile(`${folder}/deno.lock`);
      const launched = await runScoop(["-n", "2", `${folder}/prog.ts`]);
      assert.deepEqual([launched.code, launched.stdout], [0, "2.1.3,2.1.3 2\n"]);
      assert.equal(launched.stderr, "");
      const plain = await deno(folder, ["run", "--no-prompt", "prog.ts"]);
      assert.deepEqual([plain.code, plain.stdout], [0, "2.1.3,2.1.3 1\n"], plain.stderr);
      const owner = await deno(folder, ["run", ...PERMISSIONS, "prog.ts", "executor"]);
      assert.deepEqual([owner.code, owner.stdout], [0, "2.1.3\n"], owner.stderr);
      assert.equal(await Deno.readTextFile(`${folder}/deno.lock`), before);
    }, lock));
}

Deno.test("a lock file: workers get the versions it names, also of an owner who may not write", () =>
  withProject(async (folder) => {
    await pin(folder, "ms", "2.1.1");
    const owner = await deno(folder, ["run", ...PERMISSIONS, "prog.ts", "executor"]);
    assert.deepEqual([owner.code, owner.stdout], [0, "2.1.1\n"], owner.stderr);
  }));

Deno.test("a lock file may name another version of zeromq than the command's", () =>
  withProject(async (folder) => {
    await pin(folder, "zeromq", "6.7.0");
    const launched = await runScoop(["-n", "2", `${folder}/prog.ts`]);
    assert.deepEqual([launched.code, launched.stdout], [0, "2.1.3,2.1.3 2\n"]);
    assert.equal(launched.stderr, "");
  }));

Deno.test("a lock file: nothing is left of the copy for the workers, whatever ends the run", () =>
  withProject(async (folder) => {
    const tmp = `${folder}/tmp`;
    await Deno.mkdir(tmp);
    const left = () => [...Deno.readDirSync(tmp)].map(({ name }) => name);
    const program = `${folder}/prog.ts`;
    const options = { env: { TMPDIR: tmp } };
    assert.equal((await runScoop(["-n", "2", program], options)).code, 0);
    assert.deepEqual(left(), []);
    await using run = scoop(["-n", "2", path("tests/hosts/programs/where.ts"), "10000"], options);
    await run.prints(/begins/);
    assert.equal(left().filter((name) => name.startsWith("scoop-lock-")).length, 1);
    run.kill("SIGKILL");
    await run.ended();
    await run.gone();
    assert.deepEqual(left(), []);
    // Nobody is left to remove anything: the next run does.
    await using second = scoop(["-n", "2", path("tests/hosts/programs/where.ts"), "9999"], options);
    await second.prints(/begins/);
    cutPower(second.processes());
    await second.gone();
    assert(left().some((name) => name.startsWith("scoop-lock-")), `${left()}`);
    assert.equal((await runScoop(["-n", "2", program], options)).code, 0);
    assert.deepEqual(left(), []);
  }));
