import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(import.meta.resolve("../../cli.ts"));
const HERE = fileURLToPath(import.meta.resolve("./cli_test.ts"));

async function scoop(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", CLI, ...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

Deno.test("--help and --version go to stdout and succeed", async () => {
  const [help, version] = await Promise.all([scoop("--help"), scoop("--version")]);
  assert.deepEqual([help.code, help.stderr], [0, ""]);
  assert.match(help.stdout, /^Usage: scoop/);
  assert.deepEqual([version.code, version.stderr], [0, ""]);
  assert.match(version.stdout, /^scoop \d/);
});

Deno.test("bad input: one line on stderr, exit code 2", async (t) => {
  const table: [args: string[], stderr: string][] = [
    [
      ["--wrokers"],
      'scoop: unknown option "--wrokers" (did you mean "--brokers" or "--workers"?)\ntry: scoop --help\n',
    ],
    [["no.ts"], "scoop: no such program: no.ts\n"],
    [["--config", "/", HERE], "scoop: / (--config) is a folder\n"],
    [["--hostfile", "/", HERE], "scoop: / (--hostfile) is a folder\n"],
    [["--config", "no.json", HERE], "scoop: no such file: no.json (--config)\n"],
    [["--import-map", "no.json", HERE], "scoop: no such file: no.json (--import-map)\n"],
    [
      ["--log", "/no/such/folder/log", HERE],
      "scoop: cannot write to /no/such/folder/log (--log): No such file or directory\n",
    ],
    [
      ["--deno-executable", "/no/deno", HERE],
      "scoop: cannot run Deno as /no/deno: not found\n",
    ],
  ];
  for (const [args, stderr] of table) {
    await t.step(args.join(" "), async () => {
      assert.deepEqual(await scoop(...args), { code: 2, stdout: "", stderr });
    });
  }
});

Deno.test("a program that cannot be loaded: one line on stderr, exit code 1", async () => {
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, "const x = ;");
    const { code, stdout, stderr } = await scoop("-n", "1", file);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^scoop: SyntaxError: Expression expected at \S+\.ts:1:11\n$/);
  } finally {
    await Deno.remove(file);
  }
});
