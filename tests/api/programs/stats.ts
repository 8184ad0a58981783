/** The run in numbers: `scoop.stats()` knows what became of every task. */

import assert from "node:assert/strict";
import { map, mapAsCompleted, mapSettled, scoop, submit, withOptions } from "./api.ts";
import type { FunctionStats, RunStats } from "./api.ts";
import {
  declareChecks,
  everybody,
  mark,
  marks,
  range,
  rejects,
  runChecks,
  sleep,
  spin,
  withFolder,
} from "./checks.ts";

export function half(x: number): number {
  return x / 2;
}

export function third(x: number): number {
  if (x % 3 !== 0) throw new RangeError(`${x} is no multiple of 3`);
  return x / 3;
}

/** Throws when it is called for the first times. */
export function laterOn(file: string, times: number): number {
  mark(file);
  if (marks(file) <= times) throw new Error("too early");
  return marks(file);
}

export async function forEver(file: string): Promise<void> {
  mark(file);
  const { signal } = scoop;
  await new Promise((_, reject) => {
    const timer = setInterval(() => {}, 1000);
    const stop = () => {
      clearInterval(timer);
      reject(signal.reason);
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop);
  });
}

export function leaf(x: number): number {
  return x;
}

export async function branch(leaves: number): Promise<number> {
  return (await map(leaf, range(leaves))).length;
}

export async function quick(ms: number): Promise<void> {
  await sleep(ms);
}

export function busily(ms: number): void {
  spin(ms);
}

/**
 * Waits until one of `count` tasks has begun, whichever: which of them goes first is the
 * scheduler's choice, and those behind it may have no worker before it ends.
 */
async function begun(folder: string, count: number): Promise<void> {
  while (!range(count).some((i) => marks(`${folder}/${i}`) > 0)) await sleep(5);
}

/** What a task is told. */
export async function askedInTask(): Promise<RunStats> {
  await submit(leaf, 1);
  return await scoop.stats();
}

type Counts = Pick<FunctionStats, "spawned" | "done" | "failed" | "retried" | "dropped">;
const KEYS = ["spawned", "done", "failed", "retried", "dropped"] as const;
const NONE: Counts = { spawned: 0, done: 0, failed: 0, retried: 0, dropped: 0 };

function countsOf(name: string, { functions }: RunStats): Counts {
  const found = functions.find((one) => one.name === name);
  const { spawned, done, failed, retried, dropped } = found ?? NONE;
  return { spawned, done, failed, retried, dropped };
}

/** What was counted between two looks. */
function between(before: Counts, after: Counts): Counts {
  const pairs = KEYS.map((key) => [key, after[key] - before[key]]);
  return Object.fromEntries(pairs) as unknown as Counts;
}

/**
 * Checks what is counted while `use` runs, by function and in all. A process knows at once what it
 * has spawned itself; of others it may take until they tell.
 */
async function counts(
  expected: Record<string, Partial<Counts>>,
  use: () => unknown,
): Promise<void> {
  // What is on its way is not to be taken for what follows.
  const before = await untilStill();
  await use();
  const sum = { ...NONE };
  for (const one of Object.values(expected)) {
    for (const key of KEYS) sum[key] += one[key] ?? 0;
  }
  const found = (after: RunStats) => [
    ...Object.keys(expected).map((name) => between(countsOf(name, before), countsOf(name, after))),
    between(before.tasks, after.tasks),
  ];
  const right = [...Object.values(expected).map((one) => ({ ...NONE, ...one })), sum];
  await eventually((after) => assert.deepEqual(found(after), right));
  assert.deepEqual(found(await untilStill()), right);
}

/** Asks until nothing changes any more. */
async function untilStill(): Promise<RunStats> {
  const essence = ({ tasks, runMs }: RunStats) => JSON.stringify([tasks, runMs.count]);
  for (let last = await scoop.stats();;) {
    await sleep(50);
    const next = await scoop.stats();
    if (essence(last) === essence(next)) return next;
    last = next;
  }
}

/** Asks until something is so, or for long enough. */
async function eventually(check: (stats: RunStats) => void): Promise<void> {
  const end = performance.now() + 15_000;
  for (;;) {
    try {
      return check(await scoop.stats());
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(50);
    }
  }
}

