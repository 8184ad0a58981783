/** What owners bring, and workers say they have, whose broker was lost. */

import assert from "node:assert/strict";
import { encodeEach } from "../../wire/codec.ts";
import { LIMITS } from "../../wire/limits.ts";
import type { Message, Moved } from "../../wire/messages.ts";
import { bundle, credit, giveBack, hello, result } from "./messages.ts";
import { killed, run, sent, sentOf } from "./run.ts";

/** A bundle whose broker was lost. */
function moved(
  id: number,
  changes: Parameters<typeof bundle>[1] = {},
  begun: number[] = [],
): Moved {
  const { bundle: header, payload } = bundle(id, changes);
  return { type: "moved", bundle: { ...header, begun }, payload };
}

function hold(id: number, base = 0, count = 1, owner = "origin"): Message {
  return { type: "hold", owner, id, base, count };
}

Deno.test("moving: what an owner brings stays with the worker that says it has it", () => {
  const test = run(["origin", "a", "b"]);
  test.say("b", credit(5));
  test.say("origin", moved(1, { count: 4 }));
  test.say("a", hold(1, 0, 4));
  assert.deepEqual(sentOf("bundle", test.wait(3 * LIMITS.claimMs)), [], "nobody else gets it");
  assert.deepEqual(sent(test.say("a", result(1, 0, 4))), ["origin result 1/0+4"]);
  assert.equal(test.dispatcher.ledger.size, 0);
});

Deno.test("moving: it does not matter who comes first", () => {
  const test = run(["a"]);
  test.say("a", hold(1, 1, 2));
  test.wait(LIMITS.unclaimedMs - 1_000);
  test.join("origin");
  test.say("origin", moved(1, { count: 4 }));
  // What nobody has is given out anew.
  test.say("a", credit(5));
  assert.deepEqual(sentOf("bundle", test.wait(LIMITS.claimMs + 500)), [
    "a bundle 1/0+1",
    "a bundle 1/3+1",
  ]);
  assert.deepEqual(sent(test.say("a", result(1, 1, 2))), ["origin result 1/1+2"]);
});

Deno.test("moving: outcomes that come before whoever waits for them are kept", () => {
  const test = run(["a"]);
  assert.deepEqual(sent(test.say("a", result(1, 0, 2))), []);
  test.join("origin");
  const actions = test.say("origin", moved(1, { count: 3 }));
  assert.deepEqual(sentOf("result", actions), ["origin result 1/0+2"]);
  test.say("a", credit(5));
  assert.deepEqual(sentOf("bundle", test.wait(LIMITS.claimMs + 500)), ["a bundle 1/2+1"]);
});

Deno.test("moving: what is known to have begun is waited for, and fails where it may not again", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(5));
  test.say("origin", moved(1, { count: 2 }, [1]));
  test.say("origin", moved(2, { count: 2, retries: 0 }, [0]));
  assert.deepEqual(sentOf("bundle", test.wait(LIMITS.claimMs + 500)), [
    "a bundle 1/0+1",
    "a bundle 2/1+1",
  ]);
  for (const one of [result(1), result(2, 1)]) test.say("a", one);
  const later = test.wait(LIMITS.claimBegunMs - LIMITS.claimMs + 500);
  assert.deepEqual(sentOf("bundle", later), ["a bundle 1/1+1"]);
  test.say("a", result(1, 1));
  assert.deepEqual(sentOf("result", test.wait(LIMITS.claimOnceMs)), [
    "origin result 2/0+1 failed 0",
  ]);
  assert.equal(test.dispatcher.ledger.size, 0);
});

Deno.test("moving: who comes late is believed, and who has it meanwhile told to stop", () => {
  const test = run(["origin", "a", "b"]);
  test.say("b", credit(1));
  test.say("origin", moved(1));
  assert.deepEqual(sentOf("bundle", test.wait(LIMITS.claimMs + 500)), ["b bundle 1/0+1"]);
  test.say("a", hold(1));
  const actions = test.say("a", result(1));
  assert.deepEqual(sentOf("result", actions), ["origin result 1/0+1"]);
  assert.deepEqual(sentOf("cancel", actions), ["b cancel 1/0"]);
  assert.deepEqual(sentOf("result", test.say("b", result(1))), [], "one outcome");
});

Deno.test("moving: of what is queued again the outcome is taken from whoever has it", () => {
  const test = run(["origin", "a", "b"]);
  test.say("origin", moved(1, { count: 3 }));
  test.wait(LIMITS.claimMs + 500);
  assert.equal(test.dispatcher.queued, 1);
  test.say("a", hold(1, 1));
  assert.deepEqual(sentOf("result", test.say("a", result(1, 1))), ["origin result 1/1+1"]);
  test.say("b", credit(5));
  assert.deepEqual(sentOf("bundle", test.wait(100)), []);
  assert.equal(test.dispatcher.ledger.size, 2);
});

Deno.test("moving: what nobody asks for is to be forgotten", () => {
  const test = run(["origin", "a"]);
  test.say("a", hold(7, 0, 3, "gone"));
  assert.deepEqual(sentOf("cancel", test.wait(LIMITS.unclaimedMs - 500)), []);
  assert.deepEqual(sentOf("forget", test.wait(1_500)), ["a forget 7"]);
});

