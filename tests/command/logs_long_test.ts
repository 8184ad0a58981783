/** What runs log and print, on a terminal and in the file of --log. */

import assert from "node:assert/strict";
import { deno, inFolder, path, runScoop } from "../faults/running.ts";
import type { Ended } from "../faults/running.ts";
import { withFakeSsh } from "../hosts/fake_ssh.ts";

const program = (name: string) => path(`tests/command/programs/${name}.ts`);
const KEYS = ["time", "host", "process", "level", "task", "source", "text", "properties"];
const [SPEAKERS, ROUNDS, SAYERS] = [12, 40, 300];

interface Line {
  time: string;
  host: string;
  process: string;
  level: string;
  task: { name: string; number: number } | null;
  source: string;
  text: string;
  properties: Record<string, unknown>;
}

/** Runs the command with a log in JSON, whose lines are all whole. */
async function logged(args: string[]): Promise<{ ended: Ended; lines: Line[] }> {
  const log = await Deno.makeTempFile();
  try {
    const ended = await runScoop(["--log", log, "--log-format", "json", ...args]);
    return { ended, lines: linesOf(await Deno.readTextFile(log)) };
  } finally {
    await Deno.remove(log);
  }
}

function linesOf(text: string): Line[] {
  assert(text.endsWith("\n"), text.slice(-200));
  const lines = text.trimEnd().split("\n").map((line): Line => JSON.parse(line));
  for (const line of lines) {
    assert.deepEqual(Object.keys(line), KEYS);
    assert.match(line.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert(line.host.length > 0 && line.process.length > 0);
    assert.match(line.level, /^(trace|debug|info|warning|error|fatal)$/);
  }
  return lines;
}

/** Every line that the tasks of logs.ts print or log is there once, and says which task it is of. */
function checkTasks(lines: readonly Line[]): void {
  const tasks = new Map<string, string>();
  const seen = new Map<string, number>();
  for (const { process, task, text, source } of lines) {
    const [, kind, number, round] =
      /^(out|err|info|second line of|said) (\d+)(?:\/(\d+))?$/.exec(text) ?? [];
    if (kind === undefined) continue;
    assert.equal(task?.name, kind === "said" ? "say" : "speak", text);
    const key = `${process} ${task!.name}#${task!.number}`;
    const of = `${task!.name} ${number}`;
    assert.equal(tasks.get(key) ?? of, of, `${key} is one task`);
    tasks.set(key, of);
    const sources = { out: "stdout", said: "stdout", info: "scoop.program" };
    assert.equal(source, sources[kind as keyof typeof sources] ?? "stderr");
    const what = `${kind} ${number} ${round ?? ""}`;
    seen.set(what, (seen.get(what) ?? 0) + 1);
  }
  assert.equal(tasks.size, SPEAKERS + SAYERS);
  assert.equal(new Set(tasks.values()).size, SPEAKERS + SAYERS);
  for (const [what, count] of seen) {
    assert.equal(count, what.startsWith("second") ? ROUNDS : 1, what);
  }
  assert.equal(seen.size, SPEAKERS * (3 * ROUNDS + 1) + SAYERS);
  assert(tookTurns(lines), "tasks took turns in one process");
}

/** Whether a task went on after another had begun in the same process. */
function tookTurns(lines: readonly Line[]): boolean {
  const order = new Map<string, number[]>();
  for (const { process, task, source } of lines) {
    if (task?.name !== "speak" || source !== "stdout") continue;
    const numbers = order.get(process) ?? [];
    if (numbers.at(-1) !== task.number) numbers.push(task.number);
    order.set(process, numbers);
  }
  return [...order.values()].some((numbers) => new Set(numbers).size < numbers.length);
}

for (const args of [["-n", "2"], ["-n", "3", "-b", "2", "-v"]]) {
  Deno.test(`logs: thousands of lines of all processes are whole: ${args.join(" ")}`, async () => {
    const { ended, lines } = await logged([...args, program("logs")]);
    assert.deepEqual(ended, { code: 0, signal: null, stdout: "", stderr: "" });
    checkTasks(lines);
    const processes = new Set(lines.map(({ process }) => process));
    const workers = lines.find(({ text }) => text.startsWith("workers: "))!.text.split(" ").slice(
      1,
    );
    assert(workers.length > 1, "others have worked");
    for (const name of workers) assert(processes.has(name), name);
    assert(processes.has("launcher"));
    if (args.includes("-b")) assert(processes.has("broker") && processes.has("broker-2"));
    const statements = lines.filter(({ text }) => /^the program (begins|ends)$/.test(text));
    for (const { process, task } of statements) assert.deepEqual([process, task], ["origin", null]);
    assert.equal(statements.length, 2);
  });
}

Deno.test("logs: what is logged on a host by ssh is among the rest", () =>
  withFakeSsh(async (flags) => {
    const { ended, lines } = await logged([
      ...[...flags, "--hosts", "127.0.0.1", "alpha", "-n", "2", program("logs")],
    ]);
    assert.deepEqual([ended.code, ended.stdout], [0, ""]);
    checkTasks(lines);
    assert(lines.some(({ process, task }) => process === "worker-1" && task !== null));
  }));

Deno.test("logs: an Executor's workers and its own process log into one file", () =>
  inFolder(async (folder) => {
    const log = `${folder}/pool.log`;
    await using run = deno(["--quiet", program("logs_pool"), log]);
    const { code, stdout, stderr } = await run.ended();
    assert.deepEqual([code, stdout, stderr], [0, "40\n", ""]);
    const lines = linesOf(await Deno.readTextFile(log));
    const own = lines.find(({ text }) => text === "the owner is true")!;
    assert.deepEqual([own.source, own.task, own.properties], ["scoop.program", null, {
      ready: true,
    }]);
    for (const source of ["stdout", "scoop.program"]) {
      const found = lines.filter((line) => line.source === source && line.task?.name === "work");
      assert.equal(found.length, 40, source);
      for (const { process } of found) assert.match(process, /^worker-[12]$/);
    }
  }));

/** The texts of the records that logs.ts has of each level, as `levels` tells them on stderr. */
const RECORDS = [
  ["debug", "a debug record"],
  ["info", "an info record"],
  ["warning", "a warning of this"],
  ["error", "an error: out of it"],
  ["fatal", "a fatal record"],
] as const;

for (
  const [flags, first] of [[["-q"], 3], [[], 2], [["-v"], 1], [["-vv"], 0]] as const
) {
  Deno.test(`logs: on stderr ${flags.join("") || "without -v"}: ${RECORDS[first][0]} and above`, async () => {
    const { code, stdout, stderr } = await runScoop(
      ["-n", "2", ...flags, program("logs"), "levels"],
      { env: { NO_COLOR: "1" } },
    );
    assert.equal(code, 0);
    const of = (task: string) =>
      RECORDS.slice(first).map(([level, text]) => `[WHO${task}] ${level}: ${text}`);
    const lines = stderr.split("\n").filter((line) => /\b(a|an) \w+( record|:| of)/.test(line));
    const names = lines.map((line) => line.replace(/^\[(origin|worker-1)/, "[WHO"));
    assert.deepEqual(names, [...of(""), ...of(" levels#1")]);
    assert(!stderr.includes("\x1b") && !(stdout + stderr).includes("\x1e"), "no colours, no marks");
    const prefix = flags[0]?.startsWith("-v") ? "[origin] " : "";
    assert.equal(stdout, `${prefix}the program begins\n${prefix}the program ends\n`);
  });
}

Deno.test("logs: in the file information and above, with -vv everything", async () => {
  for (const [flags, first] of [[[], 1], [["-vv"], 0], [["-q"], 3]] as const) {
    const { lines } = await logged(["-n", "2", ...flags, program("logs"), "levels"]);
    const own = lines.filter(({ source }) => source.startsWith("scoop.program"));
    const expected = RECORDS.slice(first).map(([level, text]) => `${level} ${text}`);
    assert.deepEqual(own.map(({ level, text }) => `${level} ${text}`), [...expected, ...expected]);
    const warning = own.find(({ level }) => level === "warning");
    if (first < 3) {
      assert.deepEqual(warning!.properties, { what: "this", extra: [1, { two: "2" }] });
    } else assert(lines.every(({ source }) => !source.startsWith("scoop.launch")));
  }
});

Deno.test("logs: with -v each line names its task, and without it nothing is added", async () => {
  const { code, stdout, stderr } = await runScoop(["-n", "3", "-v", program("logs")]);
  assert.equal(code, 0);
  const lines = `${stdout}${stderr}`.split("\n").flatMap((line): Line[] => {
    const found = /^\[(\S+)(?: (\w+)#(\d+))?\] (?:info: (?=info))?(.*)$/.exec(line);
    if (found === null) return [];
    const [, process, name, number, text] = found;
    const source = /^(out|said)/.test(text!)
      ? "stdout"
      : text!.startsWith("info")
      ? "scoop.program"
      : "stderr";
    const task = name === undefined ? null : { name, number: Number(number) };
    return [{
      time: "",
      host: "",
      process: process!,
      level: "",
      task,
      source,
      text: text!,
      properties: {},
    }];
  });
  checkTasks(lines);
  const bare = await runScoop(["-n", "3", program("logs")]);
  const printed = /^(out \d+\/\d+|said \d+|the program \w+|workers: .*)$/;
  assert.deepEqual(bare.stdout.trimEnd().split("\n").filter((line) => !printed.test(line)), []);
});

Deno.test("logs: a program that configures LogTape itself has its own way", async () => {
  const [here, everywhere] = await Promise.all([
    runScoop(["-n", "2", "-v", program("logs_configured")]),
    runScoop(["-n", "2", "-v", program("logs_configured"), "everywhere"]),
  ]);
  assert.deepEqual([here.code, everywhere.code], [0, 0], here.stderr + everywhere.stderr);
  // The workers' is still the command's.
  assert.match(here.stderr, /^\[origin\] warning: early$/m);
  assert.match(here.stderr, /^\[worker-1 logs#1\] warning: task \d+$/m);
  assert.match(here.stdout, /^\[origin\] own: late undefined$/m);
  assert.doesNotMatch(everywhere.stderr, /warning: /);
  assert.match(everywhere.stdout, /^\[origin\] own: early undefined$/m);
  assert.match(everywhere.stdout, /^\[worker-1 logs#1\] own: task \d+ logs#1$/m);
});

Deno.test("logs: what cannot be is one line", async () => {
  const run = (...flags: string[]) => runScoop(["-n", "2", ...flags, program("logs")]);
  const [xml, folder, alone] = await Promise.all([
    run("--log", "/dev/null", "--log-format", "xml"),
    run("--log", "/no/such/folder/log", "--log-format", "json"),
    run("--log-format", "json"),
  ]);
  assert.deepEqual([xml.code, folder.code, alone.code], [2, 2, 2]);
  assert.equal(xml.stderr, 'scoop: --log-format must be text or json, not "xml"\n');
  assert.equal(
    folder.stderr,
    "scoop: cannot write to /no/such/folder/log (--log): No such file or directory\n",
  );
  assert.equal(
    alone.stderr,
    "scoop: --log-format is of the file of --log: name that as well\n",
  );
  assert.equal(xml.stdout + folder.stdout + alone.stdout, "");
});
