import assert from "node:assert/strict";
import { createCrew } from "../../launch/crew.ts";
import type { CrewOptions } from "../../launch/crew.ts";
import type { Output } from "../../launch/output.ts";
import { HostAway } from "../../launch/host_away.ts";
import { describeExit } from "../../launch/process.ts";
import type { Exit, RunningProcess } from "../../launch/process.ts";
import { LIMITS } from "../../wire/limits.ts";
import { until } from "./processes.ts";

/** A process that ends when it is told to. */
function fakeProcess(name: string) {
  const { promise, resolve } = Promise.withResolvers<Exit>();
  let alive = true;
  let since = performance.now();
  const end = (code: number, signal: Deno.Signal | null = null, lived = 0) => {
    alive = false;
    since -= lived;
    resolve({ code, signal });
  };
  const leave = (reason: string) => {
    alive = false;
    resolve({ code: 255, signal: null, reason, away: true });
  };
  const process: RunningProcess = {
    name,
    get since() {
      return since;
    },
    exited: promise,
    drained: promise.then(() => {}),
    swept: promise.then(() => {}),
    alive: () => alive,
    kill: (signal) => end(137, signal),
    tell() {},
  };
  return Object.assign(process, { end, leave });
}

/** @param joins whether a worker of that name joins, at once */
function fakeCrew(
  start?: (name: string) => void,
  joins: (name: string) => boolean = () => true,
  more: Partial<CrewOptions> = {},
) {
  const processes: ReturnType<typeof fakeProcess>[] = [];
  const lost: [string, string][] = [];
  const lines: string[] = [];
  const fillIn = (level: string) => (text: unknown, facts: unknown) => {
    const values = facts as Record<string, unknown>;
    lines.push(
      `${level}: ${String(text).replace(/\{(\w+)\}/g, (_, name) => String(values[name]))}`,
    );
  };
  const crew = createCrew({
    ...more,
    start(name, stderr) {
      start?.(name);
      const process = fakeProcess(name);
      processes.push(process);
      void stderr.write(new TextEncoder().encode(`${name} was here\n`), process);
      if (joins(name)) queueMicrotask(() => crew.joined(name));
      return process;
    },
    onLost: (name, reason) => void lost.push([name, reason]),
    log: { warning: fillIn("warning"), info: fillIn("info") } as Parameters<
      typeof createCrew
    >[0]["log"],
  });
  return { crew, processes, lost, lines };
}

Deno.test("a lost worker is told of at once and replaced a little later", async () => {
  const { crew, processes, lost, lines } = fakeCrew();
  crew.begin(["worker-1", "worker-2"]);
  assert.deepEqual(crew.living().map(({ name }) => name), ["worker-1", "worker-2"]);
  processes[0]!.end(137, "SIGKILL");
  await until(() => lost.length === 1);
  assert.deepEqual(lost, [["worker-1", "signal SIGKILL"]]);
  assert.deepEqual(lines, [
    "warning: worker-1 was lost (signal SIGKILL); starting worker-1.2",
  ]);
  assert.deepEqual(crew.living().map(({ name }) => name), ["worker-2"]);
  await until(() => processes.length === 3);
  assert.deepEqual(crew.living().map(({ name }) => name), ["worker-1.2", "worker-2"]);
  crew.dismiss();
});

Deno.test("workers of a host that is lost wait for it, and for nothing else", async () => {
  const back = Promise.withResolvers<void>();
  let away = false;
  let tries = 0;
  const { crew, processes, lost, lines } = fakeCrew(() => {
    tries++;
    if (away) throw new HostAway("h1", back.promise);
  });
  crew.begin(["worker-1", "worker-2"]);
  away = true;
  for (const process of processes) process.leave("its host was not heard of");
  await until(() => tries === 4);
  assert.deepEqual(lost.map(([name]) => name), ["worker-1", "worker-2"]);
  assert.deepEqual(lines.filter((line) => line.startsWith("warning")), []);
  assert.deepEqual(crew.living(), []);
  // Longer than a worker would be replaced after that has failed once.
  await new Promise((resolve) => setTimeout(resolve, 3 * LIMITS.replaceFirstMs));
  assert.equal(tries, 4, "nobody is started where nothing can be");
  away = false;
  back.resolve();
  await until(() => processes.length === 4);
  assert.deepEqual(crew.living().map(({ name }) => name), ["worker-1.2", "worker-2.2"]);
  // It was no fault of theirs: the next is replaced as soon as the first one.
  processes[2]!.end(1);
  await until(() => processes.length === 5);
  assert.match(
    lines.at(-1)!,
    /^warning: worker-1.2 was lost \(exit code 1\); starting worker-1.3$/,
  );
  crew.dismiss();
});

