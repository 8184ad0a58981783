/** Which task is to blame for the memory that a worker uses. */

import assert from "node:assert/strict";
import type { Excess } from "../../broker/excess.ts";
import { bundle, credit, started } from "./messages.ts";
import { killed, run, sentOf, valueIn } from "./run.ts";

const LIMIT = 1000;

/** A worker with an origin's bundles, which is given as many as there are. */
function withTasks(...counts: number[]) {
  const test = run(["origin", "a"], { replaces: true });
  test.say("a", credit(10));
  counts.forEach((count, i) => test.say("origin", bundle(i + 1, { count })));
  const exceeds = (used: number, looks: number, history: [number, number][]) => {
    const excess: Excess = { used, limit: LIMIT, looks, history };
    const actions = test.dispatcher.exceeds("a", excess, test.now);
    test.dispatcher.check();
    return actions;
  };
  return { ...test, exceeds };
}

Deno.test("excess: a task that has used too much by itself fails, and what is beside it does not", () => {
  const test = withTasks(1, 1);
  test.wait(1_000);
  test.say("a", started(1));
  test.wait(500);
  const actions = test.exceeds(1500, 1, [[2_000, 100], [400, 700]]);
  assert.deepEqual(killed(actions), [
    "a: Math.sqrt used 1.5 KiB, more than --max-memory 1000 bytes",
  ]);
  assert.deepEqual(sentOf("result", actions), ["origin result 1/0+1 failed 0"]);
  const error = valueIn(actions) as Error;
  assert.equal(error.name, "WorkerLostError");
  assert.match(error.message, /used 1.5 KiB/);
  assert.equal(test.dispatcher.queued, 1, "the other one waits for somebody else");
});

Deno.test("excess: what former tasks have left is not a task's fault", () => {
  const test = withTasks(1);
  test.wait(1_000);
  test.say("a", started(1));
  test.wait(100);
  // 800 above what the worker uses by itself when it began.
  assert.deepEqual(killed(test.exceeds(1_300, 1, [[3_000, 100], [500, 900]])), []);
  assert.equal(killed(test.exceeds(2_000, 2, [[3_000, 100], [500, 900]])).length, 1);
});

Deno.test("excess: where nobody knows which, it has to last, and then they run alone", () => {
  const test = withTasks(3);
  assert.deepEqual(killed(test.exceeds(1_500, 7, [[100, 100]])), []);
  const actions = test.exceeds(1_500, 8, [[100, 100]]);
  assert.deepEqual(killed(actions), ["a: it used 1.5 KiB, more than --max-memory 1000 bytes"]);
  test.lose("a", "it used too much");
  test.join("b");
  assert.deepEqual(sentOf("bundle", test.say("b", credit(5))), ["b bundle 1/0+1"]);
});

Deno.test("excess: the origin, and a worker that has nothing, are left alone for a while", () => {
  const test = withTasks();
  assert.deepEqual(killed(test.exceeds(1_500, 39, [[100, 100]])), []);
  assert.equal(killed(test.exceeds(1_500, 40, [[100, 100]])).length, 1);
  const excess = { used: 5_000, limit: LIMIT, looks: 99, history: [] };
  assert.deepEqual(killed(test.dispatcher.exceeds("origin", excess, 0)), []);
  assert.deepEqual(killed(test.dispatcher.exceeds("nobody", excess, 0)), []);
});
