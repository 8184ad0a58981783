import assert from "node:assert/strict";
import { Histogram } from "../../telemetry/histogram.ts";
import { RunModel } from "../../telemetry/run_model.ts";
import type { RunEvent } from "../../telemetry/events.ts";
import { statsOf } from "../../telemetry/stats.ts";
import fc from "../fast_check.ts";
import { functionTally, joined, lost, told } from "./tallies.ts";

const START: RunEvent = { kind: "started", at: 1000, program: "p.ts", workers: 2 };

function modelOf(...events: RunEvent[]): RunModel {
  const model = new RunModel();
  for (const event of events) model.receive(event);
  return model;
}

/** A run of one worker, one function and these durations. */
function runOf(durations: readonly number[]): RunModel {
  const run = new Histogram();
  for (const ms of durations) run.add(ms);
  const [ran, ms] = [durations.length, durations.reduce((sum, ms) => sum + ms, 0)];
  const functions = [
    functionTally({
      ran,
      ms,
      maxMs: Math.max(0, ...durations),
      run: run.pairs(),
      wait: run.pairs(),
    }),
  ];
  return modelOf(START, joined("a"), told("a", { functions }));
}

Deno.test("stats: quantiles are right to within 19 %", () => {
  const duration = fc.double({ min: 0.001, max: 1e6, noNaN: true });
  fc.assert(fc.property(fc.array(duration, { minLength: 1, maxLength: 200 }), (durations) => {
    const sorted = durations.toSorted((a, b) => a - b);
    const { runMs, waitMs, functions } = statsOf(runOf(durations), 2000);
    for (const found of [runMs, waitMs, functions[0]!.runMs]) {
      assert.equal(found.count, durations.length);
      assert.equal(found.buckets.reduce((sum, { count }) => sum + count, 0), durations.length);
      for (
        const [part, value] of [[0.5, found.p50], [0.95, found.p95], [0.99, found.p99]] as const
      ) {
        const exact = sorted[Math.max(0, Math.ceil(part * sorted.length - 1e-9) - 1)]!;
        const low = exact * (1 - 1e-9);
        assert.ok(value >= low && value <= exact * 1.1893, `${part}: ${value} for ${exact}`);
      }
    }
    const mean = durations.reduce((sum, ms) => sum + ms, 0) / durations.length;
    assert.equal(runMs.max, sorted.at(-1));
    assert.ok(Math.abs(runMs.mean - mean) <= 1e-9 * mean);
    assert.ok(Math.abs(waitMs.mean - mean) <= 0.1 * mean, "without the exact sum, about the same");
  }));
});

Deno.test("stats: a run in which nothing has happened", () => {
  const none = { count: 0, mean: 0, p50: 0, p95: 0, p99: 0, max: 0, buckets: [] };
  const tasks = { spawned: 0, queued: 0, running: 0, done: 0, failed: 0, retried: 0, dropped: 0 };
  for (const model of [modelOf(), modelOf(START)]) {
    assert.deepEqual(statsOf(model, 1500), {
      tasks,
      ...{ wallMs: model.startedAt > 0 ? 500 : 0, busyMs: 0, cpuMs: 0, utilisation: 0, speedUp: 0 },
      ...{
        size: model.planned,
        bytes: 0,
        runMs: none,
        waitMs: none,
        functions: [],
        workers: [],
        lostWorkers: 0,
      },
    });
  }
});

Deno.test("stats: tasks, functions and workers in numbers", () => {
  const model = modelOf(
    START,
    joined("a", 1000),
    joined("b", 1500),
    joined("c", 1500),
    told("a", {
      ...{ busyMs: 600, cpuMs: 700, rss: 50, running: 2, queued: 1 },
      functions: [
        functionTally({ spawned: 20, done: 8, failed: 1, retried: 3, dropped: 4, ran: 5, ms: 600 }),
        functionTally({ label: "g", spawned: 2, bytesIn: 7, bytesOut: 9 }),
      ],
    }),
    told("b", {
      ...{ busyMs: 300, cpuMs: 400 },
      functions: [functionTally({ ran: 6, threw: 2, ms: 300, bytesOut: 1 })],
    }),
    lost("b", 2500),
    lost("c", 2000),
    { kind: "replaced", at: 2600, worker: "c", by: "c.2", reason: "full", retired: true },
  );
  const stats = statsOf(model, 3000);
  assert.deepEqual(stats.tasks, {
    ...{ spawned: 22, done: 8, failed: 1, retried: 3, dropped: 4, queued: 7, running: 2 },
  });
  const { wallMs, busyMs, cpuMs, utilisation, speedUp, bytes, lostWorkers } = stats;
  assert.deepEqual({ wallMs, busyMs, cpuMs, utilisation, speedUp, bytes, lostWorkers }, {
    ...{ wallMs: 2000, busyMs: 900, cpuMs: 1100, utilisation: 900 / 3500, speedUp: 0.45 },
    ...{ bytes: 10, lostWorkers: 1 },
  });
  assert.deepEqual(stats.functions.map(({ runMs: _, waitMs: __, ...rest }) => rest), [
    {
      ...{ name: "f", spawned: 20, done: 8, failed: 1, retried: 3, dropped: 4 },
      busyMs: 900,
    },
    { name: "g", spawned: 2, done: 0, failed: 0, retried: 0, dropped: 0, busyMs: 0 },
  ]);
  assert.deepEqual(stats.workers, [
    {
      ...{ name: "a", host: "h", pid: 7, state: "joined", tasks: 5, failed: 0, utilisation: 0.3 },
      ...{ cpuMs: 700, memory: 50 },
    },
    {
      ...{ name: "b", host: "h", pid: 7, state: "lost", tasks: 6, failed: 2, utilisation: 0.3 },
      ...{ cpuMs: 400, memory: 0 },
    },
    {
      ...{ name: "c", host: "h", pid: 7, state: "left", tasks: 0, failed: 0, utilisation: 0 },
      ...{ cpuMs: 0, memory: 0 },
    },
  ]);
});

Deno.test("stats: after the end, time stands still", () => {
  const model = modelOf(START, joined("a"), told("a", { busyMs: 500 }), {
    ...{ kind: "ended", at: 2000, code: 0, reason: "the program has ended" },
  });
  assert.deepEqual(statsOf(model, 9000), statsOf(model, 2000));
  assert.equal(statsOf(model, 9000).wallMs, 1000);
});

Deno.test("stats: shares are never above 1, whatever is told", () => {
  const functions = [functionTally({ ran: 1, ms: 1e6 })];
  const { utilisation, workers } = statsOf(
    modelOf(START, joined("a"), told("a", { busyMs: 1e6, functions })),
    2000,
  );
  assert.deepEqual([utilisation, workers[0]!.utilisation], [1, 1]);
});
