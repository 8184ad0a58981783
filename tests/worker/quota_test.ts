/** What a worker sees of its own memory and tasks. */

import assert from "node:assert/strict";
import { MemoryWatch } from "../../launch/memory_watch.ts";
import type { Excess } from "../../broker/excess.ts";
import { LIMITS } from "../../wire/limits.ts";
import type { Work } from "../../futures/work.ts";
import { QuotaWatch } from "../../worker/quota.ts";
import { workQueue } from "../../worker/work_queue.ts";
import { Driver } from "./driver.ts";

function watch(quota: { maxMemory?: number; maxTasks?: number }) {
  const told: string[] = [];
  const memory = { used: 100, looks: 0 };
  const watched = new QuotaWatch(
    { maxMemory: Infinity, maxTasks: Infinity, ...quota },
    (reason) => told.push(reason),
    () => (memory.looks++, memory.used),
  );
  return { told, memory, watched };
}

Deno.test("quota: so many tasks and no more may begin", () => {
  const { told, watched } = watch({ maxTasks: 3 });
  assert.equal(watched.left, 3);
  watched.executed(2, 0);
  assert.deepEqual([watched.left, told], [1, []]);
  watched.executed(1, 1);
  assert.deepEqual([watched.left, told], [0, [
    "it has run 3 tasks, as many as --max-tasks allows",
  ]]);
  watched.executed(1, 2);
  assert.equal(watched.left, 0, "what had begun already");
});

Deno.test("quota: memory is looked at now and then, and what is too much is told", () => {
  const { told, memory, watched } = watch({ maxMemory: 1000 });
  for (let now = 0; now < LIMITS.ownMemoryLookMs; now++) watched.executed(1, now);
  assert.equal(memory.looks, 1);
  memory.used = 1001;
  watched.look(LIMITS.ownMemoryLookMs - 1);
  assert.deepEqual(told, []);
  watched.look(LIMITS.ownMemoryLookMs);
  assert.deepEqual(told, ["used 1001 bytes, more than --max-memory 1000 bytes"]);
});

Deno.test("quota: without a limit nobody looks", () => {
  const { told, memory, watched } = watch({});
  for (let now = 0; now < 1_000; now += 100) watched.executed(1_000_000, now);
  assert.deepEqual([memory.looks, told, watched.left], [0, [], Infinity]);
});

Deno.test("memory watch: what a worker uses by itself is what it used when it had joined", () => {
  const told: Excess[] = [];
  const seen = new MemoryWatch(1000, (worker, excess) => {
    assert.equal(worker, "a");
    told.push(excess);
  });
  seen.sample("a", 500, 0);
  seen.sample("a", 300, 100);
  seen.joined("a");
  seen.sample("a", 900, 200);
  // It goes to another broker: that changes nothing.
  seen.joined("a");
  seen.sample("a", 1_001, 300);
  seen.sample("a", 1_002, 400);
  assert.deepEqual(told.map(({ used, looks }) => [used, looks]), [[1_001, 1], [1_002, 2]]);
  assert.deepEqual(told[1]!.history, [[300, 300], [200, 900], [100, 1_001]]);
  seen.sample("a", 800, 500);
  seen.sample("a", 1_100, 600);
  assert.equal(told.at(-1)!.looks, 1, "it was less in between");
  seen.forget("a");
  seen.sample("a", 1_100, 700);
  assert.deepEqual(told.at(-1)!.history, [[0, 1_100]]);
});

Deno.test("quota: who may not be replaced yet, since its tasks wait, goes on one by one", () => {
  const quota = watch({ maxTasks: 1 }).watched;
  const { reactor, keeper } = new Driver();
  const on = { perform() {}, flushSoon() {}, flushIfDue() {}, beforeTake() {}, lookSoon() {} };
  const queue = workQueue(reactor, keeper, quota, true, { ...on, now: () => 0 });
  const work = { turn: undefined } as Work;
  assert.equal(queue.room!(work), 1);
  quota.executed(1, 0);
  assert.equal(queue.room!(work), 1, "with none, what it was given would go to and fro for ever");
});
