/** Compiled programs, and the compiled command. */

import { basename } from "node:path";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { canFindProcesses, inFolder, path, start } from "../faults/running.ts";
import type { Ended } from "../faults/running.ts";
import { planCompilation } from "../../launch/compile.ts";
import { zeromqFolder } from "../../wire/zeromq_folder.ts";

/** The address of a file of this repository. */
const url = (name: string) => new URL(`../../${name}`, import.meta.url).href;

const ignore = !canFindProcesses;
const deno = Deno.execPath();
const pi = path("examples/pi_calc.ts");

/** A program of two modules that begins with `startup`. */
async function writeProgram(folder: string): Promise<string> {
  await Deno.writeTextFile(`${folder}/lib.ts`, "export const twice = (x: number) => 2 * x;\n");
  await Deno.writeTextFile(
    `${folder}/prog.ts`,
    `import { map, scoop, startup } from ${JSON.stringify(path("mod.ts"))};
import { twice } from "./lib.ts";
export function where(milliseconds: number): string {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
  return scoop.workerName;
}
async function main(...args: string[]) {
  const names = new Set(await map(where, Array(60).fill(10)));
  console.log(names.size, scoop.size, await map(twice, [1, 2]), args);
}
await startup(main, ...Deno.args);\n`,
  );
  return `${folder}/prog.ts`;
}

/** Whether a real binary can be made: Deno needs its runtime, which it otherwise downloads. */
async function canCompile(folder: string): Promise<boolean> {
  await Deno.writeTextFile(`${folder}/probe.ts`, "console.log(1);\n");
  const { success } = await new Deno.Command(deno, {
    args: ["compile", "--no-check", "--output", `${folder}/probe`, `${folder}/probe.ts`],
    cwd: folder,
    stdout: "null",
    stderr: "null",
  }).output();
  if (!success) return false;
  return (await new Deno.Command(`${folder}/probe`, { stderr: "null" }).output()).success;
}

/** Starts a compilation's binary; without Deno's runtime, its entry by Deno, as itself again. */
async function compiled(file: string, folder: string) {
  const plan = await planCompilation(file, ["--output", `${folder}/binary`]);
  const entry = `${folder}/entry.ts`;
  await Deno.writeTextFile(entry, plan.entry);
  if (await canCompile(folder)) {
    console.log("a real binary is run");
    const { success } = await new Deno.Command(deno, { args: [...plan.args, entry] }).output();
    assert(success);
    return (args: string[]) => start(`${folder}/binary`, args, { cwd: folder });
  }
  console.log("there is no denort: the binary's entry is run with Deno");
  const self = ["run", "-A", "--quiet", entry];
  const env = { SCOOP_SELF: JSON.stringify([deno, ...self]) };
  return (args: string[]) => start(deno, [...self, ...args], { cwd: folder, env });
}

async function finish(run: ReturnType<typeof start>): Promise<Ended> {
  await using running = run;
  const ended = await running.ended();
  await running.gone();
  return ended;
}

Deno.test({
  name: "compile: a program launches its own broker and workers",
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const run = await compiled(await writeProgram(folder), folder);
      for (const workers of [1, 2, 4]) {
        const { code, stdout, stderr } = await finish(run(["-n", `${workers}`, "a", "--b"]));
        assert.deepEqual([code, stderr], [0, ""]);
        const expected = new RegExp(`^\\d ${workers} \\[ 2, 4 \\] \\[ "a", "--b" \\]\\n$`);
        assert.match(stdout, expected);
        assert(Number(stdout[0]) >= Math.min(2, workers), stdout);
      }
      const wrong = await finish(run(["--wrokers", "2"]));
      assert.equal(wrong.code, 2);
      assert.match(wrong.stderr, /^scoop: unknown option "--wrokers"/);
      const elsewhere = await finish(run(["--hosts", "a", "--", "x"]));
      assert.equal(elsewhere.code, 2);
      assert.match(elsewhere.stderr, /^scoop: a compiled program runs on this host, /);
    }),
});