Deno.test("nobody waits for a host when the run is over", async () => {
  const back = Promise.withResolvers<void>();
  const { crew, processes } = fakeCrew(() => {
    throw new HostAway("h1", back.promise);
  });
  crew.begin(["worker-1"]);
  crew.dismiss();
  back.resolve();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(processes, []);
});

Deno.test("after the end nobody is lost and nobody replaced", async () => {
  const { crew, processes, lost, lines } = fakeCrew();
  crew.begin(["worker-1", "worker-2"]);
  processes[0]!.end(1);
  await until(() => lost.length === 1);
  crew.dismiss();
  processes[1]!.end(0);
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(processes.length, 2);
  assert.equal(lines.length, 1);
  assert.deepEqual(crew.living(), []);
});

Deno.test("a worker that is given up is killed, and the reason told is why", async () => {
  const { crew, processes, lost } = fakeCrew();
  crew.begin(["worker-1", "worker-2"]);
  crew.giveUp("worker-2", "it is stuck", 0);
  crew.giveUp("worker-9", "there is none", 0);
  await until(() => lost.length === 1);
  assert.deepEqual(lost, [["worker-2", "it is stuck"]]);
  assert.equal(processes[0]!.alive(), true);
  crew.dismiss();
});

Deno.test("a broker that a worker has left for another has no say in it", async () => {
  const { crew, processes, lost } = fakeCrew();
  crew.begin(["worker-1", "worker-2"]);
  crew.joined("worker-1", "broker");
  crew.joined("worker-1", "broker-2");
  crew.joined("worker-2", "broker");
  for (const patience of [0, 10]) {
    crew.giveUp("worker-1", "its connection broke", patience, "broker");
    crew.giveUp("worker-2", "its connection broke", patience, "broker-2");
  }
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual([processes[0]!.alive(), processes[1]!.alive(), lost], [true, true, []]);
  crew.giveUp("worker-1", "its connection broke", 10, "broker-2");
  // In a task it may be stuck wherever it is.
  crew.giveUp("worker-2", "it is stuck", 0);
  await until(() => lost.length === 2);
  assert.deepEqual(lost, [["worker-2", "it is stuck"], ["worker-1", "its connection broke"]]);
  // What takes their places has not joined any.
  await until(() => processes.length === 4);
  crew.giveUp("worker-1.2", "its connection broke", 0, "broker");
  await until(() => lost.length === 3);
  crew.dismiss();
});

Deno.test("a worker that ends by itself in time tells its own reason", async () => {
  const { crew, processes, lost } = fakeCrew();
  crew.begin(["worker-1"]);
  crew.giveUp("worker-1", "its connection broke", 50);
  processes[0]!.end(3);
  await until(() => lost.length === 1);
  assert.deepEqual(lost, [["worker-1", "exit code 3"]]);
  await until(() => processes.length === 2);
  assert.equal(processes[1]!.alive(), true);
  crew.dismiss();
});

Deno.test("workers that never get anywhere are told of once, and rarely tried", async () => {
  const { crew, processes, lost, lines } = fakeCrew();
  crew.begin(["worker-1"]);
  for (let i = 0; i < 5; i++) {
    await until(() => processes.length === i + 1);
    processes[i]!.end(1);
  }
  await until(() => lost.length === 5);
  crew.dismiss();
  const warnings = lines.filter((line) => line.startsWith("warning"));
  assert.equal(warnings.length, 5);
  assert.match(warnings[4]!, /^warning: worker-1\.5 ended right after its start, like 4 before/);
  assert.match(lines.find((line) => line.startsWith("info"))!, /starting worker-1\.6 in 1\.6 s/);
});

