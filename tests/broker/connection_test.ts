/** Connections that break: what is forgiven, and what is not. */

import assert from "node:assert/strict";
import { LIMITS } from "../../wire/limits.ts";
import { bundle, credit, hello, result, started } from "./messages.ts";
import { killed, run, sent, sentOf } from "./run.ts";

const losses = (actions: ReturnType<ReturnType<typeof run>["wait"]>) =>
  actions.flatMap((one) => one.kind === "workerLost" ? [`${one.worker}: ${one.reason}`] : []);

Deno.test("connection: one that breaks for a moment loses nothing, in neither direction", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(2));
  test.say("origin", bundle(1));
  // The bundle 2 and the outcome of 1 are under way when it breaks.
  test.deaf.add("a");
  test.say("origin", bundle(2));
  const mine = test.sessionOf("a");
  const lostNumber = mine.number(result(1));
  test.broken("a");
  assert.deepEqual(sentOf("bundle", test.say("origin", bundle(3))), [], "it is not there");
  assert.deepEqual(losses(test.wait(LIMITS.workerGraceMs - 100, ["a"])), []);
  test.reached("a");
  test.deaf.delete("a");
  const back = test.say("a", hello("a", { received: mine.received }));
  assert.deepEqual(sent(back), ["a welcome", "a bundle 2/0+1"]);
  const repeated = test.say("a", result(1), lostNumber);
  assert.deepEqual(sent(repeated), ["origin result 1/0+1"]);
  assert.deepEqual(sent(test.say("a", result(1), lostNumber)), [], "it has come before");
  assert.deepEqual(sent(test.say("a", credit(3))), ["a bundle 3/0+1"]);
  assert.deepEqual(losses(test.wait(10_000)), []);
});

Deno.test("connection: a worker that is not back within its grace is lost", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1));
  test.broken("a");
  assert.deepEqual(losses(test.wait(LIMITS.workerGraceMs - 50, ["a"])), []);
  assert.deepEqual(losses(test.wait(100, ["a"])), ["a: its connection broke"]);
  assert.deepEqual(sentOf("bundle", test.say("b", credit(1))), ["b bundle 1/0+1"]);
  const late = test.say("a", hello("a", { received: 1 }));
  assert.deepEqual(sent(late), ["a refuse"], "it has been given up");
});

Deno.test("connection: the launcher's word ends every waiting", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1));
  test.broken("a");
  test.lose("a");
  test.say("b", credit(1));
  assert.equal(test.dispatcher.workers, 2);
  assert.deepEqual(losses(test.wait(5_000)), [], "nothing is told twice");
});

Deno.test("connection: one that stands again is waited for while its worker is in a task", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(2));
  test.say("origin", bundle(1));
  test.broken("a");
  test.wait(500, ["a"]);
  test.reached("a");
  assert.deepEqual(losses(test.wait(2 * LIMITS.silenceMs, ["a"])), []);
  assert.deepEqual(sentOf("bundle", test.say("origin", bundle(2))), []);
  // A sync that agrees is as good as a hello: it may be that only we thought it broken.
  test.deaf.add("a");
  assert.deepEqual(sentOf("bundle", test.sync("a")), ["a bundle 2/0+1"]);
});

Deno.test("connection: what is missing is asked for, once", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1));
  const mine = test.sessionOf("a");
  mine.number(credit(2));
  test.deaf.add("a");
  assert.deepEqual(sent(test.say("a", result(1))), ["a welcome"], "2 is missing");
  assert.deepEqual(sent(test.say("a", credit(5))), [], "it has been said");
  assert.deepEqual(sent(test.say("a", credit(2), 2)), []);
  assert.deepEqual(sent(test.say("a", result(1), 3)), ["origin result 1/0+1"]);
});

Deno.test("connection: who is stuck in a task is found though something before it is missing", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(2));
  test.say("origin", bundle(1));
  test.say("origin", bundle(2, { timeout: 100 }));
  const mine = test.sessionOf("a");
  // The outcome of the first and the credit behind it are lost, and it cannot say so again.
  for (const lost of [result(1), credit(3)]) mine.number(lost);
  test.deaf.add("a");
  assert.deepEqual(sent(test.say("a", started(2))), ["a welcome", "origin started"]);
  const late = test.wait(100 + LIMITS.stuckBesideMs + LIMITS.brokerTickMs, ["origin"]);
  assert.deepEqual(killed(late), ["a: Math.sqrt ran longer than its timeout of 100 ms"]);
});

Deno.test("connection: silence is a loss where nothing can explain it", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1));
  const late = test.wait(LIMITS.silenceMs + 1_000, ["origin", "a", "b"]);
  // The origin may be in its program, and a in its task.
  assert.deepEqual(losses(late), [`b: it said nothing for ${LIMITS.silenceMs / 1000} s`]);
});

Deno.test("connection: a hello that claims what cannot be is refused", () => {
  const test = run(["origin", "a"]);
  test.deaf.add("a");
  assert.deepEqual(sent(test.say("a", hello("a", { received: 7 }))), ["a refuse"]);
  assert.deepEqual(sent(test.say("a", hello("a"))), ["a welcome"], "it may say it again");
  test.say("a", credit(1));
  assert.equal(test.dispatcher.workers, 2);
});

Deno.test("connection: everybody is told now and then where the session stands", () => {
  const test = run(["origin", "a"]);
  const syncs = (name: string) =>
    test.wait(3_000).filter((one) =>
      one.kind === "send" && one.to === name && one.message.type === "sync"
    ).length;
  assert.equal(syncs("a"), 6);
  test.broken("a");
  const probes = test.wait(1_000, ["a"]).filter((one) =>
    one.kind === "send" && one.to === "a" && one.message.type === "sync"
  );
  assert.equal(probes.length, 10, "more often when it is to be found out whether it is back");
});
