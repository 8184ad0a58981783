/** What is to be seen on a terminal while a run goes on, and what is left of that at its end. */

import assert from "node:assert/strict";
import { path, runScoop } from "../faults/running.ts";
import { NO_PTY, scoopInPty } from "./pty.ts";

const PROGRAM = path("tests/command/programs/progress.ts");
const TASKS = 100;
/** The bar, its share and what is said of it. */
const BAR = /^[█░]{16} +\d+% {2}\d+:\d\d {2}\d+ of [13]00 tasks, [\d.]+\/s, .*\d of 2 busy/;

const arguments_ = (
  how: string,
  ...flags: string[]
) => ["-n", "2", ...flags, PROGRAM, `${TASKS}`, how];
const resultLines = (count = TASKS) =>
  Array.from({ length: count }, (_, i) => `result ${i + 1}\n`).join("");

function test(name: string, run: () => Promise<void>): void {
  if (NO_PTY !== "") console.log(`not here: progress: ${name}: ${NO_PTY}`);
  Deno.test({ name: `progress: ${name}`, ignore: NO_PTY !== "", fn: run });
}

/** Whether the bar is the last line in sight, below what the program prints. */
const barBelow = (before: RegExp) => (screen: string[]) =>
  BAR.test(screen.at(-1) ?? "") && before.test(screen.at(-2) ?? "");

for (const how of ["lines", "errors"]) {
  test(`the bar is below what is printed, and goes: ${how}`, async () => {
    await using seen = scoopInPty(arguments_(how));
    await seen.sees(barBelow(/^result \d+$/));
    const first = Number(/(\d+) of/.exec(seen.terminal.screen().at(-1)!)![1]);
    await seen.sees((screen) => Number(/(\d+) of 100/.exec(screen.at(-1) ?? "")?.[1] ?? 0) > first);
    assert.equal(seen.terminal.screen().filter((line) => BAR.test(line)).length, 1);
    assert.equal(await seen.ended(), 0);
    assert.equal(seen.terminal.text(), `${resultLines()}the end\n`);
  });
}

test("a line that is not finished is not touched", async () => {
  await using seen = scoopInPty(arguments_("parts"));
  await seen.sees(barBelow(/^results \d+5 to \d+0$/));
  await seen.sees((screen) => /^results \d+5$/.test(screen.at(-1) ?? ""));
  assert.equal(await seen.ended(), 0);
  const lines = Array.from(
    { length: TASKS / 10 },
    (_, i) => `results ${10 * i + 5} to ${10 * i + 10}\n`,
  );
  assert.equal(seen.terminal.text(), `${lines.join("")}the end\n`);
});

test("several functions, and failures, have their lines", async () => {
  await using seen = scoopInPty(arguments_("two functions"));
  await seen.sees((screen) => {
    const [all, ...functions] = screen;
    return /^[█░]{16} .* of 200 tasks, .* failed/.test(all ?? "") && functions.length === 2 &&
      functions.some((line) => /% {2}slow {2}\d+ of 100$/.test(line)) &&
      functions.some((line) => /% {2}odd {3}\d+ of 100, \d+ failed$/.test(line));
  });
  assert.equal(await seen.ended(), 0);
  assert.equal(seen.terminal.text(), "the end\n");
});

test("a terminal that gets another size meanwhile", async () => {
  // Long enough for three changes on a machine that is busy with something else.
  const tasks = 3 * TASKS;
  await using seen = scoopInPty(["-n", "2", PROGRAM, `${tasks}`, "lines"]);
  await seen.sees(barBelow(/^result \d+$/));
  for (const columns of [40, 100, 25]) {
    await seen.resize(columns, 24);
    await seen.sees((screen) =>
      /^[█░]{16}/.test(screen.at(-1) ?? "") && screen.at(-1)!.length < columns &&
      screen.every((line) => /^(result \d+|[█░]{16}.*)$/.test(line))
    );
  }
  assert.equal(await seen.ended(), 0);
  // Nobody can tell what is drawn in the very moment of a change (seen once in some twenty runs).
  const text = seen.terminal.text();
  const left = text.match(/^[█░]{16}.*\n/gm) ?? [];
  assert.ok(left.length <= 1, `left over: ${left}`);
  assert.equal(text.replace(left[0] ?? "", ""), `${resultLines(tasks)}the end\n`);
});

test("nothing of it with --no-progress, with -q, or where stderr is no terminal", async () => {
  const ways: [string[], string][] = [[["--no-progress"], ""], [["-q"], ""], [[], "2>/dev/null"]];
  for (const [flags, redirection] of ways) {
    await using seen = scoopInPty(arguments_("silent", ...flags), { redirection });
    assert.equal(await seen.ended(), 0);
    assert.equal(seen.terminal.text(), "the end\n", flags.join());
    assert.doesNotMatch(seen.run.stdout(), /[█░]|tasks/, flags.join());
  }
});

