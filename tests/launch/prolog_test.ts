/** Scripts of --prolog, as several shells source them; tests/clusters/ has them on other hosts. */

import assert from "node:assert/strict";
import { judgeProlog } from "../../launch/host_errors.ts";
import { afterProlog, sourceProlog, tryProlog } from "../../launch/prolog.ts";

const NOTHING = "nothing";

/** Scripts, and what is told of them; "(goes on)" for what does not keep the program from running. */
const CASES: readonly (readonly [script: string, told: RegExp | typeof NOTHING])[] = [
  ["", NOTHING],
  ["export A=1\n", NOTHING],
  ["# no line end", NOTHING],
  ["[ -f /no/such/file ] && . /no/such/file\n", NOTHING],
  ["echo talks; exit 0\n", NOTHING],
  ["return 0\nnonsense\n", NOTHING],
  ["trap : EXIT\n", NOTHING],
  ["exec >/dev/null 2>&1 </dev/null\n", NOTHING],
  ["cat; read -r x; set -u; set -- 1 2; IFS=x\n:", NOTHING],
  [
    "echo talks; false\n",
    /^p \(--prolog\) ended with exit code 1 \(it printed: talks\) \(goes on\)$/,
  ],
  ["exit 4\n", /^p \(--prolog\) exited with exit code 4 \(it printed nothing\)$/],
  ["echo why; exit 3\n", /exited with exit code 3 \(it printed: why\)$/],
  ["set -e\nls /no/such/thing\necho on\n", /exited with exit code \d \(it printed: .*such\/thing/],
  ["ls /no/such/thing\n", /ended with exit code \d \(it printed: .*such\/thing/],
  ["modulle load x\n", /ended with exit code 127 \(it printed: .*modulle/],
  ["trap 'echo mine' EXIT; exit 6\n", /exited with exit code 6 \(it printed: mine\)$/],
  ["exec true\n", /^p \(--prolog\) ended its shell: it is sourced/],
  ["trap 'echo mine' EXIT; exit 0\n", /ended its shell/],
  ["exec sh -c 'exit 7'\n", /exited with exit code 7 \(it printed nothing\)$/],
];

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "scoop-test-" });
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (const shell of ["sh", "bash", "dash", "ksh"]) {
  const { success } = new Deno.Command("sh", {
    args: ["-c", `command -v ${shell}`],
    stdout: "null",
  }).outputSync();
  Deno.test({
    name: `prolog: what becomes of it in ${shell}`,
    ignore: !success,
    fn: () =>
      inFolder(async (folder) => {
        for (const [script, told] of CASES) {
          await Deno.writeTextFile(`${folder}/p`, script);
          const end = await tryProlog(`${folder}/p`, shell);
          const verdict = judgeProlog("p", end);
          const text = verdict ? `${verdict.text}${verdict.fails ? "" : " (goes on)"}` : NOTHING;
          if (told === NOTHING) assert.equal(text, NOTHING, script);
          else assert.match(text, told, script);
        }
      }),
  });
}

Deno.test("prolog: one that is not there, or is a folder", async () => {
  await inFolder(async (folder) => {
    const end = await tryProlog(`${folder}/p`);
    assert.match(judgeProlog("p", end)!.text, /^p \(--prolog\) is not there, or cannot be read$/);
    assert.equal(judgeProlog("p", await tryProlog(folder))!.fails, true);
  });
});

/** Whether a process runs; one that nobody has asked yet how it ended does not. */
function lives(pid: number): boolean {
  try {
    return !/\) Z /.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return new Deno.Command("kill", { args: ["-0", `${pid}`], stderr: "null" }).outputSync()
      .success;
  }
}

Deno.test("prolog: what it starts in the background holds nothing up, and is ended with it", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/p`, `sleep 60 &\necho $! >${folder}/pid\necho said\n`);
    const watched: number[] = [];
    const reaper = { watch: (pid: number) => watched.push(pid), forget: () => watched.pop() };
    const before = performance.now();
    const end = await tryProlog(`${folder}/p`, "sh", reaper);
    assert.ok(performance.now() - before < 30_000);
    assert.deepEqual([end.how, end.printed, watched], ["returned", ["said"], []]);
    const pid = Number(await Deno.readTextFile(`${folder}/pid`));
    assert.ok(!lives(pid));
  });
});

Deno.test("prolog: the command after it has its words, its input and what was set", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/it's $1.sh`,
      "export A='b c'; set -- x; cat; echo talks; false",
    );
    const [command, ...args] = afterProlog(
      ["sh", "-c", 'cat; echo "$A" "$@"', "zero", "it's", "$A", ""],
      `${folder}/it's $1.sh`,
    );
    const child = new Deno.Command(command!, { args, stdin: "piped", stdout: "piped" }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("typed\n"));
    await writer.close();
    const { code, stdout } = await child.output();
    assert.deepEqual([code, new TextDecoder().decode(stdout)], [0, "typed\nb c it's $A \n"]);
  });
});

Deno.test("prolog: one that is sent says what it says, whatever is in it", async () => {
  const text = `A="it's \\n \\$HOME"; B='x"y'\nexport A B\n[ a = b ]`;
  const script = sourceProlog({ path: "p", text }, {
    missing: "exit 9",
    before: ":",
    after: 'printf "%s|%s|%s %s" "$A" "$B" "$scoop_how" "$scoop_code"',
    go: "exit 5",
  });
  for (const shell of ["sh", "bash"]) {
    const { code, stdout } = await new Deno.Command(shell, { args: ["-c", script] }).output();
    const printed = new TextDecoder().decode(stdout);
    assert.deepEqual([code, printed], [5, `it's \\n $HOME|x"y|returned 1`], shell);
  }
});