Deno.test("compile: only this platform's addon is embedded", () =>
  inFolder(async (folder) => {
    const output = `${folder}/pi_calc`;
    const plan = await planCompilation(pi, ["--output", output]);
    const excluded = plan.args.filter((_, i) => plan.args[i - 1] === "--exclude");
    const { os, arch } = Deno.build;
    const own = `${os === "windows" ? "win32" : os}/${arch === "x86_64" ? "x64" : "arm64"}`;
    for (const system of ["linux", "darwin", "win32"]) {
      for (const { name } of Deno.readDirSync(`${zeromqFolder()}/build/${system}`)) {
        const build = `${zeromqFolder()}/build/${system}/${name}`;
        const without = excluded.some((each) => build.startsWith(each));
        assert.equal(without, `${system}/${name}` !== own, build);
      }
    }
    const entry = `${folder}/pi_calc.ts`;
    await Deno.writeTextFile(entry, plan.entry);
    // Nothing is run of it: with anything in its place, Deno embeds the files and lists them.
    const { success, stderr } = await new Deno.Command(deno, {
      args: [...plan.args, entry],
      env: { DENORT_BIN: "/bin/true", NO_COLOR: "1" },
      cwd: folder,
    }).output();
    const list = new TextDecoder().decode(stderr);
    assert(success, list);
    assert.match(list, /pi_calc\.ts/);
    assert.match(list, /launch|self\.ts/);
    const megabytes = Number(/zeromq\/[\d.]+\/\* \(([\d.]+)MB/.exec(list)?.[1]);
    assert(megabytes > 2 && megabytes < 20, `zeromq takes ${megabytes} MB:\n${list}`);
  }));

Deno.test("compile: the binary is where it was asked for, from the folder of the user", () =>
  inFolder(async (folder) => {
    const name = basename(await writeProgram(folder));
    for (
      const [i, flags] of [["-o", "out/0"], ["--output", "out/1"], ["--output=out/2"]].entries()
    ) {
      const { success, stderr } = await new Deno.Command(deno, {
        args: ["run", "-A", path("launch/compile.ts"), name, ...flags],
        env: { DENORT_BIN: "/bin/true", NO_COLOR: "1" },
        cwd: folder,
      }).output();
      assert(success, new TextDecoder().decode(stderr));
      assert(Deno.statSync(`${folder}/out/${i}`).isFile);
    }
  }));

Deno.test("compile: what cannot be compiled is named", () =>
  inFolder(async (folder) => {
    const compile = (...args: string[]) =>
      new Deno.Command(deno, { args: ["run", "-A", path("launch/compile.ts"), ...args] }).output();
    await Deno.writeTextFile(`${folder}/plain.ts`, "console.log(1);\n");
    await Deno.writeTextFile(
      `${folder}/starts.ts`,
      "const startup = (f) => f();\nstartup(() => {});\n",
    );
    const cases: [args: string[], message: RegExp][] = [
      [[], /^scoop: name the program first\nusage: /],
      [[`${folder}/starts.ts`, "-o"], /^scoop: -o needs the path of the binary\n$/],
      [["/no/such.ts"], /^scoop: no such program: \/no\/such\.ts\n$/],
      [
        [`${folder}/plain.ts`],
        /^scoop: .*plain\.ts calls no startup\(main\), where a compiled program begins\n$/,
      ],
    ];
    for (const [args, message] of cases) {
      const { code, stderr } = await compile(...args);
      assert.equal(code, 2);
      assert.match(new TextDecoder().decode(stderr), message);
    }
  }));

Deno.test({
  name: "compile: the command runs programs on disk, with Deno on the PATH and without",
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const file = await writeProgram(folder);
      const cli = ["run", "-A", path("cli.ts")];
      const self = { SCOOP_SELF: JSON.stringify([deno, ...cli]) };
      const bin = fileURLToPath(new URL(".", `file://${deno}`));
      for (const PATH of [`${bin}:${Deno.env.get("PATH")}`, "/usr/bin:/bin"]) {
        const run = start(deno, [...cli, "-n", "2", file, "a"], {
          cwd: folder,
          env: { ...self, PATH },
        });
        const { code, stdout, stderr } = await finish(run);
        assert.deepEqual([code, stdout, stderr], [0, '2 2 [ 2, 4 ] [ "a" ]\n', ""]);
      }
      for (const flags of [["-b", "2"], ["--hosts", "127.0.0.1", "h"], ["--ship"]]) {
        const run = start(deno, [...cli, "-n", "2", ...flags, "--", file, "a"], {
          cwd: folder,
          env: { ...self, PATH: "/usr/bin:/bin" },
        });
        const { code, stdout, stderr } = await finish(run);
        assert.deepEqual([code, stdout], [2, ""], flags.join(" "));
        assert.match(stderr, /^scoop: --\w+ needs Deno, and none was found on the PATH\n/);
      }
    }),
});

Deno.test({
  name: "compile: an Executor of a compiled program has workers like it, whatever Deno there is",
  ignore,
  fn: () =>
    inFolder(async (folder) => {
      const [entry, program] = [`${folder}/entry.ts`, `${folder}/program.ts`];
      await Deno.writeTextFile(
        program,
        `import { Executor, startup } from ${JSON.stringify(url("mod.ts"))};
export const square = (x: number): number => x * x;
await startup(async () => {
  await using pool = new Executor({ workers: 2 });
  console.log(await pool.map(square, [1, 2, 3]));
});
`,
      );
      // As launch/compile.ts writes it; what Deno makes of it needs what cannot be had everywhere.
      await Deno.writeTextFile(
        entry,
        `import { runSelf } from ${JSON.stringify(url("launch/self.ts"))};
const main = "file:///embedded/program.ts";
await runSelf(main, { [main]: await import("./program.ts") });
`,
      );
      const run = start(deno, ["run", "-A", entry, "-n", "2"], {
        cwd: folder,
        env: { SCOOP_SELF: JSON.stringify([deno, "run", "-A", entry]) },
      });
      const { code, stdout, stderr } = await finish(run);
      assert.deepEqual([code, stdout], [0, "[ 1, 4, 9 ]\n"], stderr);
      assert.doesNotMatch(stderr, /scoop|error/i);
    }),
});