test("the program's output may go elsewhere", async () => {
  await using seen = scoopInPty(arguments_("lines"), { redirection: ">/dev/null" });
  await seen.sees((screen) => screen.length === 1 && BAR.test(screen[0]!));
  assert.equal(await seen.ended(), 0);
  assert.equal(seen.terminal.text(), "");
});

test("Ctrl-C leaves a clean terminal", async () => {
  await using seen = scoopInPty(arguments_("lines"));
  await seen.sees(barBelow(/^result \d+$/));
  await seen.run.type("\x03");
  assert.equal(await seen.ended(), 130);
  const text = seen.terminal.text();
  assert.doesNotMatch(text, /[█░]/);
  // Whatever had come by then, and in order.
  const results = text.match(/^result \d+$/gm)?.length ?? 0;
  assert.ok(results > 0 && text.startsWith(resultLines(results)), text);
});

Deno.test("progress: with -v a line every 30 s where there is no terminal", async () => {
  const args = ["-n", "2", "-v", PROGRAM, "620", "silent"];
  const { code, stderr } = await runScoop(args);
  assert.equal(code, 0);
  const line =
    /^scoop: \d+ of 620 tasks done, [\d.]+ a second, \d+:\d\d left, \d of 2 workers busy$/gm;
  assert.equal(stderr.match(line)?.length, 1, stderr);
});

Deno.test("progress: where there is no terminal nothing of it without -v", async () => {
  const { code, stdout, stderr } = await runScoop(arguments_("silent"));
  assert.deepEqual([code, stdout, stderr], [0, "the end\n", ""]);
});

Deno.test("progress: -v tells what was done at the end, and what it took", async () => {
  const { code, stderr } = await runScoop(["-n", "2", "-v", PROGRAM, "20", "two functions"]);
  assert.equal(code, 0);
  assert.match(stderr, /^scoop: 30 tasks done, 10 failed in [\d.]+ s$/m);
  assert.match(
    stderr,
    new RegExp(
      "^scoop: [\\d.]+ times as fast as one worker; 2 workers \\d+ % busy, " +
        "[\\d.]+ (ms|s) of processor time, [\\d.]+ (bytes|kB) moved$",
      "m",
    ),
  );
});

Deno.test("progress: --profile writes a trace and a report", async () => {
  const folder = await Deno.makeTempDir();
  try {
    // Of a larger run before, and of somebody else.
    for (const name of ["worker-5", "worker-1.2", "mine", "worker-5.old"]) {
      await Deno.writeTextFile(`${folder}/${name}.cpuprofile`, "{}");
    }
    const { code } = await runScoop([
      "-n",
      "2",
      `--profile=${folder}`,
      PROGRAM,
      "20",
      "two functions",
    ]);
    assert.equal(code, 0);
    const profiles = [...Deno.readDirSync(folder)].map(({ name }) => name)
      .filter((name) => name.endsWith(".cpuprofile")).sort();
    assert.deepEqual(
      profiles,
      ["mine", "origin", "worker-1", "worker-5.old"].map((name) => `${name}.cpuprofile`),
    );
    const trace = JSON.parse(await Deno.readTextFile(`${folder}/trace.json`));
    const names = new Set(trace.traceEvents.map(({ name }: { name: string }) => name));
    assert.ok(names.has("slow") && names.has("odd"), [...names].join());
    const report = await Deno.readTextFile(`${folder}/report.html`);
    assert.match(report, /^<!doctype html>/i);
    for (const name of ["slow", "odd"]) assert.ok(report.includes(name), name);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("progress: a program that ends by Deno.exit has told what it did", async () => {
  for (const flags of [["-n", "1"], ["-n", "2"], ["-n", "4", "-b", "2"]]) {
    const { code, stderr } = await runScoop([...flags, "-v", PROGRAM, "20", "exits"]);
    assert.equal(code, 5);
    assert.match(stderr, /^scoop: 20 tasks done in [\d.]+ (ms|s)$/m, flags.join(" "));
  }
});

Deno.test("progress: brokers that end with the run were not lost", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const flags = ["-n", "4", "-b", "2", `--profile=${folder}`];
    const { code, stderr } = await runScoop([...flags, PROGRAM, "20", "silent"]);
    assert.deepEqual([code, stderr], [0, ""]);
    for (const name of ["trace.json", "report.html"]) {
      const text = await Deno.readTextFile(`${folder}/${name}`);
      assert.doesNotMatch(text, /was lost/, name);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("progress: a folder for --profile that takes no report is told of before the run", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/report.html`);
    const { code, stdout, stderr } = await runScoop([
      `--profile=${folder}`,
      PROGRAM,
      "1",
      "silent",
    ]);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^scoop: cannot write to \S+ \(--profile\): .+\n(.*\n)?$/);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["report.html"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
