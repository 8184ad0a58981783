/** Output that cannot be written: told in one line, and the run fails; nothing else is lost. */

import assert from "node:assert/strict";
import { canFindProcesses, inFolder, path, runScoop, start } from "../faults/running.ts";

/** A device on which there is never any room. */
const FULL = "/dev/full";
const LINES = 300;
const program = path("tests/command/programs/prints_much.ts");
const ignore = !canFindProcesses;
const LOST =
  "scoop: cannot write to standard output: No space left on device; the program goes on, and what " +
  "it prints there is lost";

/** Runs the command by a shell, with `redirection` behind it. */
async function redirected(redirection: string, args: string[]) {
  const words = [Deno.execPath(), "run", "-A", path("cli.ts"), ...args];
  await using run = start("sh", ["-c", `"$@" ${redirection}`, "sh", ...words]);
  const ended = await run.ended();
  await run.gone();
  return ended;
}

/** What the program's processes print on stderr, in order. */
function errors(): string[] {
  return [...Array.from({ length: LINES }, (_, i) => `error ${i}`), "the end"].sort();
}

/** The lines of the command itself; the others must be the program's, all of them. */
function checkErrors(stderr: string): string[] {
  const lines = stderr.trimEnd().split("\n");
  const own = lines.filter((line) => line.startsWith("scoop: "));
  const others = lines.filter((line) => !own.includes(line) && !/^\d+ x+$/.test(line));
  assert.deepEqual(others.sort(), errors());
  return own;
}

/** Mounts a file system with little room; false where that is not allowed. */
async function mountSmall(folder: string): Promise<boolean> {
  const args = ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder];
  try {
    return (await new Deno.Command("mount", { args, stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

async function onSmallDisk(use: (folder: string) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    if (!await mountSmall(folder)) {
      return console.warn("no file system could be mounted: not tried");
    }
    try {
      await use(folder);
    } finally {
      await new Deno.Command("umount", { args: [folder] }).output();
    }
  });
}

for (const [own, expected] of [["0", 74], ["5", 5]] as const) {
  Deno.test({
    name: `full disk: standard output, of a program that exits with ${own}`,
    ignore,
    async fn() {
      const { code, stderr } = await redirected(`>${FULL}`, ["-n", "2", program, `${LINES}`, own]);
      assert.deepEqual(checkErrors(stderr), [LOST]);
      assert.equal(code, expected);
    },
  });
}

Deno.test({
  name: "full disk: standard error, which nobody can be told of",
  ignore,
  async fn() {
    const { code, stdout } = await redirected(`2>${FULL}`, ["-n", "2", program, `${LINES}`]);
    assert.equal(stdout.trimEnd().split("\n").length, LINES);
    assert.equal(code, 74);
  },
});

Deno.test({
  name: "full disk: it fills while the program prints",
  ignore,
  fn: () =>
    onSmallDisk(async (folder) => {
      const file = `${folder}/out`;
      const { code, stderr } = await redirected(`>${file}`, ["-n", "2", program, `${LINES}`]);
      assert.deepEqual(checkErrors(stderr), [LOST]);
      assert.equal(code, 74);
      assert(Deno.statSync(file).size > 30_000, "what there was room for is there");
    }),
});

Deno.test({
  name: "full disk: what the file of --log does not take goes to standard error",
  ignore,
  fn: () =>
    onSmallDisk(async (folder) => {
      const log = `${folder}/log`;
      const args = ["-n", "2", "--log", log, program, `${LINES}`];
      const { code, stdout, stderr } = await runScoop(args);
      const kept = await Deno.readTextFile(log);
      // A line that was cut there is whole on stderr.
      const all = (kept.slice(0, kept.lastIndexOf("\n") + 1) + stderr)
        .replaceAll(/^.* launcher info - scoop: .*\n/gm, "")
        .replaceAll(/^\S+Z \S+ \S+ \S+ \S+ /gm, "");
      const reason =
        `scoop: cannot write to ${log} (--log): No space left on device; the rest goes ` +
        "to standard error";
      assert.deepEqual(checkErrors(all), [reason]);
      const numbers = [...all.matchAll(/^(\d+) x{1000}$/gm)].map(([, number]) => Number(number));
      assert.deepEqual(numbers.sort((a, b) => a - b), [...Array(LINES).keys()]);
      assert.deepEqual([code, stdout], [74, ""]);
    }),
});

for (const args of [["--help"], ["--version"], ["--dry-run", program], ["completions", "bash"]]) {
  Deno.test({
    name: `full disk: ${args[0]} fails as well`,
    ignore,
    async fn() {
      const { code, stderr } = await redirected(`>${FULL}`, args);
      const expected = "scoop: cannot write to standard output: No space left on device\n";
      assert.deepEqual([code, stderr], [74, expected]);
    },
  });
}

Deno.test({
  name: "full disk: a mistake in the arguments keeps its exit code",
  ignore,
  async fn() {
    const { code } = await redirected(`2>${FULL}`, ["-n", "2", "no_such_program.ts"]);
    assert.equal(code, 2);
  },
});
