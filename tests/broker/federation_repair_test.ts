/** Several dispatchers, wired to each other by hand: what is lost is found again. */

import assert from "node:assert/strict";
import { decodeEach, encodeEach } from "../../wire/codec.ts";
import { LIMITS } from "../../wire/limits.ts";
import type { Message } from "../../wire/messages.ts";
import { federation, outcomes } from "./federated.ts";
import { bundle, credit, giveBack, hello, result, started } from "./messages.ts";

Deno.test("federation: of a bundle half done at a lost broker the right half runs again", () => {
  const test = federation({ a: ["origin"], b: ["w1"], c: ["w2"] });
  test.say("b", "w1", credit(1));
  test.wait(100);
  test.say("a", "origin", bundle(1, { count: 5 }));
  assert.equal(test.take("w1", "bundle").length, 1);
  test.say("b", "w1", result(1, 0, 2));
  test.lose("b");
  test.say("c", "w2", credit(1));
  test.wait(LIMITS.brokerGraceMs + LIMITS.claimMs + 1_000);
  const [again] = test.take("w2", "bundle");
  assert(again?.type === "bundle");
  assert.deepEqual([again.bundle.base, again.bundle.count], [2, 3]);
  const { body, frames } = again.payload;
  assert.deepEqual(decodeEach(body, frames), [[102], [103], [104]]);
});

Deno.test("federation: what was to end at a lost broker is told to where its worker comes", () => {
  const test = federation({ a: ["origin"], b: ["w1"] });
  test.say("b", "w1", credit(1));
  test.wait(100);
  test.say("a", "origin", bundle(1, { count: 3 }));
  assert.equal(test.take("w1", "bundle").length, 1);
  test.say("b", "w1", { type: "started", owner: "origin", id: 1, base: 0, count: 2 });
  test.lose("b");
  // It is not known yet that the broker that has it is lost.
  test.say("a", "origin", { type: "stop", owner: "origin", id: 1, index: 0, grace: 50 });
  test.say("a", "origin", { type: "cancel", owner: "origin", id: 1, index: 1 });
  test.wait(LIMITS.brokerGraceMs + 500);
  test.say("a", "w1", hello("w1"));
  test.say("a", "w1", { type: "hold", owner: "origin", id: 1, base: 0, count: 3 });
  test.wait(100);
  const stops = test.take("w1", "stop").map((one) => one.type === "stop" && [one.index, one.grace]);
  assert.deepEqual(stops, [[0, 50]]);
  const cancels = test.take("w1", "cancel").map((one) => one.type === "cancel" && one.index);
  assert.deepEqual(cancels, [1], "what was only cancelled may go on");
});

Deno.test("federation: without an origin that comes the loss of its broker is the run's end", () => {
  const test = federation({ a: ["origin"], b: ["w1"] });
  test.lose("a");
  test.wait(LIMITS.homelessMs - 2_000);
  assert.deepEqual(test.ended, []);
  test.wait(7_000);
  assert.deepEqual(test.ended, ["b"]);
});

Deno.test("federation: a constant asked for before the origin came is still answered", () => {
  const test = federation({ a: ["w0"], b: ["w1"] });
  test.say("a", "w0", { type: "getConstant", name: "x" });
  test.say("b", "w1", { type: "getConstant", name: "x" });
  test.say("a", "origin", hello("origin"));
  test.wait(500);
  test.say("a", "origin", { type: "constant", name: "x", payload: encodeEach([1]) });
  test.wait(500);
  assert.equal(test.take("w1", "constant").length, 1, "elsewhere");
  assert.equal(test.take("w0", "constant").length, 1, "at home");
});

Deno.test("federation: a constant asked for by a broker that was forgotten is still answered", () => {
  const test = federation({ a: ["origin"], b: ["w1"] });
  test.say("b", "w1", { type: "getConstant", name: "x" });
  test.forget("b", "a");
  test.say("b", "w1", credit(3));
  test.wait(3000);
  test.say("a", "origin", { type: "constant", name: "x", payload: encodeEach([1]) });
  assert.equal(test.take("w1", "constant").length, 1);
});

Deno.test("federation: what is cancelled in a borrower's queue is forgotten by both", () => {
  const test = federation({ a: ["origin"], b: ["w1"] });
  test.say("b", "w1", credit(1));
  test.wait(100);
  for (const id of [1, 2, 3]) test.say("a", "origin", bundle(id));
  test.wait(500);
  assert.ok(test.at("b").queued > 0, "b has a stock");
  for (const id of [1, 2, 3]) {
    test.say("a", "origin", { type: "cancel", owner: "origin", id, index: 0 });
  }
  test.say("b", "w1", result(1));
  test.wait(500);
  assert.deepEqual([test.at("b").ledger.size, test.at("a").ledger.size], [0, 0]);
});

