/** Several dispatchers, wired to each other by hand: connections between them break and return. */

import assert from "node:assert/strict";
import { LIMITS } from "../../wire/limits.ts";
import type { Message } from "../../wire/messages.ts";
import { federation, outcomes } from "./federated.ts";
import type { Federation } from "./federated.ts";
import { bundle, credit, hello, result, started } from "./messages.ts";

/** Has a worker execute what it was sent, and ask for more. */
function work(test: Federation, broker: string, worker: string, granted: number): number {
  const given = test.take(worker, "bundle");
  for (const message of given) {
    if (message.type !== "bundle") continue;
    const { id, base, count, owner } = message.bundle;
    test.say(broker, worker, result(id, base, count, owner));
  }
  test.say(broker, worker, credit(granted + given.length));
  return granted + given.length;
}

const tasksOf = (bundles: number, count: number) =>
  Array.from(
    { length: bundles },
    (_, b) => Array.from({ length: count }, (_, i) => `${b + 1} ${i}`),
  ).flat().sort();

Deno.test("federation: a worker of a borrower that is lost loses none of its bundles of five", () => {
  const test = federation({ a: ["origin"], b: ["w1", "w2"] });
  test.say("b", "w1", credit(2));
  test.say("b", "w2", credit(2));
  test.wait(100);
  for (let id = 1; id <= 6; id++) test.say("a", "origin", bundle(id, { count: 5 }));
  // w1 has reported some of its first, from both ends, when it is lost.
  const [first] = test.take("w1", "bundle");
  assert(first?.type === "bundle");
  test.say("b", "w1", result(first.bundle.id, 0, 1));
  test.say("b", "w1", result(first.bundle.id, 3, 2));
  test.loseWorker("b", "w1");
  let granted = 2;
  for (let round = 0; round < 40; round++) {
    test.wait(300);
    granted = work(test, "b", "w2", granted);
  }
  assert.deepEqual(outcomes(test), { tasks: tasksOf(6, 5), failed: 0 });
  assert.deepEqual([test.at("a").ledger.size, test.at("b").ledger.size], [0, 0]);
});

Deno.test("federation: over a connection that breaks for a moment everything is done once", () => {
  const test = federation({ a: ["origin"], b: ["w1"] });
  test.say("b", "w1", credit(2));
  test.wait(100);
  for (const id of [1, 2]) test.say("a", "origin", bundle(id, { count: 2 }));
  assert.equal(test.take("w1", "bundle").length, 2);
  test.cut("b", "a");
  // Outcomes, credit and further bundles are under way in both directions when it breaks.
  test.say("b", "w1", result(1, 0, 2));
  test.say("b", "w1", credit(4));
  for (const id of [3, 4]) test.say("a", "origin", bundle(id, { count: 2 }));
  test.notice("b", "a");
  test.wait(LIMITS.brokerGraceMs - 500);
  test.mend("b", "a");
  assert.deepEqual(outcomes(test).tasks, ["1 0", "1 1"]);
  test.say("b", "w1", result(2, 0, 2));
  let granted = 4;
  const executed: number[] = [];
  for (let round = 0; round < 10; round++) {
    test.wait(300);
    for (const { worker, message } of test.sent) {
      if (worker === "w1" && message.type === "bundle") executed.push(message.bundle.id);
    }
    granted = work(test, "b", "w1", granted);
  }
  assert.deepEqual(executed.sort(), [3, 4], "once each");
  assert.deepEqual(outcomes(test).tasks, ["2 0", "2 1", "3 0", "3 1", "4 0", "4 1"]);
  assert.deepEqual([test.at("a").ledger.size, test.at("b").ledger.size], [0, 0]);
  assert.deepEqual(test.ended, []);
});

Deno.test("federation: messages lost without anybody noticing come again", () => {
  const test = federation({ a: ["origin"], b: ["w1"] });
  test.say("b", "w1", credit(1));
  test.wait(1_000);
  test.cut("b", "a");
  test.say("a", "origin", bundle(1));
  test.say("b", "w1", credit(2));
  test.wait(200);
  test.mend("b", "a");
  test.wait(2_000);
  assert.deepEqual(test.bundles("w1"), [1]);
  test.cut("b", "a");
  test.say("b", "w1", result(1));
  test.mend("b", "a");
  test.wait(2_000);
  assert.deepEqual(outcomes(test).tasks, ["1 0"]);
});

Deno.test("federation: a borrower that is not back within its grace loses what it had", () => {
  const test = federation({ a: ["origin"], b: ["w1"], c: ["w2"] });
  test.say("b", "w1", credit(1));
  test.wait(100);
  test.say("a", "origin", bundle(1));
  assert.deepEqual(test.bundles("w1"), [1]);
  test.cut("b", "a");
  test.notice("b", "a");
  test.say("c", "w2", credit(1));
  test.wait(LIMITS.brokerGraceMs - 200);
  assert.deepEqual(test.bundles("w2"), []);
  assert.deepEqual(test.ended, []);
  test.wait(400 + LIMITS.claimMs);
  assert.deepEqual(test.bundles("w2"), [1]);
  // To b the home is lost: the origin may come to it or to c, but does not.
  test.wait(LIMITS.homelessMs);
  assert.deepEqual(test.ended, ["b"]);
});

