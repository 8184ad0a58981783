import assert from "node:assert/strict";
import type { Action } from "../../broker/actions.ts";
import { decodeEach, encodeEach } from "../../wire/codec.ts";
import { PROTOCOL } from "../../wire/messages.ts";
import type { BundleMessage } from "../../wire/messages.ts";
import { LIMITS } from "../../wire/limits.ts";
import { bundle, cancel, credit, hello, result } from "./messages.ts";
import { run, sent, sentOf, valueIn } from "./run.ts";

function errorIn(actions: Action[]): Error {
  return valueIn(
    actions.filter((one) => one.kind === "send" && one.message.type === "result"),
  ) as Error;
}

Deno.test("dispatcher: bundles wait for credit, and the longest waiting worker comes first", () => {
  const test = run(["origin", "a", "b"]);
  assert.deepEqual(sent(test.say("origin", bundle(1))), []);
  assert.deepEqual(sent(test.say("b", credit(1))), ["b bundle 1/0+1"]);
  assert.deepEqual(sent(test.say("a", credit(1))), []);
  test.say("b", credit(2));
  const actions = [...test.say("origin", bundle(2)), ...test.say("origin", bundle(3))];
  assert.deepEqual(sent(actions), ["a bundle 2/0+1", "b bundle 3/0+1"]);
});

Deno.test("dispatcher: credit counts from the hello, so that saying it twice grants nothing", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(1));
  test.say("a", credit(1));
  assert.deepEqual(sent(test.say("origin", bundle(1))), ["a bundle 1/0+1"]);
  assert.deepEqual(sent(test.say("origin", bundle(2))), []);
  assert.equal(test.dispatcher.queued, 1);
});

Deno.test("dispatcher: what somebody would have in advance is given while there is plenty", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(1, true, 4));
  test.say("b", credit(1));
  const given = [1, 2, 3, 4, 5].flatMap((id) => sent(test.say("origin", bundle(id))));
  assert.deepEqual(given, ["a bundle 1/0+1", "b bundle 2/0+1"], "three wait for three workers");
  assert.deepEqual(sent(test.say("origin", bundle(6))), ["a bundle 3/0+1"]);
  // Whoever has nothing goes before those that have.
  test.say("b", result(2));
  assert.deepEqual(sent(test.say("b", credit(2))), ["b bundle 4/0+1"]);
  assert.deepEqual(sent(test.say("origin", bundle(7))), []);
  const [two, one] = [8, 9].map((id) => sent(test.say("origin", bundle(id))));
  assert.deepEqual([two, one], [["a bundle 5/0+1"], ["a bundle 6/0+1"]]);
  test.say("origin", bundle(10));
  test.say("origin", bundle(11));
  assert.equal(test.dispatcher.queued, 4, "it has had four in advance, and wants no more");
  assert.equal(test.dispatcher.demand, 0);
});

Deno.test("dispatcher: nobody else is to give away what somebody would have in advance", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(1, true, 4));
  assert.equal(test.dispatcher.demand, 1);
  test.say("origin", bundle(1));
  assert.equal(test.dispatcher.demand, 0);
});

Deno.test("dispatcher: who asks how far the broker is has an answer at once", () => {
  const test = run(["origin", "a"]);
  const [action, ...others] = test.say("a", { type: "probe", number: 7 });
  assert.deepEqual(others, []);
  assert(action?.kind === "send" && action.to === "a");
  assert.deepEqual(action.message, { type: "echo", number: 7 });
});

Deno.test("dispatcher: higher priority goes first", () => {
  const test = run(["origin", "a"]);
  test.say("origin", bundle(1));
  test.say("origin", bundle(2, { priority: 5 }));
  test.say("origin", bundle(3, { priority: -1 }));
  assert.deepEqual(sent(test.say("a", credit(3))), [
    "a bundle 2/0+1",
    "a bundle 1/0+1",
    "a bundle 3/0+1",
  ]);
});