Deno.test("a worker killed for a task is replaced at once, and does not count", async () => {
  const { crew, processes, lines } = fakeCrew();
  crew.begin(["worker-1"]);
  for (let i = 0; i < 4; i++) {
    await until(() => processes.length === i + 1);
    processes[i]!.end(1);
  }
  for (let i = 4; i < 20; i++) {
    await until(() => processes.length === i + 1);
    crew.giveUp(processes[i]!.name, "it is stuck", 0);
  }
  await until(() => processes.length === 21);
  processes[20]!.end(1);
  await until(() => lines.some((line) => line.includes("worker-1.21")));
  crew.dismiss();
  assert.deepEqual(lines.filter((line) => line.includes("stuck")).length, 16);
  assert(lines.every((line) => !/stuck.* in \d/.test(line)));
  // The fifth that failed at its start, and so the fourth doubling.
  assert.match(lines.at(-1)!, /ended right after its start, like 4 before it/);
  assert.match(lines.at(-2)!, /starting worker-1\.22 in 1\.6 s/);
});

Deno.test("a worker that was sound has its successor started soon again", async () => {
  const { crew, processes, lines } = fakeCrew();
  crew.begin(["worker-1"]);
  for (let i = 0; i < 4; i++) {
    await until(() => processes.length === i + 1);
    processes[i]!.end(1);
  }
  await until(() => processes.length === 5);
  processes[4]!.end(1, null, LIMITS.soundAfterMs);
  await until(() => processes.length === 6);
  crew.dismiss();
  assert.match(lines.at(-1)!, /worker-1\.5 was lost \(exit code 1\); starting worker-1\.6$/);
});

Deno.test("a worker that cannot even be started counts as lost", async () => {
  let tries = 0;
  const { crew, processes, lost } = fakeCrew(() => {
    if (++tries === 1) throw new Error("no more processes");
  });
  crew.begin(["worker-1"]);
  assert.deepEqual(lost, [["worker-1", "no more processes"]]);
  await until(() => processes.length === 1);
  assert.equal(processes[0]!.name, "worker-1.2");
  crew.dismiss();
});

function memory() {
  let text = "";
  const output: Output = {
    write: (bytes) => Promise.resolve(void (text += new TextDecoder().decode(bytes))),
    flush: () => Promise.resolve(),
  };
  return { output, text: () => text };
}

/** A crew whose workers of these places do not join. */
function sickCrew(sick: string[], more: Partial<CrewOptions> = {}) {
  const stderr = memory();
  const told: [fault: string, words: string][] = [];
  const joins = (name: string) => !sick.includes(name.replace(/\.\d+$/, ""));
  const fake = fakeCrew(undefined, joins, {
    stderrOf: () => stderr.output,
    onHopeless: (fault, words) => void told.push([fault, words]),
    ...more,
  });
  return { ...fake, told, stderr };
}

Deno.test("when no worker can import the program it is told once, after a bounded number of starts", async () => {
  const { crew, processes, lost, lines, told, stderr } = sickCrew(["worker-1", "worker-2"]);
  crew.begin(["worker-1", "worker-2"]);
  for (let i = 0; told.length === 0; i++) {
    await until(() => processes.length > i || told.length > 0);
    processes[i]?.end(3);
  }
  const [[fault, words]] = told as [[string, string]];
  assert.match(
    fault,
    /^(worker-[12]\.3) ended while it imported the program \(exit code 3\), as 2 before it; each/,
  );
  assert.match(fault, /if \(import\.meta\.main\)/);
  assert.equal(words, `${/^\S+/.exec(fault)} was here`);
  assert(processes.length <= 6, `${processes.length} starts`);
  assert.equal(lost.length, processes.length);
  assert.deepEqual(lines.filter((line) => line.startsWith("warning")), []);
  assert.equal(stderr.text(), "", "what they wrote is told with the fault");
  const count = processes.length;
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(processes.length, count, "no more are started");
});

