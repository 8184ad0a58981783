import assert from "node:assert/strict";
import { RunModel } from "../../telemetry/run_model.ts";
import { statsOf } from "../../telemetry/stats.ts";
import type { RunEvent } from "../../telemetry/events.ts";
import type { FunctionTally } from "../../wire/tally.ts";
import { summaryLines } from "../../telemetry/summary.ts";
import { functionTally, joined, lost, told } from "./tallies.ts";

function summaryOf(changes: Partial<FunctionTally>, ...more: RunEvent[]): string[] {
  const model = new RunModel();
  model.receive({ kind: "started", at: 1000, program: "p.ts", workers: 2 });
  model.receive(joined("origin"));
  const functions = [functionTally(changes)];
  model.receive(told("origin", { cpuMs: 2500, functions }));
  for (const event of more) model.receive(event);
  return summaryLines(statsOf(model, 3000));
}

Deno.test("summary: what was done and what it took", () => {
  assert.deepEqual(summaryOf({ spawned: 1, done: 1, ms: 1000 }), [
    "1 task done in 2.0 s",
    "0.5 times as fast as one worker; 2 workers 50 % busy, 2.5 s of processor time, 0 bytes moved",
  ]);
});

Deno.test("summary: failures, retries, tasks given up and lost workers", () => {
  const counts = { spawned: 3000, done: 1200, failed: 3, retried: 1000, dropped: 10 };
  assert.deepEqual(
    summaryOf({ ...counts, ms: 3000, bytesOut: 1500 }, joined("b"), joined("c"), lost("c")),
    [
      "1,200 tasks done, 3 failed, 1,000 tried again, 10 given up in 2.0 s, 1 worker lost",
      "1.5 times as fast as one worker; 2 workers 75 % busy, 2.5 s of processor time, 1.50 kB moved",
    ],
  );
});

Deno.test("summary: there is none of a run without tasks", () => {
  assert.deepEqual(summaryOf({ bytesIn: 5 }), []);
});