Deno.test("dispatcher: results go to the owner once", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1));
  assert.deepEqual(sent(test.say("a", result(1))), ["origin result 1/0+1"]);
  assert.deepEqual(sent(test.say("a", result(1))), []);
  assert.equal(test.dispatcher.ledger.size, 0);
});

Deno.test("dispatcher: outcomes of a first stretch leave the rest with its holder", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1, { count: 5 }));
  assert.deepEqual(sent(test.say("a", result(1, 0, 2))), ["origin result 1/0+2"]);
  assert.equal(test.dispatcher.ledger.size, 1);
  // Only what was not reported is run again, cut from the right place of the payload.
  const again = [...test.lose("a"), ...test.say("b", credit(9))];
  assert.deepEqual(sent(again), ["b bundle 1/2+1"]);
  const first = again.find((action) =>
    action.kind === "send" && action.message.type === "bundle"
  ) as { message: BundleMessage };
  const { body, frames } = first.message.payload;
  assert.deepEqual(decodeEach(body, frames), [[102]]);
});

Deno.test("dispatcher: tasks of a lost worker run alone, then are given up", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1, { count: 2 }));
  test.lose("a");
  // b gets one of them, and nothing besides, though it has credit and more is queued.
  assert.deepEqual(sent(test.say("b", credit(5))), ["b bundle 1/0+1"]);
  assert.deepEqual(sent(test.say("origin", bundle(2))), []);
  // The second loss is not the last attempt; the third is.
  test.lose("b");
  test.join("c");
  assert.deepEqual(sent(test.say("c", credit(5))), ["c bundle 1/1+1"]);
  assert.deepEqual(sent(test.say("c", result(1, 1))), ["origin result 1/1+1", "c bundle 1/0+1"]);
  const error = errorIn(test.lose("c", "exit code 1"));
  assert.equal(error.name, "WorkerLostError");
  assert.match(error.message, /Math\.sqrt.*exit code 1.*3 times/);
});

Deno.test("dispatcher: a task that must not be tried again fails with its first worker", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1, { retries: 0 }));
  assert.equal(errorIn(test.lose("a")).name, "WorkerLostError");
});

Deno.test("dispatcher: what a lost worker has spawned is dropped", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", bundle(1, { owner: "a" }));
  test.say("b", credit(1));
  test.say("a", bundle(2, { owner: "a" }));
  assert.equal(test.dispatcher.ledger.size, 2);
  assert.deepEqual(sent(test.lose("a")), ["b forget 1"]);
  assert.equal(test.dispatcher.ledger.size, 0);
});

Deno.test("dispatcher: the origin gets what was lost once when nobody else is left", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1));
  test.say("origin", credit(1));
  assert.deepEqual(sent(test.lose("a")), []);
  assert.deepEqual(sent(test.wait(5_000)).filter((line) => line.includes("bundle")), []);
  const later = sent(test.wait(6_000)).filter((line) => line.includes("bundle"));
  assert.deepEqual(later, ["origin bundle 1/0+1"]);
});

Deno.test("dispatcher: a worker whose tasks all wait is fed even while others run alone", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1));
  test.say("b", credit(1));
  test.say("origin", bundle(2));
  test.lose("a");
  // b holds a task, so it gets nothing; that task may wait for just what b does not get.
  assert.deepEqual(sent(test.say("b", credit(2, false))), []);
  assert.deepEqual(sentOf("bundle", test.wait(2 * LIMITS.aloneSoonMs)), []);
  assert.deepEqual(sent(test.say("b", credit(2, true))), ["b bundle 1/0+1"]);
});

Deno.test("dispatcher: what has to run alone does so where a worker becomes free of others in time", () => {
  const test = run(["origin", "a", "b"], { replaces: true });
  test.say("a", credit(1));
  test.say("origin", bundle(1, { count: 2 }));
  test.say("b", credit(1));
  test.say("origin", bundle(2));
  test.lose("a");
  // b's task waits, for a timer as likely as for this; it would be lost with one that kills.
  assert.deepEqual(sent(test.say("b", credit(4, true))), []);
  assert.deepEqual(sentOf("bundle", test.wait(LIMITS.aloneSoonMs - 200)), []);
  test.join("c");
  assert.deepEqual(sent(test.say("c", credit(1))), ["c bundle 1/0+1"]);
  // Nobody else comes for the other one.
  assert.deepEqual(sentOf("bundle", test.wait(LIMITS.aloneSoonMs + 200)), ["b bundle 1/1+1"]);
});

