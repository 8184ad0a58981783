import assert from "node:assert/strict";
import { canFindProcesses, inFolder, path, runScoop, start } from "../faults/running.ts";

const program = (name: string) => path(`tests/command/programs/${name}.ts`);
const TASKS = 16;

/** The lines that `lines.ts` prints, in order. */
function expectedLines(): string[] {
  const lines: string[] = [];
  for (let task = 0; task < TASKS; task++) {
    for (let i = 0; i < 500; i++) lines.push(`${task}/${i} ${"-".repeat((i * 37) % 300)}|`);
  }
  return lines.sort();
}

function checkLines(text: string): void {
  const lines = text.split("\n").filter((line) => line !== "present");
  assert.equal(lines.pop(), "", "the last line is whole");
  // Lines of different processes may overtake each other.
  assert.deepEqual(lines.sort(), [...expectedLines(), "end"].sort());
}

function checkErrors(text: string): void {
  const lines = Array.from({ length: TASKS }, (_, i) => `task ${i} has printed`);
  assert.deepEqual(text.trimEnd().split("\n").sort(), lines.sort());
}

Deno.test("output: no line of four workers is lost or mixed with another", async () => {
  const { code, stdout, stderr } = await runScoop(["-n", "4", program("lines"), `${TASKS}`]);
  assert.equal(code, 0);
  checkLines(stdout);
  checkErrors(stderr);
});

Deno.test("output: -v says which process each line is from", async () => {
  const { code, stdout, stderr } = await runScoop(["-n", "4", "-v", program("lines"), `${TASKS}`]);
  assert.equal(code, 0);
  const prefix = /^\[(origin|worker-\d)(?: \w+#\d+)?\] /gm;
  const from = new Set([...stdout.matchAll(prefix)].map(([, name]) => name));
  assert.deepEqual([...from].sort(), ["origin", "worker-1", "worker-2", "worker-3"]);
  assert.equal(stdout.match(prefix)!.length, stdout.split("\n").length - 1);
  checkLines(stdout.replaceAll(prefix, ""));
  const [own, others] = [/^scoop: .*\n/gm, /^scoop [\w-]+: .*\n/gm];
  assert.match(stderr, /^scoop: 4 workers, the origin among them; broker at (ipc|tcp):.*$/m);
  assert.match(stderr, /^scoop: worker-3 joined /m);
  assert.match(stderr, /^scoop: the program has ended \(exit code 0\)$/m);
  checkErrors(stderr.replaceAll(own, "").replaceAll(prefix, "").replaceAll(others, ""));
});

Deno.test("output: --log puts everything into a file", () =>
  inFolder(async (folder) => {
    const log = `${folder}/out.log`;
    await Deno.writeTextFile(log, "what was there before\n");
    const args = ["-n", "3", "--log", log, program("lines"), `${TASKS}`];
    const { code, stdout, stderr } = await runScoop(args);
    assert.deepEqual([code, stdout, stderr], [0, "", ""]);
    const errors = /^task \d+ has printed\n/gm;
    const text = (await Deno.readTextFile(log))
      .replaceAll(/^.* launcher info - scoop: .*\n/gm, "")
      .replaceAll(/^\S+Z \S+ (?:origin|worker-\d) (?:info|error) \S+ /gm, "");
    assert.equal(text.match(errors)?.length, TASKS);
    checkLines(text.replaceAll(errors, ""));
  }));

Deno.test("output: standard input is the origin's", async () => {
  const stdin = "one\ntwo\nthree\n";
  const { code, stdout, stderr } = await runScoop(["-n", "2", program("reads_stdin")], { stdin });
  assert.deepEqual([code, stdout, stderr], [0, "ONE\nTWO\nTHREE\n", ""]);
});

for (
  const [how, code, stdout, stderr] of [
    ["well", 0, "5\n", /^$/],
    ["exit 7", 7, "5\n", /^$/],
    ["exit code 5", 5, "5\n", /^$/],
    ["timer", 0, "5\nlater\n", /^$/],
    ["throws", 1, "5\n", /^error: Uncaught \(in promise\) RangeError: a mistake\n/],
    ["rejects", 1, "5\n", /^error: Uncaught \(in promise\) RangeError: a mistake\n/],
    ["task fails", 1, "5\n", /^error: Uncaught \(in promise\) RangeError: a task's mistake\n/],
    ["nobody looks", 0, "5\n", /^scoop: .*fails.*RangeError: a task's mistake/],
    // The origin says so, or a worker that was quicker: what ends the run is what comes first.
    ["throws at import", 1, "", /^(error: Uncaught \(in|scoop: no worker).* TypeError: at the top/],
  ] as const
) {
  Deno.test(`exit code: the program's own: ${how}`, async () => {
    const ended = await runScoop(["-n", "2", program("ends"), how]);
    assert.match(ended.stderr, stderr);
    assert.deepEqual([ended.code, ended.stdout], [code, stdout]);
    assert.doesNotMatch(ended.stderr, /was lost|launch|broker/);
  });
}

for (
  const [how, code, stdout, stderr] of [
    // That they loop for ever is told, if it was heard of by then.
    ["end", 0, "\nthe end", /^(?:scoop: 2 tasks that nobody awaited had not ended when .*\n)?$/],
    ["exit", 4, "", /^(?:scoop: 2 tasks that nobody awaited had not ended when .*\n)?$/],
    ["throw", 1, "", /^error: Uncaught \(in promise\) RangeError: enough\n/],
  ] as const
) {
  Deno.test(`exit code: the program's own, while workers never come back: ${how}`, async () => {
    const ended = await runScoop(["-n", "3", program("busy_at_end"), how]);
    assert.match(ended.stderr, stderr);
    const lines = ended.stdout.split("\n").sort().join("\n");
    assert.deepEqual([ended.code, lines], [code, `\nloops\nloops${stdout}`]);
  });
}

Deno.test({
  name: "output: a reader that goes away ends the run",
  ignore: !canFindProcesses,
  async fn() {
    const command = `"${Deno.execPath()}" run -A "${path("cli.ts")}" -n 2 "${program("endless")}"`;
    await using run = start("sh", ["-c", `${command} | head -n 3`]);
    const { code, stdout, stderr } = await run.ended();
    assert.deepEqual([code, stdout, stderr], [0, "line\nline\nline\n", ""]);
    await run.gone();
  },
});

Deno.test("arguments: what follows the program's name is the program's, everywhere", async () => {
  const args = ["--help", "-n", "7", "--", "a b", "--allow-net", "", "--log=x", "-v"];
  const { code, stdout, stderr } = await runScoop(["-n", "2", program("arguments"), ...args]);
  const seen = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(seen, [["origin", args], ["worker", args]]);
  assert.equal(code, 0);
  assert.match(stderr, /^scoop: -n after the program's name belongs to the program: .*\n$/);
});

Deno.test("quiet: a lost worker is not spoken of", () =>
  inFolder(async (folder) => {
    const deaths = path("tests/faults/programs/few_deaths.ts");
    const { code, stdout, stderr } = await runScoop(["-n", "3", "-q", "-A", deaths, folder]);
    assert.deepEqual([code, stdout, stderr], [0, "1000 true\n", ""]);
  }));