Deno.test("federation: a broker whose workers are all lost gives back what it borrowed", () => {
  const test = federation({ a: ["origin"], b: ["w1"], c: ["w2"] });
  test.say("b", "w1", credit(1));
  test.wait(100);
  for (const id of [1, 2]) test.say("a", "origin", bundle(id));
  test.wait(500);
  assert.ok(test.at("b").queued > 0, "b has a stock");
  test.loseWorker("b", "w1");
  for (let i = 0; i < 20; i++) {
    test.wait(1000);
    test.say("c", "w2", credit(9));
    for (const id of test.bundles("w2")) test.say("c", "w2", result(id));
  }
  assert.equal(test.take("origin", "result").length, 2);
});

Deno.test("federation: a broker that was forgotten while it asked for nothing new comes back", () => {
  const test = federation({ a: ["origin"], b: ["w1"] });
  test.say("b", "w1", credit(4));
  test.wait(500);
  test.forget("b", "a");
  test.wait(5000);
  test.say("a", "origin", bundle(1));
  test.wait(5000);
  assert.deepEqual(test.bundles("w1"), [1]);
});

Deno.test("federation: the end of another broker than the origin's is not the run's", () => {
  const test = federation({ a: ["origin"], b: ["w1"], c: ["w2"] });
  const over: Message = { type: "shutdown", reason: "the broker got a SIGTERM" };
  test.from("a", "b", over);
  test.from("c", "b", over);
  assert.deepEqual(test.ended, []);
  test.from("c", "a", over);
  assert.deepEqual(test.ended, ["c"]);
});

Deno.test("federation: what comes back from a worker after its lender was lost goes nowhere", () => {
  const test = federation({ a: ["origin"], b: ["w1"] });
  test.say("b", "w1", credit(1));
  test.wait(100);
  test.say("a", "origin", bundle(1));
  assert.deepEqual(test.bundles("w1"), [1]);
  // b drops it, but its worker gives it back before it hears of that.
  test.from("b", "a", { type: "refuse", instance: "b1", session: "", reason: "forgotten" });
  test.say("b", "w1", giveBack(1));
  test.wait(100);
  assert.deepEqual([test.at("b").ledger.size, test.at("b").queued], [0, 0]);
});

Deno.test("federation: bundles of two workers of one name are not mixed up", () => {
  const test = federation({ a: ["origin", "same"], b: ["w1"] });
  // Nobody refuses the second: it is at another broker.
  test.say("b", "same", hello("same"));
  test.say("b", "w1", credit(3));
  test.say("b", "same", bundle(1, { owner: "same" }));
  assert.deepEqual(test.bundles("w1"), [1]);
  test.wait(300);
  test.say("a", "same", bundle(1, { owner: "same" }));
  test.wait(300);
  assert.deepEqual(test.bundles("w1"), [], "b has one of that name already");
  const [refused] = test.take("same", "result");
  assert(refused?.type === "result");
  const { body, frames } = refused.payload;
  assert.match((decodeEach(body, frames)[0] as Error).message, /called same: set WORKER_NAME/);
  test.say("b", "w1", result(1, 0, 1, "same"));
  assert.equal(test.take("same", "result").length, 1);
});

Deno.test("federation: brokers without any worker say nothing that is no number", () => {
  const test = federation({ a: [], b: [] });
  const { at } = test;
  const said = [...at("a").tick(2_000), ...at("a").tick(3_000)];
  for (const action of said) {
    if (action.kind !== "tell" || action.message.type !== "credit") continue;
    assert.ok(Number.isSafeInteger(action.message.bundles), `${action.message.bundles}`);
  }
  assert.ok(said.length > 0);
});

Deno.test("federation: what a worker has done of a lost broker counts, before anybody knows of the loss", () => {
  const test = federation({ a: ["origin", "w0"], b: ["w1"] });
  test.say("b", "w1", credit(2));
  test.wait(100);
  test.say("a", "origin", bundle(1, { count: 2, retries: 0 }));
  test.say("a", "origin", bundle(2, { count: 1 }));
  assert.deepEqual(test.bundles("w1"), [1, 2]);
  test.say("b", "w1", started(1, 0, "origin", 2));
  test.wait(100);
  test.lose("b");
  // A worker has less patience than the other broker.
  test.wait(LIMITS.moveAfterMs);
  test.say("a", "w1", hello("w1"));
  test.say("a", "w1", result(1, 0, 2));
  test.say("a", "w1", { type: "hold", owner: "origin", id: 2, base: 0, count: 1 });
  test.say("a", "w0", credit(5));
  test.wait(LIMITS.claimOnceMs + 1_000);
  test.say("a", "w1", result(2));
  assert.deepEqual(outcomes(test).tasks, ["1 0", "1 1", "2 0"]);
  assert.deepEqual(test.bundles("w0"), [], "nothing runs again");
  assert.equal(test.at("a").ledger.size, 0);
});
