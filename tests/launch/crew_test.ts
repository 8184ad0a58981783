import assert from "node:assert/strict";
import { createCrew } from "../../launch/crew.ts";
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
  return Object.assign(process, { end });
}

function fakeCrew(start?: (name: string) => void) {
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
    start(name) {
      start?.(name);
      const process = fakeProcess(name);
      processes.push(process);
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
