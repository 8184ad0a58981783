import assert from "node:assert/strict";
import { completionsFor, SHELLS } from "../../launch/completions.ts";
import { manPage } from "../../launch/man_page.ts";
import { OPTIONS } from "../../launch/option_table.ts";
import { parseArguments } from "../../launch/options.ts";

const shown = OPTIONS.filter((row) => !row.hidden);

Deno.test("completions: every shell knows every option that --help shows", () => {
  for (const shell of SHELLS) {
    const request = parseArguments(["completions", shell]);
    assert(request.kind === "print");
    assert.equal(request.text, completionsFor(shell));
    for (const { long } of shown) {
      assert.match(request.text, new RegExp(`(--|-l )${long}\\b`), `${shell} ${long}`);
    }
  }
});

Deno.test("completions: another shell is named; a program may be called that", () => {
  assert.throws(() => parseArguments(["completions", "csh"]), {
    name: "UsageError",
    message: 'there are completions for bash, zsh, fish, not for "csh"',
  });
  const request = parseArguments(["./completions", "bash"]);
  assert(request.kind === "run" && request.options.program === "./completions");
});

/** What bash offers for the last of these words. */
async function bash(...words: string[]): Promise<string[]> {
  const script = `${completionsFor("bash")}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length - 1}
compopt() { :; }
_scoop
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { success, stdout, stderr } = await new Deno.Command("bash", {
    args: ["--norc", "-c", script],
    cwd: new URL("..", import.meta.url).pathname,
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim().split("\n");
}

Deno.test({
  name: "completions: bash completes options, their values, and the program",
  ignore: Deno.build.os === "windows",
  async fn() {
    assert.deepEqual(await bash("scoop", "--wor"), ["--workers"]);
    assert.deepEqual(await bash("scoop", "-n", "4", "--ver"), ["--verbose", "--version"]);
    assert.deepEqual(await bash("scoop", "--scheduler", "s"), ["slurm", "sge"]);
    assert.deepEqual(await bash("scoop", "-v", "read"), ["readme_test.ts"]);
    assert.deepEqual(await bash("scoop", "--path", "lau"), ["launch"]);
    assert.deepEqual(await bash("scoop", "prog.ts", "--wor"), [""], "that is the program's");
  },
});

for (const [shell, check] of [["zsh", ["-n"]], ["fish", ["--no-execute"]]] as const) {
  const { success } = new Deno.Command("sh", {
    args: ["-c", `command -v ${shell}`],
    stdout: "null",
  }).outputSync();
  if (!success) console.log(`the completions for ${shell} are not tried: there is no ${shell}`);
  Deno.test({
    name: `completions: ${shell} can read its own`,
    ignore: !success,
    async fn() {
      const file = await Deno.makeTempFile();
      await Deno.writeTextFile(file, completionsFor(shell));
      const { success, stderr } = await new Deno.Command(shell, { args: [...check, file] })
        .output();
      await Deno.remove(file);
      assert(success, new TextDecoder().decode(stderr));
    },
  });
}

Deno.test("man page: it has every option with its text, and nothing that roff would stumble on", () => {
  const page = manPage();
  const plain = page.replaceAll("\\-", "-").replaceAll(/\\f[BIR]/g, "");
  for (const { long, text } of shown) {
    assert(plain.includes(`--${long}`), long);
    assert(plain.includes(text), text);
  }
  const requests = new Set([...page.matchAll(/^\.(\w+)/gm)].map(([, request]) => request));
  assert.deepEqual([...requests].sort(), ["B", "I", "IR", "RI", "SH", "TH", "TP", "br"]);
  for (const line of page.split("\n")) {
    if (!line.startsWith(".")) assert.doesNotMatch(line, /(?<!\\)-|^'/, line);
  }
});