Deno.test("dispatcher: strangers, wrong keys, other protocols and taken names are refused", () => {
  const test = run(["origin", "a"]);
  const refusal = (actions: Action[]) =>
    actions.flatMap((action) =>
      action.kind === "send" && action.message.type === "refuse" ? [action.message.reason] : []
    );
  const says = (at: string, changes: Parameters<typeof hello>[1]) =>
    refusal(test.say(at, hello("x", changes)))[0]!;
  assert.match(says("x", { key: "guess" }), /key/);
  assert.match(says("x", { protocol: PROTOCOL + 1 }), /protocol/);
  assert.match(says("elsewhere", { name: "a", pid: 2 }), /WORKER_NAME/);
  assert.match(says("a second origin", { origin: true }), /has an origin/);
  assert.match(says("one that was given up", { received: 3 }), /does not know/);
  assert.match(refusal(test.say("stranger", bundle(1), 1))[0]!, /does not know/);
  test.say("a", credit(1));
  assert.equal(test.dispatcher.workers, 2);
});

Deno.test("dispatcher: a worker has joined when it asks for tasks, its import done", () => {
  const test = run(["origin", "a"], { size: 1 });
  const news = (actions: Action[]) =>
    actions.flatMap((action) => {
      if (action.kind === "log") return action.text;
      return action.kind === "workerJoined" ? `+${action.worker}` : [];
    });
  assert.deepEqual([test.dispatcher.workers, test.dispatcher.size], [1, 1]);
  assert.deepEqual(news(test.join("b")), []);
  assert.deepEqual(news(test.say("b", credit(1))), ["b joined (here, pid 1)", "+b"]);
  assert.deepEqual(news(test.say("b", credit(2))), [], "once");
  assert.deepEqual([test.dispatcher.workers, test.dispatcher.size], [2, 2]);
  test.lose("a");
  test.lose("b");
  assert.equal(test.dispatcher.workers, 1);
});

Deno.test("dispatcher: the origin's end is the run's end", () => {
  const left = run(["origin", "a"]).say("origin", { type: "goodbye" });
  assert.deepEqual(left.filter(({ kind }) => kind === "end"), [
    { kind: "end", reason: "the program ended" },
  ]);
  const lost = run(["origin", "a"]).lose("origin", "signal SIGSEGV");
  assert.deepEqual(lost.filter(({ kind }) => kind === "end"), [
    { kind: "end", reason: "the origin was lost (signal SIGSEGV)" },
  ]);
});

Deno.test("dispatcher: constants are set once and reach those who asked before", () => {
  const test = run(["origin", "a", "b"]);
  const payload = encodeEach([1]);
  assert.deepEqual(sent(test.say("a", { type: "getConstant", name: "x" })), []);
  const set = test.say("origin", { type: "constant", name: "x", payload });
  assert.deepEqual(sent(set), ["origin constantSet", "a constant"]);
  assert.deepEqual(sent(test.say("b", { type: "getConstant", name: "x" })), ["b constant"]);
  const again = test.say("b", { type: "constant", name: "x", payload });
  assert.deepEqual(sent(again), ["b constantSet"]);
});

Deno.test("dispatcher: cancelled bundles leave the queue, or their holder is told", () => {
  const test = run(["origin", "a"]);
  test.say("origin", bundle(1));
  test.say("origin", cancel(1));
  assert.equal(test.dispatcher.ledger.size, 0);
  test.say("a", credit(1));
  test.say("origin", bundle(2));
  assert.deepEqual(sent(test.say("origin", cancel(2))), ["a cancel 2/0"]);
});