declareChecks({
  "who has spawned tasks knows at once what became of them": async () => {
    const before = await scoop.stats();
    await map(half, range(100));
    await Promise.all([1, 2, 3].map((x) => submit(half, x)));
    const after = await scoop.stats();
    const found = between(countsOf("half", before), countsOf("half", after));
    assert.deepEqual(found, { ...NONE, spawned: 103, done: 103 });
  },

  "what returns and what fails": () =>
    counts(
      { third: { spawned: 22, done: 7, failed: 15 }, half: { spawned: 5, done: 5 } },
      async () => {
        await mapSettled(third, range(21));
        await rejects(submit(third, 1), RangeError);
        await map(half, range(5));
      },
    ),

  "inputs of a generator are known when they are read": () =>
    counts({ half: { spawned: 30, done: 30 } }, async () => {
      const inputs = function* () {
        for (const x of range(30)) yield x;
      };
      for await (const _ of mapAsCompleted(half, inputs()));
    }),

  "what is tried again": () =>
    withFolder((folder) =>
      counts({ laterOn: { spawned: 5, done: 4, failed: 1, retried: 8 } }, async () => {
        const { submit, map } = withOptions({ retries: { thrown: 2, delay: 5, factor: 1 } });
        await submit(laterOn, `${folder}/a`, 2);
        await rejects(submit(laterOn, `${folder}/b`, 9), /too early/);
        const files = range(3).map((i) => `${folder}/map ${i}`);
        await map(laterOn, files, [0, 2, 2]);
      })
    ),

  "what is cancelled, begun or not": () =>
    withFolder((folder) =>
      counts({ forEver: { spawned: 3, dropped: 3 } }, async () => {
        const futures = range(3).map((i) => submit(forEver, `${folder}/${i}`));
        await begun(folder, 3);
        for (const future of futures) future.cancel({ running: true });
        for (const future of futures) await rejects(future, /cancel/);
      })
    ),

  "what nobody waits for any more": async () => {
    const before = countsOf("quick", await untilStill());
    for await (const _ of mapAsCompleted(quick, Array(500).fill(20))) break;
    let found = NONE;
    await eventually((stats) => {
      found = between(before, countsOf("quick", stats));
      assert.equal(found.done + found.dropped, found.spawned);
    });
    assert.deepEqual([found.spawned, found.failed, found.retried], [500, 0, 0]);
    assert.ok(found.done >= 1 && found.dropped >= 1, JSON.stringify(found));
  },

  "tasks of tasks": () =>
    counts(
      { branch: { spawned: 4, done: 4 }, leaf: { spawned: 40, done: 40 } },
      async () => assert.deepEqual(await map(branch, Array(4).fill(10)), [10, 10, 10, 10]),
    ),

  "every run is counted, with how long it took": async () => {
    const before = (await untilStill()).functions.find(({ name }) => name === "busily");
    await map(busily, Array(20).fill(2));
    await map(busily, Array(5).fill(20));
    await eventually(({ functions }) => {
      const { runMs, busyMs } = functions.find(({ name }) => name === "busily")!;
      assert.equal(runMs.count - (before?.runMs.count ?? 0), 25);
      assert.equal(runMs.buckets.reduce((sum, { count }) => sum + count, 0), runMs.count);
      assert.ok(busyMs - (before?.busyMs ?? 0) >= 20 * 2 + 5 * 20, `${busyMs} ms`);
      assert.ok(runMs.p50 >= 2 && runMs.p99 >= 20 && runMs.max >= 20, JSON.stringify(runMs));
      assert.ok(runMs.p50 <= runMs.p95 && runMs.p95 <= runMs.p99 && runMs.p99 <= runMs.max);
    });
  },

  "workers are there, each with its process": async () => {
    const names = await everybody();
    await eventually(({ workers, lostWorkers }) => {
      assert.equal(lostWorkers, 0);
      assert.deepEqual(workers.map(({ name }) => name).sort(), [...names].sort());
      const processes = new Set(workers.map(({ host, pid }) => `${host} ${pid}`));
      assert.equal(processes.size, scoop.size, [...processes].join());
      for (const { name, pid, state, tasks, memory, cpuMs, utilisation } of workers) {
        assert.equal(state, "joined");
        assert.ok(pid > 0 && tasks > 0 && memory > 1e6 && cpuMs > 0, name);
        assert.ok(utilisation > 0 && utilisation <= 1, `${name} ${utilisation}`);
      }
      const here = workers.find(({ name }) => name === scoop.workerName);
      if (here !== undefined) assert.equal(here.pid, Deno.pid);
    });
  },

  "the run as a whole": async () => {
    await map(busily, Array(10).fill(5));
    await eventually((stats) => {
      const { tasks, wallMs, busyMs, cpuMs, utilisation, speedUp, bytes, runMs, workers } = stats;
      assert.ok(wallMs > 0 && cpuMs > 0 && bytes >= 0, JSON.stringify(stats));
      assert.ok(utilisation > 0 && utilisation <= 1 && speedUp > 0, JSON.stringify(stats));
      assert.ok(Math.abs(speedUp - busyMs / wallMs) < 1e-9);
      assert.ok(runMs.count >= tasks.done, `${runMs.count} of ${tasks.done}`);
      const ran = workers.reduce((sum, { tasks }) => sum + tasks, 0);
      assert.equal(ran, runMs.count);
      const { spawned, queued, running, done, failed, dropped } = tasks;
      assert.ok(queued >= 0 && running >= 0);
      assert.ok(spawned - done - failed - dropped <= queued + running);
    });
  },

  "what is under way": () =>
    withFolder(async (folder) => {
      const before = await untilStill();
      const futures = range(4).map((i) => submit(forEver, `${folder}/${i}`));
      await begun(folder, 4);
      const { tasks } = await scoop.stats();
      const open = tasks.queued + tasks.running - before.tasks.queued - before.tasks.running;
      for (const future of futures) future.cancel({ running: true });
      assert.equal(open, 4);
    }),

  "in a task it is the same run": async () => {
    await untilStill();
    const [outside, inside] = [await scoop.stats(), await submit(askedInTask)];
    assert.ok(inside.tasks.spawned >= outside.tasks.spawned + 2);
    assert.ok(inside.wallMs >= outside.wallMs);
    for (const { name, spawned } of outside.functions) {
      assert.ok(countsOf(name, inside).spawned >= spawned, name);
    }
    const processes = ({ workers }: RunStats) => workers.map(({ pid }) => pid).sort();
    assert.deepEqual(processes(inside), processes(outside));
  },
});

if (import.meta.main) await runChecks();
