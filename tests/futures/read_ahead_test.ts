import assert from "node:assert/strict";
import type { LocalWork } from "../../futures/work.ts";
import { turnOfLoop, until } from "./fakes.ts";
import { begin, count, execute, MIB, offered, pull, results, tasksOf } from "./map_runs.ts";

Deno.test("map run: what is there anyway is read far, but not without end", () => {
  const run = begin([Array(100_000).fill(1)]);
  assert.equal(tasksOf(pull(run)), 2 * 8 * 4096);
});

Deno.test("map run: of a generator no more is read than keeps the workers busy", () => {
  let read = 0;
  const run = begin([(function* () {
    for (;;) yield read++;
  })()]);
  const works = pull(run);
  assert.deepEqual([tasksOf(works), read], [256, 256]);
  assert.ok(works.length >= 8, "each worker gets several bundles of it");
  works.forEach(execute);
  assert.equal(pull(run).length, 0, "results that nobody has taken count");
  for (let i = 0; i < 10; i++) run.takeResult();
  pull(run);
  assert.equal(read, 266);
});

Deno.test("map run: whoever takes results lets it read further, up to a bound", () => {
  const run = begin([count()]);
  let taken = 0;
  for (let round = 0; round < 20; round++) {
    pull(run).forEach(execute);
    taken += results(run).length;
  }
  assert.ok(taken > 200_000, `${taken}`);
  assert.equal(tasksOf(pull(run)), 2 * 8 * 4096);
});

Deno.test("map run: the user says how far it reads", () => {
  const run = begin([count()], { readAhead: 10 });
  const works = pull(run);
  assert.deepEqual(works.map(({ count }) => count), [2, 2, 2, 2, 2]);
  works.forEach(execute);
  for (let i = 0; i < 5; i++) run.takeResult();
  assert.equal(tasksOf(pull(run)), 5);
  assert.equal(tasksOf(pull(begin([Array(100).fill(1)], { readAhead: 10 }))), 10);
  const single = begin([count()], { readAhead: 1 });
  for (let i = 0; i < 5; i++) {
    const [work, ...more] = pull(single);
    assert.deepEqual([work!.count, more], [1, []]);
    execute(work!);
    assert.equal(single.takeResult(), i);
  }
});

Deno.test("map run: bundles of a wished size have room for several for each worker", () => {
  const run = begin([count()], { chunkSize: 1000 });
  const works: LocalWork[] = [];
  for (let work = run.take(1000); work; work = run.take(1000)) works.push(work);
  assert.deepEqual(works.map(({ count }) => count), Array(8).fill(1000));
});

Deno.test("map run: an endless input is pulled as far as the window goes", () => {
  let pulled = 0;
  const input = (function* () {
    for (;;) yield pulled++;
  })();
  const run = begin([input], { window: 10 });
  const a = run.take(6)!;
  const b = run.take(100)!;
  assert.deepEqual([a.count, b.count, pulled], [6, 4, 10]);
  assert.equal(run.drained, true);
  assert.equal(run.take(1), undefined);
  run.offer();
  assert.equal(offered.length, 1, "there is no room for more");
  execute(a);
  for (let i = 0; i < 4; i++) run.takeResult();
  assert.equal(offered.length, 1, "it comes back when half of the window is free");
  run.takeResult();
  assert.equal(offered.length, 2);
  assert.equal(run.drained, false);
  assert.equal(run.take(100)!.count, 5);
  assert.equal(pulled, 15);
});

Deno.test("map run: an async input is read ahead, and again when half is used", async () => {
  let pulled = 0;
  let stopped = 0;
  async function* input() {
    try {
      for (;;) yield pulled++;
    } finally {
      stopped++;
    }
  }
  const run = begin([input()], { readAhead: 5000 });
  assert.deepEqual(offered, [], "nothing is there to be taken yet");
  await until(() => pulled >= 1024);
  await turnOfLoop();
  assert.equal(pulled, 1024);
  assert.deepEqual(offered, [run]);
  assert.equal(run.take(500)!.count, 500);
  await turnOfLoop();
  assert.equal(pulled, 1024);
  assert.equal(run.take(100)!.count, 100);
  await until(() => pulled >= 1624);
  await turnOfLoop();
  assert.equal(pulled, 1624);
  run.close();
  await until(() => stopped === 1);
  await turnOfLoop();
  assert.equal(pulled, 1624);
});

Deno.test("map run: an async input is read as far as any other", async () => {
  let read = 0;
  async function* input() {
    for (;;) yield read++;
  }
  const run = begin([input()]);
  await until(() => read >= 256);
  await turnOfLoop();
  assert.equal(read, 256);
  const works = pull(run);
  await turnOfLoop();
  assert.deepEqual([tasksOf(works), read], [256, 256], "with what is in flight");
  works.forEach(execute);
  results(run);
  await until(() => read >= 512);
  run.close();
});

Deno.test("map run: bytes in flight have a limit, whatever the number of tasks", () => {
  const run = begin([Array(100).fill(new Uint8Array(16 * MIB))]);
  const works: LocalWork[] = [];
  for (let work = run.take(1); work; work = run.take(1)) works.push(work);
  assert.ok(works.length >= 4 && works.length <= 6, `${works.length}`);
  assert.equal(run.drained, true);
  const before = offered.length;
  works[0]!.arrived(0, 1);
  works[1]!.arrived(0, 1);
  assert.equal(offered.length, before + 1, "it comes back as soon as some have ended");
  assert.equal(run.take(1)!.count, 1);
});

Deno.test("map run: results that nobody takes stop it", () => {
  const run = begin([count()], { chunkSize: 1 });
  const value = new Uint8Array(64 * MIB);
  let tasks = 0;
  for (let work = run.take(1); work; work = run.take(1)) {
    work.arrived(0, value);
    tasks++;
  }
  assert.ok(tasks >= 4 && tasks <= 6, `${tasks}`);
  const before = offered.length;
  run.takeResult();
  run.takeResult();
  assert.equal(offered.length, before + 1);
  assert.ok(run.take(1));
});
