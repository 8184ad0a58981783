/** Several dispatchers, wired to each other by hand: what is lent, and to whom. */

import assert from "node:assert/strict";
import { LIMITS } from "../../wire/limits.ts";
import { decode, encode, encodeEach } from "../../wire/codec.ts";
import { groupConstants } from "../../wire/constant_group.ts";
import { PROTOCOL } from "../../wire/messages.ts";
import { federation } from "./federated.ts";
import { bundle, credit, hello, peer, result } from "./messages.ts";

Deno.test("federation: a broker with idle workers borrows, and results find their way home", () => {
  const test = federation({ a: ["origin"], b: ["w1", "w2"] });
  test.say("b", "w1", credit(1));
  test.say("b", "w2", credit(1));
  test.wait(100);
  for (const id of [1, 2, 3]) test.say("a", "origin", bundle(id));
  assert.deepEqual([...test.bundles("w1"), ...test.bundles("w2")], [1, 2]);
  test.say("b", "w1", result(1));
  test.say("b", "w2", result(2));
  assert.equal(test.take("origin", "result").length, 2);
  test.say("b", "w1", credit(2));
  test.wait(200);
  assert.deepEqual(test.bundles("w1"), [3]);
  test.say("b", "w1", result(3));
  assert.equal(test.take("origin", "result").length, 1);
  assert.deepEqual([test.at("a").ledger.size, test.at("b").ledger.size], [0, 0]);
});

Deno.test("federation: own workers go first", () => {
  const test = federation({ a: ["origin", "w1"], b: ["w2"] });
  test.say("b", "w2", credit(1));
  test.wait(100);
  test.say("a", "w1", credit(1));
  test.say("a", "origin", bundle(1));
  assert.deepEqual(test.bundles("w1"), [1]);
  assert.deepEqual(test.bundles("w2"), []);
});

Deno.test("federation: workers hear of the hunger of other brokers' workers", () => {
  const test = federation({ a: ["origin"], b: ["w1"], c: ["w2"] });
  test.say("b", "w1", credit(3));
  test.say("c", "w2", credit(2));
  test.wait(300);
  assert.equal(test.at("a").demand, 5);
  assert.equal(test.at("b").demand, 5);
  assert.equal(test.at("a").size, 3);
});

Deno.test("federation: what was borrowed is not lent on", () => {
  const test = federation({ a: ["origin"], b: ["w1"], c: ["w2"] });
  test.say("b", "w1", credit(1));
  test.wait(100);
  test.say("a", "origin", bundle(1));
  test.say("a", "origin", bundle(2));
  test.wait(300);
  assert.deepEqual(test.bundles("w1"), [1]);
  // One waits at b by now, in stock.
  test.say("c", "w2", credit(1));
  test.wait(300);
  assert.deepEqual(test.bundles("w2"), test.at("a").queued === 0 ? [] : [2]);
  assert.equal(test.at("c").ledger.size, 0);
});

Deno.test("federation: a cancelled task is cancelled where it is", () => {
  const test = federation({ a: ["origin"], b: ["w1"] });
  test.say("b", "w1", credit(1));
  test.wait(100);
  test.say("a", "origin", bundle(1));
  assert.deepEqual(test.bundles("w1"), [1]);
  test.say("a", "origin", { type: "cancel", owner: "origin", id: 1, index: 0 });
  assert.equal(test.take("w1", "cancel").length, 1);
});

Deno.test("federation: what somebody lost has spawned is forgotten where it is, and no word comes of it", () => {
  const test = federation({ a: ["origin", "w0"], b: ["w1"] });
  test.say("b", "w1", credit(1));
  test.wait(100);
  for (const id of [1, 2]) test.say("a", "w0", bundle(id, { owner: "w0" }));
  assert.deepEqual(test.bundles("w1"), [1]);
  test.loseWorker("a", "w0");
  test.wait(100);
  assert.deepEqual(test.take("w1", "forget").map((one) => one.type === "forget" && one.id), [1]);
  assert.deepEqual(test.take("w1", "cancel"), []);
  assert.equal(test.at("a").ledger.size + test.at("b").ledger.size, 0);
});

Deno.test("federation: a worker lost with a borrowed task loses nothing", () => {
  const test = federation({ a: ["origin"], b: ["w1", "w2"] });
  test.say("b", "w1", credit(1));
  test.wait(100);
  test.say("a", "origin", bundle(1));
  assert.deepEqual(test.bundles("w1"), [1]);
  test.loseWorker("b", "w1");
  test.say("b", "w2", credit(1));
  test.wait(100);
  assert.deepEqual(test.bundles("w2"), [1]);
  test.loseWorker("b", "w2");
  test.say("b", "w3", hello("w3"));
  test.say("b", "w3", credit(1));
  test.wait(100);
  assert.deepEqual(test.bundles("w3"), [1]);
  test.loseWorker("b", "w3");
  const [failed] = test.take("origin", "result");
  assert(failed?.type === "result");
  assert.deepEqual(failed.result.failed, [0], "three attempts are enough");
});

