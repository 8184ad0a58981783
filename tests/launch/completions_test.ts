import assert from "node:assert/strict";
import { completionsFor, SHELLS } from "../../launch/completions.ts";
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
  for (const words of [[], ["bash", "zsh"]]) {
    assert.throws(() => parseArguments(["completions", ...words]), {
      name: "UsageError",
      message: "completions takes one shell: bash, zsh, fish",
    });
  }
  const request = parseArguments(["./completions", "bash"]);
  assert(request.kind === "run" && request.options.program === "./completions");
});

/** A folder with a few names to complete, in which a test runs a shell. */
async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of ["prog.ts", "readme.ts"]) await Deno.writeTextFile(`${folder}/${name}`, "");
    await Deno.mkdir(`${folder}/launch`);
    await Deno.mkdir(`${folder}/.ssh`);
    await Deno.writeTextFile(`${folder}/.ssh/config`, "Host labone\n");
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What a shell prints. */
async function output(command: string, args: string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args,
    cwd,
    env: { HOME: cwd, ZDOTDIR: cwd, XDG_CONFIG_HOME: cwd, XDG_DATA_HOME: cwd, TERM: "dumb" },
    // Should a shell hang, it is not waited for.
    signal: AbortSignal.timeout(40_000),
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** What bash offers for the end of a line, which it divides at more than blanks. */
async function bash(line: string, folder: string): Promise<string[]> {
  const words = line.split(/\s+|(?<=[=:@])|(?=[=:@])/);
  const script = `${completionsFor("bash")}
COMP_LINE='${line}' COMP_CWORD=${words.length - 1}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})
compopt() { [[ $2 != default ]] || echo default; }
_scoop
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return (await output("bash", ["--norc", "-c", script], folder)).split("\n").filter(Boolean);
}

/** The line after the tab key in a zsh of its own, on a terminal of its own. */
async function zsh(line: string, folder: string): Promise<string[]> {
  const startup = `PS1=; autoload -U compinit; compinit -C -u -d ./dump; . ./_scoop
show() { zle complete-word; print -r -- "<<$BUFFER>>" }
zle -N show; bindkey '^I' show\n`;
  await Deno.writeTextFile(`${folder}/_scoop`, completionsFor("zsh"));
  await Deno.writeTextFile(`${folder}/.zshrc`, startup);
  const script = `zmodload zsh/zpty; zpty shell zsh -d -i; zpty -w -n shell "$1"$'\\t'
zpty -r shell printed '*<<*>>*'; print -r -- $printed; zpty -d shell`;
  const printed = await output("zsh", ["-f", "-c", script, "zsh", line], folder);
  const completed = /<<(.*)>>/.exec(printed)![1]!;
  const last = completed.trimEnd().split(/[ =]/).filter(Boolean).at(-1)!;
  return completed === line ? [] : [last];
}

/** What fish offers. */
async function fish(line: string, folder: string): Promise<string[]> {
  await Deno.writeTextFile(`${folder}/scoop.fish`, completionsFor("fish"));
  const script = `source scoop.fish; complete -C '${line}'`;
  const lines = (await output("fish", ["--no-config", "-c", script], folder)).split("\n");
  return lines.filter(Boolean).map((each) => each.split("\t")[0]!.replace(/^--.*=/, ""));
}

/** Lines, and what their end may become: every shell is to think the same of them. */
const LINES: readonly (readonly [line: string, offers: readonly string[]])[] = [
  ["scoop --wor", ["--workers"]],
  ["scoop -n 4 -v --wor", ["--workers"]],
  ["scoop --log=f --wor", ["--workers"]],
  ["scoop --allow-read --wor", ["--workers"]],
  ["scoop --allow-net=host:80 --wor", ["--workers"]],
  ["scoop --hosts a me@b --wor", ["--workers"]],
  ["scoop --host a b --wor", ["--workers"]],
  ["scoop --scheduler sl", ["slurm"]],
  ["scoop --scheduler=sl", ["slurm"]],
  ["scoop --log rea", ["readme.ts"]],
  ["scoop --log=rea", ["readme.ts"]],
  ["scoop -n 4 rea", ["readme.ts"]],
  ["scoop --hosts a -v rea", ["readme.ts"]],
  ["scoop --path lau", ["launch/"]],
];

/** The same, with hosts of ssh's configuration, which bash has no list of. */
const HOSTS: typeof LINES = [
  ["scoop --hosts labo", ["labone"]],
  ["scoop --hosts a b labo", ["labone"]],
  ["scoop --host a b labo", ["labone"]],
];

/** Lines whose end belongs to the program. */
const PROGRAMS = [
  "scoop prog.ts --wor",
  "scoop -n 4 prog.ts -v --wor",
  "scoop -- --wor",
  "scoop --hosts a -- prog.ts --wor",
];

for (const [shell, complete] of Object.entries({ bash, zsh, fish })) {
  const { success } = new Deno.Command("sh", {
    args: ["-c", `command -v ${shell}`],
    stdout: "null",
  }).outputSync();
  if (!success) console.log(`the completions for ${shell} are not tried: there is no ${shell}`);
  Deno.test({
    name: `completions: a real ${shell} divides the line as the command does`,
    // The bash of macOS is older than what the script needs.
    ignore: !success || Deno.build.os !== "linux",
    fn: () =>
      inFolder(async (folder) => {
        for (const [line, offers] of shell === "bash" ? LINES : [...LINES, ...HOSTS]) {
          const found = await complete(line, folder);
          // Whether a folder's slash is part of the offer differs.
          const plain = (names: readonly string[]) => names.map((name) => name.replace(/\/$/, ""));
          assert.deepEqual(plain(found), plain(offers), line);
        }
        for (const line of PROGRAMS) {
          const found = await complete(line, folder);
          assert.deepEqual(found, shell === "bash" ? ["default"] : [], line);
        }
      }),
  });
}