Deno.test("moving: what is cancelled while it is awaited is not begun", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(5));
  test.say("origin", moved(1, { count: 2 }));
  test.say("origin", { type: "cancel", owner: "origin", id: 1, index: 0 });
  test.say("origin", { type: "cancel", owner: "origin", id: 1, index: 1 });
  const cancelled = sentOf("cancel", test.say("a", hold(1, 1)));
  assert.deepEqual(cancelled, ["a cancel 1/1"]);
  const actions = test.wait(LIMITS.claimMs + 500);
  assert.deepEqual(sentOf("bundle", actions), []);
  assert.deepEqual(sentOf("result", actions), ["origin result 1/0+1"]);
});

Deno.test("moving: what was to end while nobody knew who has it is told to, and costs its worker", () => {
  const test = run(["origin", "a"], { replaces: true });
  test.say("origin", moved(1, { count: 2 }, [0]));
  test.say("origin", { type: "stop", owner: "origin", id: 1, index: 0, grace: 50 });
  const told = test.say("a", hold(1, 0, 2));
  assert.deepEqual(sentOf("stop", told), ["a stop"]);
  test.say("a", { type: "started", owner: "origin", id: 1, base: 0, count: 1 });
  // It hears nothing any more.
  const actions = test.wait(50 + LIMITS.stuckOwnAfterMs + 500, ["a"]);
  assert.deepEqual(killed(actions), ["a: Math.sqrt did not end within 50 ms of being cancelled"]);
});

Deno.test("moving: what is given back, or lost with its worker, is nobody's claim", () => {
  const test = run(["a", "b"]);
  test.say("a", hold(1));
  test.say("b", hold(2));
  test.say("a", giveBack(1));
  test.lose("b");
  test.join("origin");
  test.join("c");
  test.say("c", credit(5));
  for (const id of [1, 2]) test.say("origin", moved(id));
  assert.deepEqual(sentOf("bundle", test.wait(LIMITS.claimMs + 500)), [
    "c bundle 1/0+1",
    "c bundle 2/0+1",
  ]);
});

Deno.test("moving: only an owner brings its bundles, and each once", () => {
  const test = run(["origin", "a"]);
  test.say("a", moved(1));
  test.say("origin", moved(2));
  test.say("origin", moved(2));
  assert.equal(test.dispatcher.ledger.size, 1);
});

Deno.test("moving: a worker is back over another connection while its old one is broken", () => {
  const test = run(["origin", "a"]);
  const back = hello("a", { session: "another", pid: 2 });
  const told = () => sent(test.say("elsewhere", back));
  assert.deepEqual(told(), ["elsewhere refuse"], "there is one of that name");
  test.broken("a");
  assert.deepEqual(told(), ["elsewhere welcome"]);
});

Deno.test("moving: a process that comes over another connection has left the first one", () => {
  const test = run(["origin", "a"]);
  for (const name of ["a", "origin"]) {
    const actions = test.say(`${name}-elsewhere`, hello(name, { session: `another of ${name}` }));
    assert.deepEqual(sentOf("welcome", actions), [`${name}-elsewhere welcome`]);
    assert.ok(actions.every(({ kind }) => kind !== "end"));
  }
});

Deno.test("moving: an origin that begins anew, or is back over another connection, is not lost", () => {
  const test = run(["origin", "a"]);
  const again = (address: string, session: string) =>
    test.say(address, hello("origin", { session }));
  // Its first hello was meant for another broker.
  const anew = again("origin", "another");
  assert.deepEqual(sentOf("welcome", anew), ["origin welcome"]);
  test.broken("origin");
  const back = again("elsewhere", "a third");
  assert.deepEqual(sentOf("welcome", back), ["elsewhere welcome"]);
  assert.ok([...anew, ...back].every(({ kind }) => kind !== "end"));
});

Deno.test("moving: constants that are brought are there, and no scattered value counts as gone", () => {
  const test = run(["origin", "a"]);
  const payload = encodeEach([1]);
  test.say("a", hold(1));
  assert.deepEqual(sent(test.say("a", { type: "getConstant", name: "@scoop/scattered x" })), []);
  const asked = test.say("origin", { type: "restored", name: "@scoop/scattered x", payload });
  assert.deepEqual(sent(asked), ["a constant"]);
  test.say("a", { type: "restored", name: "y", payload });
  // Its setting was not confirmed by the broker that is lost, which has told a of it.
  const set = test.say("origin", { type: "constant", name: "y", payload });
  const [answer] = set.flatMap((one) =>
    one.kind === "send" && one.message.type === "constantSet" ? [one.message] : []
  );
  assert.equal(answer?.taken, false);
  const again = test.say("origin", { type: "constant", name: "y", payload: encodeEach([2]) });
  assert.ok(
    again.some((one) =>
      one.kind === "send" && one.message.type === "constantSet" && one.message.taken
    ),
  );
  test.say("a", { type: "getConstant", name: "@scoop/scattered z" });
  assert.deepEqual(sentOf("noConstant", test.wait(LIMITS.claimMs + 500)), ["a noConstant"]);
});
