/** A process in numbers, and its questions for those of the run. */

import assert from "node:assert/strict";
import { encodeEach } from "../../wire/codec.ts";
import { LIMITS } from "../../wire/limits.ts";
import { BrokerLostError } from "../../wire/errors.ts";
import { Numbers } from "../../worker/numbers.ts";
import { Telling } from "../../worker/telling.ts";
import { counted } from "../telemetry/tallies.ts";

/** Those of a process whose clock, memory and processor time the test decides. */
function numbersOf({ answers = false } = {}) {
  const test = { now: 100, cpuMs: 50, rss: 7, looks: 0, asked: 0, running: 2 };
  const host = {
    now: () => test.now,
    wall: () => test.now + 1_000_000,
    taken: () => (test.looks++, { cpuMs: test.cpuMs, rss: test.rss }),
  };
  const numbers: Numbers = new Numbers(host, "w", {
    running: () => test.running,
    ask: () => answers && ++test.asked > 0,
    telling: () => telling,
  });
  const telling = new Telling(numbers.keeper, () => ({ ...numbers.facts(), queued: 0 }));
  return { test, numbers };
}

Deno.test("numbers: what the process has taken since it was asked last", () => {
  const { test, numbers } = numbersOf();
  assert.deepEqual(numbers.facts(), { cpuMs: 50, rss: 7, lagMs: 0, running: 2 });
  test.cpuMs = 80;
  test.now += 1;
  assert.equal(numbers.facts().cpuMs, 0, "whoever asks often does not look each time");
  test.now += LIMITS.watchedTallyMs;
  assert.equal(numbers.facts().cpuMs, 30);
  assert.equal(test.looks, 2);
});

Deno.test("numbers: how late the event loop was, once", () => {
  const { test, numbers } = numbersOf();
  for (const late of [0, 5, 70, 3]) {
    numbers.beat();
    test.now += LIMITS.workerTickMs + late;
  }
  numbers.beat();
  assert.equal(numbers.facts().lagMs, 70);
  assert.equal(numbers.facts().lagMs, 0);
});

Deno.test("numbers: a process in no run knows its own", async () => {
  const { test, numbers } = numbersOf();
  const f = numbers.keeper.of(counted("f"));
  f.spawned(3);
  f.done();
  test.now += 500;
  const stats = await numbers.stats();
  assert.deepEqual([stats.tasks.spawned, stats.tasks.done, stats.tasks.running], [3, 1, 2]);
  assert.equal(stats.wallMs, test.now, "since the process began");
  assert.deepEqual(stats.workers.map(({ name, pid }) => [name, pid]), [["w", Deno.pid]]);
  f.done();
  assert.equal((await numbers.stats()).tasks.done, 2, "they add up");
});

Deno.test("numbers: answers come in the order of the questions", async () => {
  const { test, numbers } = numbersOf({ answers: true });
  const both = [numbers.stats(), numbers.stats()];
  assert.equal(test.asked, 2);
  assert.equal(numbers.again().length, 2);
  numbers.arrived(encodeEach(["first"]));
  assert.deepEqual(numbers.again(), [{ type: "askStats" }]);
  numbers.arrived(encodeEach(["second"]));
  assert.deepEqual(await Promise.all(both), ["first", "second"]);
  assert.deepEqual(numbers.again(), []);
  numbers.arrived(encodeEach(["nobody has asked"]));
});

Deno.test("numbers: an answer that is none is an error", async () => {
  const { numbers } = numbersOf({ answers: true });
  const stats = numbers.stats();
  numbers.arrived({ body: Uint8Array.of(0xc1), frames: [] });
  await assert.rejects(stats);
});

Deno.test("numbers: who asks, or has asked, when the broker is lost is told so", async () => {
  for (const answers of [true, false]) {
    const { numbers } = numbersOf({ answers });
    const asked = answers ? numbers.stats() : undefined;
    const error = new BrokerLostError("the broker is lost");
    numbers.fail(error);
    if (asked) await assert.rejects(asked, error);
    await assert.rejects(numbers.stats(), error);
  }
});