Deno.test("federation: what a lost broker had goes to others, its own in the end", () => {
  const test = federation({ a: ["origin"], b: ["w1"], c: ["w2"] });
  test.say("b", "w1", credit(1));
  test.wait(100);
  test.say("a", "origin", bundle(1));
  assert.deepEqual(test.bundles("w1"), [1]);
  // A task of b's worker spawns one, which c borrows.
  test.say("c", "w2", credit(1));
  test.wait(100);
  test.say("b", "w1", bundle(7, { owner: "w1" }));
  assert.deepEqual(test.bundles("w2"), [7]);
  test.lose("b");
  test.wait(LIMITS.brokerGraceMs + 200);
  assert.equal(test.take("w2", "forget").length, 0, "w1 may come and ask for it");
  test.wait(LIMITS.unclaimedMs + 500);
  const [forgotten] = test.take("w2", "forget");
  assert(forgotten?.type === "forget" && forgotten.id === 7);
  test.say("c", "w2", credit(2));
  test.wait(1_000);
  assert.deepEqual(test.bundles("w2"), [1]);
  test.say("c", "w2", result(1));
  assert.equal(test.take("origin", "result").length, 1);
  assert.equal(test.at("c").ledger.size, 0);
});

Deno.test("federation: constants are at home with the origin, wherever they are set and read", () => {
  const test = federation({ a: ["origin"], b: ["w1"], c: ["w2"] });
  const payload = encodeEach([1]);
  test.say("c", "w2", { type: "getConstant", name: "x" });
  test.say("b", "w1", { type: "constant", name: "x", payload });
  assert.equal(test.take("w1", "constantSet").length, 1);
  assert.equal(test.take("w2", "constant").length, 1);
  test.say("a", "origin", { type: "constant", name: "x", payload });
  const [again] = test.take("origin", "constantSet");
  assert(again?.type === "constantSet" && again.taken);
  test.say("b", "w1", { type: "getConstant", name: "x" });
  assert.equal(test.take("w1", "constant").length, 1);
  const scattered = "@scoop/scattered y";
  test.say("c", "w2", { type: "getConstant", name: scattered });
  test.say("b", "w1", { type: "constant", name: scattered, payload });
  assert.equal(test.take("w2", "constant").length, 1, "which may come after a task that needs it");
  test.say("b", "w1", { type: "dropConstant", name: scattered });
  for (const worker of ["origin", "w2"]) {
    assert.equal(test.take(worker, "dropConstant").length, 1);
  }
  test.say("b", "w1", { type: "getConstant", name: scattered });
  assert.equal(test.take("w1", "noConstant").length, 1, "what has been released is not waited for");
  test.say("b", "w1", { type: "dropConstant", name: "x" });
  assert.equal(test.take("w2", "dropConstant").length, 1);
  assert.equal(test.take("origin", "dropConstant").length, 1);
});

Deno.test("federation: constants are set all or none, wherever that is", () => {
  const test = federation({ a: ["origin"], b: ["w1"], c: ["w2"] });
  const group = (...names: string[]) =>
    groupConstants(names.map((name) => [name, encode(name)] as const));
  const answers = (worker: string) => {
    const taken = test.take(worker, "constantSet");
    return taken.map((one) => one.type === "constantSet" && [one.name, one.taken]);
  };
  test.say("b", "w1", group("x", "y"));
  test.say("c", "w2", group("z", "y"));
  test.say("a", "origin", group("z", "x"));
  assert.deepEqual(answers("w1"), [["x", false]]);
  assert.deepEqual(answers("w2"), [["y", true]]);
  assert.deepEqual(answers("origin"), [["x", true]]);
  test.say("c", "w2", { type: "getConstant", name: "z" });
  assert.equal(
    test.take("w2", "constant").length,
    0,
    "what came with one that was taken is not set",
  );
  test.say("c", "w2", { type: "getConstant", name: "y" });
  const [y] = test.take("w2", "constant");
  assert(y?.type === "constant" && decode(y.payload.body) === "y");
  test.say("b", "w1", group("z", "w"));
  assert.equal(test.take("w2", "constant").length, 1, "whoever waits for one of a group is told");
});

Deno.test("federation: strangers are refused, and one that was forgotten comes back", () => {
  const test = federation({ a: ["origin"], b: ["w1"] });
  test.say("a", "stranger x", peer("x", { key: "wrong" }));
  test.say("a", "stranger y", peer("y", { protocol: PROTOCOL + 1 }));
  assert.equal([...test.at("a").connected()].length, 2, "the origin and b");
  test.forget("b", "a");
  test.say("b", "w1", credit(1));
  test.wait(3000);
  test.say("a", "origin", bundle(1));
  assert.deepEqual(test.bundles("w1"), [1]);
});

Deno.test("federation: the run ends everywhere", () => {
  const test = federation({ a: ["origin"], b: ["w1"] });
  test.say("a", "origin", { type: "goodbye" });
  assert.deepEqual(test.ended, ["a"]);
  test.from("b", "a", { type: "shutdown", reason: "over" });
  assert.deepEqual(test.ended, ["a", "b"]);
});

Deno.test("federation: a worker that has nothing to do is counted once, by all, as long as it has", () => {
  const test = federation({ a: ["origin", "w1"], b: ["w2"] });
  const idle = () => ["a", "b"].map((broker) => test.loads.get(broker)?.idle);
  test.wait(1_000);
  assert.deepEqual(idle(), [0, 0]);
  test.say("b", "w2", credit(1));
  // Many announcements later it is still one.
  test.wait(10_000);
  assert.deepEqual(idle(), [1, 1]);
  test.say("a", "w1", credit(1));
  test.wait(1_000);
  assert.deepEqual(idle(), [2, 2]);
  for (const id of [1, 2]) test.say("a", "origin", bundle(id));
  test.wait(1_000);
  assert.deepEqual(idle(), [0, 0]);
});
