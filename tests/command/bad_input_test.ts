import assert from "node:assert/strict";
import { inFolder, path, runScoop } from "../faults/running.ts";

const GOOD = path("tests/command/programs/ends.ts");
const TRY = "\ntry: scoop --help";

for (
  const [args, stderr] of [
    [["nowhere.ts"], "no such program: nowhere.ts"],
    [["-n", "0", GOOD], '-n must be a whole number, 1 or more, not "0"'],
    [["-n", "x", GOOD], '-n must be a whole number, 1 or more, not "x"'],
    [["-n", "-1", GOOD], '-n must be a whole number, 1 or more, not "-1"'],
    [["-n"], "-n needs a value: -n <N>"],
    [[], "no program given\nusage: scoop [options] <program> [arguments...]"],
    [["-n", "2"], "no program given\nusage: scoop [options] <program> [arguments...]"],
    [["--verbsoe", GOOD], `unknown option "--verbsoe" (did you mean "--verbose"?)${TRY}`],
    [["-Z", GOOD], `unknown option "-Z"${TRY}`],
    [[path("tests")], `${path("tests")} is a directory: name the program's file`],
    [["--nice", "20", GOOD], '--nice must be a whole number from -20 to 19, not "20"'],
    [["--nice", "low", GOOD], '--nice must be a whole number from -20 to 19, not "low"'],
    [["--config", GOOD], `no program given: ${GOOD} was taken for the value of --config`],
    [["--config", "none.json", GOOD], "no such file: none.json (--config)"],
    [
      ["-A", `--deny-read=${path("tests")}`, GOOD],
      `--deny-read=${path("tests")} covers ${GOOD}, which every process has to read`,
    ],
    [["-q", "-v", GOOD], "--quiet and --verbose exclude each other"],
    ...["/bin/false", "/bin/ls"].map((other) =>
      [
        ["--deno-executable", other, GOOD],
        `cannot run Deno as ${other}: it does not answer as Deno does`,
      ] as const
    ),
  ] as const
) {
  Deno.test(`bad input: scoop ${args.join(" ")}`, async () => {
    const ended = await runScoop([...args]);
    assert.deepEqual([ended.code, ended.stdout], [2, ""]);
    assert.equal(ended.stderr, `scoop: ${stderr}\n`);
  });
}

/** Runs a program of this text; returns what is printed, with the program's own path shortened. */
async function runText(text: string): Promise<{ code: number; stdout: string; stderr: string }> {
  let result = { code: -1, stdout: "", stderr: "" };
  await inFolder(async (folder) => {
    const file = `${folder}/prog.ts`;
    await Deno.writeTextFile(file, text);
    const { code, stdout, stderr } = await runScoop(["-n", "2", file]);
    result = { code, stdout, stderr: stderr.replaceAll(folder, "FOLDER") };
  });
  return result;
}

for (
  const [what, text, stderr] of [
    ["a syntax error", "let x = ;\n", "SyntaxError: Expression expected at FOLDER/prog.ts:1:9"],
    [
      "an import of a missing file",
      'import "./none.ts";\n',
      'Module not found "FOLDER/none.ts" at FOLDER/prog.ts:1:8',
    ],
    [
      "an import of an unknown name",
      'import "some-package";\n',
      'Import "some-package" not a dependency at FOLDER/prog.ts:1:8',
    ],
  ] as const
) {
  Deno.test(`a program with ${what}: one line, exit code 1`, async () => {
    const ended = await runText(text);
    assert.deepEqual(ended, { code: 1, stdout: "", stderr: `scoop: ${stderr}\n` });
  });
}

Deno.test({
  name: "--nice: the program and its workers run with it",
  ignore: Deno.build.os === "windows",
  async fn() {
    const nicely = path("tests/command/programs/niceness.ts");
    const { code, stdout, stderr } = await runScoop(["-n", "2", "-S", "--nice", "7", nicely]);
    assert.deepEqual([code, stdout, stderr], [0, "origin 7\nworker-1 7\n", ""]);
  },
});

Deno.test("bad input: the program is not taken for the file of --log, which is emptied", () =>
  inFolder(async (folder) => {
    const [file, link] = [`${folder}/prog.ts`, `${folder}/link.ts`];
    await Deno.writeTextFile(file, "console.log(1);");
    await Deno.symlink(file, link);
    for (const name of [file, link]) {
      const { code, stderr } = await runScoop(["--log", name, file]);
      assert.deepEqual(
        [code, stderr],
        [2, `scoop: --log ${name} is the program: name another file\n`],
      );
    }
    assert.equal(await Deno.readTextFile(file), "console.log(1);");
  }));
