import assert from "node:assert/strict";
import { RunModel } from "../../telemetry/run_model.ts";
import { progressLines, progressText, standingOf } from "../../telemetry/progress.ts";
import type { FunctionTally } from "../../wire/tally.ts";
import { functionTally, joined, told } from "./tallies.ts";

const START = 1_000_000;

/** A run of four workers that began at START. */
function running(): RunModel {
  const model = new RunModel();
  model.receive({ kind: "started", at: START, program: "p.ts", workers: 4 });
  for (const name of ["origin", "a", "b", "c"]) model.receive(joined(name, START));
  return model;
}

/** The origin tells, so long after START. */
function tell(model: RunModel, afterMs: number, ...functions: Partial<FunctionTally>[]): void {
  const tallies = functions.map((one) => functionTally(one));
  model.receive(told("origin", { functions: tallies }, START + afterMs));
  model.sample(START + afterMs);
}

Deno.test("progress: how far a run has come", () => {
  const model = running();
  tell(model, 1000, { spawned: 1000 });
  for (let s = 2; s <= 5; s++) tell(model, s * 1000, { done: 95, failed: 5, retried: 1 });
  model.receive(told("a", { busyMs: 800 }));
  model.receive(told("b", { running: 1 }));
  const standing = standingOf(model, START + 5000);
  assert.deepEqual(standing, {
    ...{ over: 400, known: 1000, failed: 20, retried: 4, rate: 100, leftMs: 6000 },
    ...{ busy: 2, workers: 4 },
  });
  assert.deepEqual(progressLines(model, START + 5000), [
    "██████░░░░░░░░░░  40%  " +
    "0:05  400 of 1,000 tasks, 20 failed, 4 tried again, 100/s, 0:06 left, 2 of 4 busy",
  ]);
  assert.equal(
    progressText(model, START + 5000),
    "400 of 1,000 tasks done, 100 a second, 0:06 left, 2 of 4 workers busy, 20 failed, 4 tried again",
  );
});

Deno.test("progress: a worker in a long task is busy, and tells nothing", () => {
  const model = running();
  model.receive({
    ...{ kind: "broker", at: START, broker: "broker", workers: 4, queuedBundles: 0, given: 1 },
    ...{ lent: 0, lagMs: 0, rss: 0, current: { c: "f" } },
  });
  assert.equal(standingOf(model, START + 100).busy, 1);
});

Deno.test("progress: who has gone is neither busy nor there", () => {
  const model = running();
  model.receive(told("a", { running: 1 }));
  model.receive({ kind: "left", at: START, broker: "broker", worker: "a" });
  const { busy, workers } = standingOf(model, START + 100);
  assert.deepEqual([busy, workers], [0, 3]);
});

Deno.test("progress: at the beginning, and at the end, nobody knows what is left", () => {
  const model = running();
  assert.equal(standingOf(model, START + 100).leftMs, undefined);
  assert.match(
    progressLines(model, START)[0]!,
    /^░{16} {3}0% {2}0:00 {2}0 of 0 tasks, 0\/s, 0 of 4 busy$/,
  );
  tell(model, 2000, { spawned: 5, done: 5 });
  assert.equal(standingOf(model, START + 3000).leftMs, undefined);
  assert.match(progressLines(model, START + 3000)[0]!, /^█{16} 100% {2}0:03 {2}5 of 5 tasks, /);
});

Deno.test("progress: what is dropped is not waited for", () => {
  const model = running();
  tell(model, 1000, { spawned: 10, done: 3, dropped: 5 });
  const { over, known } = standingOf(model, START + 1000);
  assert.deepEqual([over, known], [3, 5]);
});

Deno.test("progress: the rate is that of the last seconds, in a run of any length", () => {
  for (const hours of [0.01, 1, 24]) {
    const model = running();
    tell(model, 0, { spawned: 1e9 });
    const seconds = hours * 3600;
    for (let s = 1; s <= seconds; s++) {
      tell(model, s * 1000, { done: s <= seconds - 200 ? 10 : 70 });
    }
    for (const later of [0, 200, 400, 600, 800, 990]) {
      const { rate } = standingOf(model, START + seconds * 1000 + later);
      assert.ok(rate > 60 && rate <= 71, `${rate} a second after ${hours} h and ${later} ms`);
    }
  }
});

Deno.test("progress: several functions have a line each, those with the most tasks first", () => {
  const model = running();
  tell(
    model,
    1000,
    { label: "small", spawned: 4, done: 1 },
    { label: "x".repeat(60), spawned: 100, done: 50, failed: 2 },
    { label: "received", done: 3 },
  );
  const [, first, second, ...more] = progressLines(model, START + 2000);
  assert.equal(first, `████████░░░░░░░░  52%  ${"x".repeat(23)}…  52 of 100, 2 failed`);
  assert.equal(second, `████░░░░░░░░░░░░  25%  ${"small".padEnd(24)}  1 of 4`);
  assert.deepEqual(more, []);
  const family = "👨‍👩‍👧‍👦";
  const wide = running();
  tell(wide, 1000, { label: "語".repeat(30), spawned: 2 }, {
    label: family.repeat(9) + "x".repeat(9),
    spawned: 1,
  });
  const names = progressLines(wide, START + 2000).slice(1).map((line) => line.split("%  ")[1]!);
  assert.equal(names[0], `${"語".repeat(11)}…   0 of 2`);
  assert.equal(names[1], `${family.repeat(9)}${"x".repeat(5)}…  0 of 1`, "no half of a character");
  for (let i = 0; i < 7; i++) tell(model, 3000, { label: `f${i}`, spawned: 10 });
  const lines = progressLines(model, START + 3000);
  assert.equal(lines.length, 8);
  assert.equal(lines.at(-1)!.trim(), "and 3 more functions");
});
