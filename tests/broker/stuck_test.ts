/** Tasks that do not come back, and workers that are in one. */

import assert from "node:assert/strict";
import type { Action } from "../../broker/actions.ts";
import { LIMITS } from "../../wire/limits.ts";
import type { Message } from "../../wire/messages.ts";
import { bundle, credit, giveBack, result, started } from "./messages.ts";
import { killed, run, sent, sentOf, valueIn } from "./run.ts";

const TIMEOUT = 100;
const LONG = TIMEOUT + LIMITS.stuckAfterMs;

function timeoutErrors(actions: Action[]): string[] {
  const failures = sentOf("result", actions).filter((line) => line.includes("failed"));
  if (failures.length > 0) {
    const error = valueIn(
      actions.filter((one) => one.kind === "send" && one.message.type === "result"),
    ) as Error;
    assert.equal(error.name, "TimeoutError");
    assert.equal(error.message, `Math.sqrt ran longer than its timeout of ${TIMEOUT} ms`);
  }
  return failures;
}

Deno.test("stuck: a task far past its timeout costs its worker, and its owner is told", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1, { timeout: TIMEOUT }));
  test.now = 50;
  assert.deepEqual(sent(test.say("a", started(1))), ["origin started"]);
  assert.deepEqual(killed(test.wait(LONG - 50)), []);
  const late = test.wait(100);
  assert.deepEqual(killed(late), [`a: Math.sqrt ran longer than its timeout of ${TIMEOUT} ms`]);
  assert.deepEqual(timeoutErrors(late), ["origin result 1/0+1 failed 0"]);
  assert.deepEqual(killed(test.wait(5_000, ["a"])), [], "once is enough");
});

Deno.test("stuck: a middle task of a bundle that was reported in part fails alone", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1, { count: 6, timeout: TIMEOUT }));
  test.say("origin", bundle(2));
  test.say("b", credit(9));
  test.say("a", started(1, 0));
  test.say("a", result(1, 0));
  // Task 1 is done and not reported when task 2 gets stuck; 3 to 5 have not begun.
  test.say("a", started(1, 1));
  test.now += 50;
  test.say("a", started(1, 2));
  const late = test.wait(LONG + 50, ["a"]);
  assert.deepEqual(timeoutErrors(late), ["origin result 1/2+1 failed 0"]);
  assert.equal(killed(late).length, 1);
  const again = late.filter((one) => one.kind === "send" && one.to === "b");
  assert.deepEqual(sentOf("bundle", again), ["b bundle 1/1+1", "b bundle 1/3+3"]);
  for (const one of again) {
    if (one.kind !== "send" || one.message.type !== "bundle") continue;
    assert.equal(one.message.bundle.attempt, 0, "not counted");
  }
  // What is said of the killed worker changes nothing of it.
  assert.deepEqual(sentOf("bundle", test.lose("a")), []);
  for (const [base, count] of [[1, 1], [3, 3]] as const) {
    assert.deepEqual(sentOf("result", test.say("b", result(1, base, count))), [
      `origin result 1/${base}+${count}`,
    ]);
  }
  test.say("b", result(2));
  assert.equal(test.dispatcher.ledger.size, 0);
});

Deno.test("stuck: what a worker has besides goes to others as well", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(2));
  test.say("origin", bundle(1, { timeout: TIMEOUT }));
  test.say("origin", bundle(2, { count: 3 }));
  test.say("a", started(1));
  test.say("b", credit(5));
  const late = test.wait(LONG + 50, ["a"]);
  assert.deepEqual(sentOf("bundle", late), ["b bundle 2/0+3"]);
  assert.deepEqual(sentOf("forget", late), ["a forget 1", "a forget 2"]);
});

Deno.test("stuck: a task that waits is not blamed for a later one", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(2));
  test.say("origin", bundle(1, { timeout: TIMEOUT }));
  test.say("origin", bundle(2));
  test.say("a", started(1));
  test.now += 50;
  // It has no timeout, and may take as long as it likes.
  test.say("a", started(2));
  assert.deepEqual(killed(test.wait(2 * LIMITS.stuckOwnAfterMs)), []);
  test.say("a", result(2));
  assert.equal(killed(test.wait(100)).length, 1);
});