Deno.test("federation: a lender that was given up is told so when it is back", () => {
  const test = federation({ a: ["origin"], b: ["w1"], c: ["w2"] });
  test.say("c", "w2", credit(1));
  test.wait(100);
  test.say("b", "w1", bundle(1, { owner: "w1", count: 2 }));
  assert.deepEqual(test.bundles("w2"), [1]);
  // Only c notices: to b it was but silent.
  test.cut("c", "b");
  test.at("c").linkBroken("b", 0);
  test.wait(LIMITS.brokerGraceMs + 200);
  assert.equal(test.at("c").ledger.size, 0);
  test.wait(LIMITS.unclaimedMs);
  assert.equal(test.take("w2", "forget").length, 1, "nobody has come and asked for it");
  test.mend("c", "b");
  test.wait(3_000);
  test.say("c", "w2", credit(2));
  test.wait(1_000);
  assert.deepEqual(test.bundles("w2"), [1], "it is lent again");
  test.say("c", "w2", result(1, 0, 2, "w1"));
  assert.deepEqual(outcomes(test, "w1").tasks, ["1 0", "1 1"]);
});

Deno.test("federation: a stuck task at a borrower fails alone, and the rest of it is done", () => {
  const test = federation({ a: ["origin"], b: ["w1", "w2"] });
  test.say("b", "w1", credit(1));
  test.wait(100);
  test.say("a", "origin", bundle(1, { count: 5, timeout: 100 }));
  assert.deepEqual(test.bundles("w1"), [1]);
  test.say("b", "w1", result(1, 0));
  test.say("b", "w1", started(1, 2));
  assert.equal(test.take("origin", "started").length, 1);
  test.wait(100 + LIMITS.stuckAfterMs + 100);
  let granted = 0;
  for (let round = 0; round < 5; round++) {
    granted = work(test, "b", "w2", granted + 1);
    test.wait(300);
  }
  assert.deepEqual(outcomes(test), { tasks: tasksOf(1, 5), failed: 1 });
});

Deno.test("federation: a task that kills the workers of borrowers is not lent for ever", () => {
  const test = federation({ a: ["origin"], b: ["w1"] });
  test.say("b", "w1", credit(1));
  test.wait(100);
  test.say("a", "origin", bundle(1));
  assert.deepEqual(test.bundles("w1"), [1]);
  test.loseWorker("b", "w1");
  // b has no other worker: a learns that it was lost.
  test.wait(LIMITS.keptMs + 500);
  test.say("a", "origin", hello("w3"));
  test.say("a", "w3", hello("w3"));
  test.say("a", "w3", credit(1));
  test.wait(500);
  const [again] = test.take("w3", "bundle");
  assert(again?.type === "bundle");
  assert.equal(again.bundle.attempt, 1);
});

Deno.test("federation: a broker whose workers take nothing does not keep what others could do", () => {
  const test = federation({ a: ["origin"], b: ["w1"], c: ["w2"] });
  // w1 takes one, and is in it from then on.
  test.say("b", "w1", credit(1));
  test.wait(100);
  for (let id = 1; id <= 4; id++) test.say("a", "origin", bundle(id));
  test.wait(500);
  assert.deepEqual(test.bundles("w1"), [1]);
  assert.ok(test.at("a").queued < 3, "some are in stock where nobody gets to them");
  test.wait(LIMITS.keptMs + 1_000);
  test.say("c", "w2", credit(9));
  test.wait(500);
  assert.deepEqual(test.bundles("w2").sort(), [2, 3, 4]);
});

Deno.test("federation: a cut of what a borrower had is put together at the lender", () => {
  const test = federation({ a: ["origin"], b: ["w1"], c: ["w2"] });
  test.say("b", "w1", credit(1));
  test.wait(100);
  test.say("a", "origin", bundle(1, { count: 6 }));
  assert.deepEqual(test.bundles("w1"), [1]);
  const back: Message = { type: "giveBack", owner: "origin", id: 1, base: 2, count: 2 };
  test.say("b", "w1", back);
  test.say("b", "w1", credit(2));
  test.wait(300);
  test.say("b", "w1", result(1, 1, 1));
  test.say("b", "w1", result(1, 4, 2));
  test.say("b", "w1", result(1, 2, 2));
  test.say("b", "w1", result(1, 0, 1));
  assert.deepEqual(outcomes(test), { tasks: tasksOf(1, 6), failed: 0 });
});

for (const away of [LIMITS.brokerGraceMs + 500, LIMITS.brokerGraceMs + LIMITS.claimMs + 1_000]) {
  Deno.test(`federation: a broker that was given up and is back in ${away} ms has what it had`, () => {
    const test = federation({ a: ["origin"], b: ["w1"] });
    test.say("b", "w1", credit(4));
    test.wait(100);
    test.say("a", "origin", bundle(1, { count: 4 }));
    test.say("a", "origin", bundle(2, { count: 2, retries: 0 }));
    test.say("a", "origin", bundle(3, { count: 1 }));
    assert.deepEqual(test.bundles("w1"), [1, 2, 3]);
    for (const id of [1, 2]) test.say("b", "w1", started(id, 0));
    // Some of it is done before, some meanwhile, and some afterwards.
    test.say("b", "w1", result(1, 0));
    test.wait(100);
    test.take("origin", "result");
    test.cut("b", "a");
    test.notice("b", "a");
    test.wait(away - 200);
    test.say("b", "w1", result(1, 1));
    test.say("b", "w1", result(3));
    test.wait(200);
    test.mend("b", "a");
    test.wait(3_000);
    const before = outcomes(test).tasks;
    test.say("b", "w1", result(1, 2, 2));
    test.say("b", "w1", result(2, 0, 2));
    test.wait(1_000);
    const all = [...before, ...outcomes(test).tasks].sort();
    assert.deepEqual(all, ["1 1", "1 2", "1 3", "2 0", "2 1", "3 0"]);
    assert.deepEqual(test.bundles("w1"), [], "nothing is given to it again");
    assert.deepEqual([test.at("a").ledger.size, test.at("b").ledger.size], [0, 0]);
    assert.deepEqual(test.ended, []);
  });
}