Deno.test("a worker that says itself that it cannot import the program is not tried again", async () => {
  const said = "scoop: worker-1 cannot import the program: TypeError: boom\n    at prog.ts:1:1\n";
  const processes: ReturnType<typeof fakeProcess>[] = [];
  const told: [fault: string, words: string][] = [];
  const crew = createCrew({
    start(name, stderr) {
      const process = fakeProcess(name);
      processes.push(process);
      void stderr.write(new TextEncoder().encode("before\n" + said), process);
      return process;
    },
    onLost() {},
    onHopeless: (fault, words) => void told.push([fault, words]),
    log: { warning() {}, info() {} } as unknown as CrewOptions["log"],
  });
  crew.begin(["worker-1"]);
  processes[0]!.end(1);
  await until(() => told.length === 1);
  assert.match(told[0]![0], /^worker-1 cannot import the program: TypeError: boom; each worker/);
  assert.equal(told[0]![1], "before\n    at prog.ts:1:1");
  assert.equal(processes.length, 1);
});

Deno.test("where others can, the run goes on, and it is told once", async () => {
  const { crew, processes, lines, told, stderr } = sickCrew(["worker-2"]);
  crew.begin(["worker-1", "worker-2"]);
  for (let i = 1; i < 4; i++) {
    await until(() => processes.length === i + 1);
    processes[i]!.end(3);
  }
  await until(() => lines.some((line) => line.startsWith("warning")));
  assert.deepEqual(told, []);
  const warnings = lines.filter((line) => line.startsWith("warning"));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /worker-2\.3 ended while it imported .* goes on with the others$/);
  assert.match(stderr.text(), /worker-2\.3 was here/);
  crew.dismiss();
});

Deno.test("an owner that wants all is told of the first place that cannot join", async () => {
  let settled = 0;
  const { crew, processes, told } = sickCrew(["worker-2"], {
    wantsAll: () => true,
    onSettled: () => void settled++,
  });
  crew.begin(["worker-1", "worker-2"]);
  for (let i = 1; i < 4; i++) {
    await until(() => processes.length === i + 1);
    processes[i]!.end(3);
  }
  await until(() => told.length === 1);
  assert.equal(settled, 1);
});

Deno.test("one that ended while it imported the program, and whose successor joins, is told of", async () => {
  let starts = 0;
  const stderr = memory();
  const { crew, processes, lines } = fakeCrew(undefined, () => ++starts > 1, {
    stderrOf: () => stderr.output,
  });
  crew.begin(["worker-1"]);
  processes[0]!.end(9, "SIGKILL");
  await until(() => lines.some((line) => line.startsWith("warning")));
  assert.deepEqual(lines.filter((line) => line.startsWith("warning")), [
    "warning: worker-1 ended while it imported the program (signal SIGKILL); worker-1.2 is in its place",
  ]);
  assert.equal(stderr.text(), "worker-1.2 was here\nworker-1 was here\n");
  crew.dismiss();
});

Deno.test("a worker that ran out of memory is said to have", async () => {
  const { crew, processes, lost, lines } = fakeCrew();
  crew.begin(["worker-1", "worker-2"]);
  await until(() => crew.living().length === 2);
  processes[0]!.end(133, "SIGTRAP");
  processes[1]!.end(134, "SIGABRT");
  await until(() => lost.length === 2);
  crew.dismiss();
  assert.deepEqual(lost, [
    ["worker-1", "out of memory: V8's heap is full, signal SIGTRAP"],
    ["worker-2", "signal SIGABRT"],
  ]);
  assert.match(lines[0]!, /worker-1 was lost \(out of memory: V8's heap is full, signal SIGTRAP\)/);
  const words = "#\n# Fatal JavaScript out of memory: Reached heap limit\n#\n";
  assert.equal(
    describeExit({ code: 134, signal: "SIGABRT" }, words),
    "out of memory: V8's heap is full, signal SIGABRT",
  );
});
