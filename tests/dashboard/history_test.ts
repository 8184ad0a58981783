/** What is kept of a run for its page, and what a page is told: bounded, and nothing is lost. */

import assert from "node:assert/strict";
import { createHistory } from "../../telemetry/dashboard/history.ts";
import { Run } from "../../telemetry/dashboard/page/run.js";
import { Stretches, thinOut } from "../../telemetry/dashboard/page/stretches.js";
import type { PageMessage, Stretch } from "../../telemetry/dashboard/protocol.ts";
import { createReader } from "../../telemetry/dashboard/reader.ts";
import { standingOf } from "../../telemetry/dashboard/standing.ts";
import { RunModel } from "../../telemetry/run_model.ts";
import { LIMITS } from "../../wire/limits.ts";
import { playedRun } from "../telemetry/played_run.ts";
import type { Play } from "../telemetry/played_run.ts";

function stretch(worker: number, id: number, from: number, more: Partial<Stretch> = {}): Stretch {
  const to = from + 8;
  const ran = { ms: 8, labelMs: 8, tasks: 1, failed: 0, waited: false, inputs: "", waitMs: -1 };
  const kin = { parentWorker: -1, parent: -1 };
  return { worker, label: 0, id, last: id, from, to, ...ran, ...kin, ...more };
}

const sums = (list: readonly Stretch[]) => ({
  tasks: list.reduce((sum, { tasks }) => sum + tasks, 0),
  failed: list.reduce((sum, { failed }) => sum + failed, 0),
  ms: list.reduce((sum, { ms }) => sum + ms, 0),
});

Deno.test("stretches: many become few, and what they tell stays the same", () => {
  const list = Array.from(
    { length: 10_000 },
    (_, i) =>
      stretch(i % 10, Math.floor(i / 10) + 1, Math.floor(i / 10) * 10, { failed: i % 100 ? 0 : 1 }),
  );
  const before = sums(list);
  const thin = thinOut(list, 1_000);
  assert.ok(thin.length <= 1_000 && thin.length > 100, `${thin.length} are left`);
  assert.deepEqual(sums(thin), before);
});

Deno.test("stretches: the oldest get coarser, the newest stay as they are", () => {
  const store = new Stretches(1_000);
  for (let i = 0; i < 50_000; i++) store.add(stretch(i % 4, i, i * 5));
  const rows = [...store.rows.values()];
  const all = rows.flat();
  assert.ok(all.length <= 1_000);
  assert.equal(all.length, store.count);
  assert.equal(sums(all).tasks, 50_000);
  for (const row of rows) {
    assert.ok(row[0]!.tasks > 10);
    assert.equal(row.at(-1)!.tasks, 1);
    assert.equal(row[0]!.from, rows.indexOf(row) * 5, "the run's beginning is still there");
  }
});

Deno.test("stretches: a parent and its children are found, merged or not", () => {
  const store = new Stretches(100);
  const parent = stretch(0, 1, 0, { waited: true, to: 500 });
  store.add(stretch(0, 2, 10, { parentWorker: 0, parent: 1 }));
  store.add(stretch(1, 1, 20, { parentWorker: 0, parent: 1 }));
  store.add(stretch(1, 2, 30));
  store.add(parent);
  assert.deepEqual(store.childrenOf(parent).map(({ worker, id }) => [worker, id]), [[0, 2], [
    1,
    1,
  ]]);
  const child = store.find(1, 1)!;
  assert.equal(store.parentOf(child), parent);
  assert.equal(store.parentOf(store.find(1, 2)!), undefined);
  store.merge(1_000, 1);
  const merged = store.find(1, 1)!;
  assert.equal(merged.tasks, 2);
  assert.equal(store.parentOf(merged), undefined, "it has several parents now");
});

/** A model that has taken in a played run, with its history, made in steps. */
function* played(play: Play) {
  const model = new RunModel({ blocks: 20_000 });
  const history = createHistory();
  let told = 0;
  for (const event of playedRun(play)) {
    model.receive(event);
    history.take(model);
    if (event.at - told < LIMITS.pageMs && event.kind !== "ended") continue;
    told = event.at;
    model.sample(told);
    history.flush();
    yield { model, history, now: told };
  }
}

/** The page's message as it arrives. */
const travel = (message: PageMessage): PageMessage => JSON.parse(JSON.stringify(message));

Deno.test("a page that was there from the beginning knows the same as one opened at the end", () => {
  const play = { workers: 5, seconds: 20, loses: true, failsOneOf: 30, code: 0 };
  const early = { reader: createReader(), run: new Run() };
  const late = { reader: createReader(), run: new Run() };
  let last;
  for (const { model, history, now } of played(play)) {
    const standing = standingOf(model, now);
    early.run.receive(travel(early.reader.next(model, history, standing)), now);
    last = () => late.run.receive(travel(late.reader.next(model, history, standing)), now);
  }
  last!();
  assert.ok(late.run.samples.length > 15 && late.run.stretches.count > 500);
  for (const run of [early.run, late.run]) assert.equal(run.isOver, true);
  assert.deepEqual(early.run.samples, late.run.samples);
  assert.deepEqual(early.run.happenings, late.run.happenings);
  assert.deepEqual(early.run.workers, late.run.workers);
  assert.deepEqual(early.run.functions, late.run.functions);
  assert.deepEqual(early.run.stretches.rows, late.run.stretches.rows);
  assert.equal(early.run.workers.get("worker-2")?.state, "lost");
});

Deno.test("messages are small whatever the rate, and a page that is behind begins anew", () => {
  const play = { workers: 256, seconds: 15, tasksPerSecond: 100_000, brokers: 2 };
  const fast = createReader();
  const slow = createReader();
  let [steps, longest] = [0, 0];
  for (const { model, history, now } of played(play)) {
    const standing = standingOf(model, now);
    const message = fast.next(model, history, standing);
    assert.equal(message.whole, steps === 0);
    assert.ok(message.stretches.length <= LIMITS.pageBlocks);
    if (steps > 0) longest = Math.max(longest, JSON.stringify(message).length);
    if (steps++ % (LIMITS.pageMessages + 5) === 0) {
      const told = slow.next(model, history, standing);
      assert.equal(told.whole, true);
      assert.equal(told.stretches.length, history.kept.count);
      assert.equal(told.workerNames.length, history.workerNames.list.length);
    }
  }
  assert.ok(steps > LIMITS.pageMessages * 2);
  assert.ok(longest > 1_000 && longest < 300_000, `${longest} bytes in a message`);
});

Deno.test("a program that makes functions without end has a bounded number of names", () => {
  const model = new RunModel({ blocks: 10_000 });
  const history = createHistory();
  const block = {
    parent: "",
    from: 0,
    to: 1,
    ms: 1,
    tasks: 1,
    failed: 0,
    waited: false,
    inputs: "",
  };
  const blocks = Array.from({ length: 2_000 }, (_, i) => ({ ...block, id: i + 1, label: `f${i}` }));
  const span = {
    number: 1,
    at: 1,
    spanMs: 1,
    busyMs: 1,
    cpuMs: 1,
    rss: 1,
    lagMs: 0,
    running: 0,
    queued: 0,
  };
  model.receive({ kind: "tally", at: 1, worker: "w", tally: { ...span, functions: [], blocks } });
  history.take(model);
  assert.equal(history.labels.list.length, LIMITS.shownFunctions + 1);
  assert.equal(history.labels.list.at(-1), "(others)");
});