Deno.test("stuck: at the origin the task fails, and the rest goes to others", () => {
  const test = run(["origin", "a"]);
  test.say("origin", credit(3));
  test.say("origin", bundle(1, { count: 4, timeout: TIMEOUT }));
  test.say("origin", started(1, 0));
  test.now += 10;
  test.say("origin", started(1, 1));
  const late = test.wait(LONG + 50, ["origin"]);
  assert.deepEqual(timeoutErrors(late), ["origin result 1/1+1 failed 0"]);
  assert.deepEqual(killed(late), []);
  assert.deepEqual(sentOf("forget", late), ["origin forget 1"]);
  assert.deepEqual(sentOf("bundle", late), [], "it has credit, and would not come to it");
  assert.deepEqual(sent(test.say("a", credit(3))), ["a bundle 1/0+1", "a bundle 1/2+2"]);
});

Deno.test("stuck: the origin gets nothing before it knows what was taken from it", () => {
  const test = run(["origin"]);
  test.say("origin", credit(3));
  test.say("origin", bundle(1, { count: 2, timeout: TIMEOUT }));
  test.say("origin", started(1, 0));
  test.deaf.add("origin");
  test.wait(LONG + 50, ["origin"]);
  // It speaks before it has read the cancelling: what it says of the task is that of the old one.
  assert.deepEqual(sentOf("result", test.say("origin", result(1, 1))), []);
  assert.deepEqual(sentOf("bundle", test.sync("origin")), []);
  const { sent: all } = test.sessionOf("origin");
  const acknowledged: Message = { type: "sync", received: 3, sent: all };
  assert.deepEqual(sentOf("bundle", test.say("origin", acknowledged)), ["origin bundle 1/1+1"]);
});

Deno.test("stuck: a worker in a task of its own costs nobody an attempt, three times", () => {
  const test = run(["origin", "a"], { replaces: true });
  test.say("origin", bundle(1));
  const busy: Message = { type: "busy", label: "own", timeout: TIMEOUT };
  for (let i = 0; i < 4; i++) {
    const name = `worker ${i}`;
    test.join(name);
    assert.deepEqual(sent(test.say(name, credit(1))), [`${name} bundle 1/0+1`]);
    test.say(name, busy);
    assert.deepEqual(killed(test.wait(LONG + 50, [name])), [], "it has a task that waits for it");
    const late = test.wait(LIMITS.stuckOwnAfterMs, [name]);
    assert.deepEqual(killed(late), [`${name}: own ran longer than its timeout of ${TIMEOUT} ms`]);
    test.lose(name);
  }
  // From now on it is counted, and runs alone.
  const [given] = test.say("a", credit(1)).filter((one) => one.kind === "send");
  assert(given?.kind === "send" && given.message.type === "bundle");
  assert.equal(given.message.bundle.attempt, 1);
});

Deno.test("stuck: a worker that has come back from its own task is left alone", () => {
  const test = run(["origin", "a"]);
  test.say("a", { type: "busy", label: "own", timeout: TIMEOUT });
  test.say("a", { type: "busy", label: "own", timeout: 0 });
  test.say("origin", { type: "busy", label: "own", timeout: TIMEOUT });
  assert.deepEqual(killed(test.wait(5_000)), []);
});

Deno.test("stuck: a task with a timeout goes to a worker that has nothing else to lose", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(2));
  test.say("origin", bundle(1, { timeout: 0 }));
  test.say("b", credit(1));
  // Both have credit, and "a" has waited longer, but has something.
  const sentTo = sent(test.say("origin", bundle(2, { timeout: TIMEOUT })));
  assert.deepEqual(sentTo, ["b bundle 2/0+1"]);
});

Deno.test("stuck: where something else that was begun would be lost too, it is waited for longer", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(2));
  test.say("origin", bundle(1, { timeout: 0 }));
  test.say("a", started(1, 0));
  test.say("origin", bundle(2, { timeout: TIMEOUT }));
  test.say("a", started(2, 0));
  assert.deepEqual(killed(test.wait(LONG + 50)), []);
  const late = test.wait(TIMEOUT + LIMITS.stuckBesideMs - LONG, ["a"]);
  assert.deepEqual(timeoutErrors(late), ["origin result 2/0+1 failed 0"]);
  assert.equal(killed(late).length, 1);
});

Deno.test("begun: a stretch is told of as it is with its worker, and its owner hears of it", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1, { count: 6, retries: 0 }));
  test.say("a", giveBack(1, 2));
  // The third is not with it any more.
  const told = test.say("a", started(1, 1, "origin", 3));
  const stretches = told.flatMap((action) =>
    action.kind === "send" && action.message.type === "started"
      ? `${action.message.base}+${action.message.count}`
      : []
  );
  assert.deepEqual(stretches, ["1+1", "3+1"]);
  const lost = test.lose("a");
  const failed = lost.flatMap((action) =>
    action.kind === "send" && action.message.type === "result" ? action.message.result.base : []
  );
  assert.deepEqual(failed.sort(), [1, 3], "what has not begun runs elsewhere");
});
