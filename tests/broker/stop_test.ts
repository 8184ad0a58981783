/** Tasks that are to end although they have begun, and workers that want to be replaced. */

import assert from "node:assert/strict";
import type { Action } from "../../broker/actions.ts";
import { LIMITS } from "../../wire/limits.ts";
import type { Message } from "../../wire/messages.ts";
import { Withdrawn } from "../../wire/withdrawn.ts";
import { bundle, cancel, credit, giveBack, result, started } from "./messages.ts";
import { killed, logged, replaced, run, sent, sentOf, valueIn } from "./run.ts";

const GRACE = 200;

const stop = (id: number, index = 0, owner = "origin", grace = GRACE): Message => ({
  ...{ type: "stop", owner, id, index, grace },
});

const retire: Message = { type: "retire", reason: "it is old" };

/** How often each bundle that was sent had been lost before. */
function attempts(actions: Action[]): number[] {
  return actions.flatMap((one) =>
    one.kind === "send" && one.message.type === "bundle" ? [one.message.bundle.attempt] : []
  );
}

/** The only reason for which "a" was ended. */
const ended = [`a: Math.sqrt did not end within ${GRACE} ms of being cancelled`];

Deno.test("stop: what nobody has comes to nothing, who has something is told, once", () => {
  const test = run(["origin", "a"]);
  test.say("origin", bundle(1, { count: 3 }));
  const queued = test.say("origin", stop(1, 1));
  assert.deepEqual(sent(queued), ["origin result 1/1+1"]);
  assert.equal(valueIn(queued), Withdrawn.notBegun);
  const given = new Set(sent(test.say("a", credit(5))));
  assert.deepEqual(given, new Set(["a bundle 1/0+1", "a bundle 1/2+1"]));
  const told = test.say("origin", stop(1, -1));
  assert.deepEqual(sent(told), ["a stop"]);
  const [message] = told.flatMap((one) => one.kind === "send" ? [one.message] : []);
  assert.deepEqual(message, stop(1, -1));
});

Deno.test("stop: only an owner stops, and what it says makes sense", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1));
  const lies: [string, Message][] = [
    ["b", stop(1)],
    ["a", stop(1, -1)],
    ["origin", stop(1, 0.5)],
    ["origin", stop(1, -2)],
    ["origin", stop(1, 0, "origin", -1)],
  ];
  for (const [who, lie] of lies) {
    test.now += 60_000;
    const actions = test.say(who, lie);
    assert.deepEqual(sent(actions), [], JSON.stringify(lie));
    assert.equal(logged("warning", actions).length, 1, JSON.stringify(lie));
  }
  assert.deepEqual(sent(test.say("origin", stop(7))), [], "of what is not known nothing is told");
});

Deno.test("stop: a task that computes past its grace costs its worker", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(2));
  test.say("origin", bundle(1));
  test.say("origin", bundle(2));
  test.say("a", started(1));
  test.say("b", credit(5));
  test.say("origin", stop(1));
  assert.deepEqual(killed(test.wait(GRACE + LIMITS.stuckAfterMs - 50, ["a"])), []);
  const late = test.wait(100, ["a"]);
  assert.deepEqual(killed(late), ended);
  assert.deepEqual(sentOf("result", late), ["origin result 1/0+1 failed 0"]);
  assert.deepEqual(sentOf("bundle", late), ["b bundle 2/0+1"], "what it had besides goes on");
  assert.deepEqual(attempts(late), [0], "and is not counted");
  assert.deepEqual(killed(test.wait(60_000, ["a"])), [], "once is enough");
});

Deno.test("stop: where something else has begun that would be lost too, it is waited for longer", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(2));
  test.say("origin", bundle(1));
  test.say("origin", bundle(2));
  test.say("a", started(1));
  test.say("a", started(2));
  test.say("origin", stop(2));
  assert.deepEqual(killed(test.wait(GRACE + LIMITS.stuckBesideMs - 50, ["a"])), []);
  assert.deepEqual(killed(test.wait(100, ["a"])), ended);
});

Deno.test("stop: whoever ends in time, or reports, is left alone", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1));
  test.say("a", started(1));
  test.say("origin", stop(1));
  assert.deepEqual(sentOf("result", test.say("a", result(1))), ["origin result 1/0+1"]);
  assert.deepEqual(killed(test.wait(20_000)), []);
});

Deno.test("stop: a task that nobody has announced costs its worker when it does not hear", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1, { count: 2 }));
  test.say("b", credit(5));
  test.deaf.add("a");
  test.say("origin", stop(1));
  assert.deepEqual(killed(test.wait(GRACE + LIMITS.stuckOwnAfterMs - 50, ["a"])), []);
  const late = test.wait(100, ["a"]);
  assert.deepEqual(killed(late), ended);
  // The one that was stopped goes to nobody.
  assert.deepEqual(sentOf("result", late), []);
  assert.deepEqual(sentOf("bundle", late), ["b bundle 1/0+2"]);
  assert.deepEqual(sentOf("cancel", late).filter((line) => line[0] === "b"), ["b cancel 1/0"]);
});

Deno.test("stop: whoever has heard is not suspected of what has not begun", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1, { count: 2 }));
  test.say("origin", stop(1, 1));
  test.sync("a");
  // It is in the first of the two now, for long.
  assert.deepEqual(killed(test.wait(60_000, ["a"])), []);
});

Deno.test("stop: what another task keeps from hearing for long is told by what came after its start", () => {
  const long = GRACE + LIMITS.silenceMs;
  for (const { saysMore, kills } of [{ saysMore: false, kills: 0 }, { saysMore: true, kills: 1 }]) {
    const test = run(["origin", "a"]);
    test.say("a", credit(2));
    test.say("origin", bundle(1));
    test.say("origin", bundle(2));
    test.say("a", started(1));
    test.now += 50;
    // It has let go of the processor since it began the first.
    if (saysMore) test.sync("a");
    test.deaf.add("a");
    test.say("origin", stop(2));
    assert.deepEqual(killed(test.wait(long - 100, ["a"])), []);
    assert.equal(killed(test.wait(200, ["a"])).length, kills, `${saysMore}`);
  }
});

Deno.test("stop: the origin cannot be spared", () => {
  const test = run(["origin", "a"]);
  test.say("origin", credit(1));
  test.say("a", credit(1, false));
  test.say("origin", bundle(1));
  test.lose("a");
  test.say("origin", started(1));
  test.say("origin", stop(1));
  assert.deepEqual(killed(test.wait(60_000, ["origin"])), []);
});

Deno.test("stop: one that is said a thousand times is remembered once", () => {
  const test = run(["origin", "a"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1));
  test.say("a", started(1));
  for (let i = 0; i < 1000; i++) test.say("origin", stop(1));
  const [member] = [...test.dispatcher.connected()].filter(({ name }) => name === "a");
  assert.equal((member as unknown as { stopping: unknown[] }).stopping.length, 1);
});

Deno.test("stop: what is given back, or lost, after it was cancelled goes to nobody", () => {
  for (const how of ["cancel", "stop"] as const) {
    const test = run(["origin", "a", "b"]);
    test.say("a", credit(2));
    test.say("origin", bundle(1));
    test.say("origin", bundle(2, { count: 3 }));
    test.say("origin", how === "stop" ? stop(1) : cancel(1));
    test.say("origin", how === "stop" ? stop(2, 1) : cancel(2, 1));
    const back = [...test.say("a", giveBack(1)), ...test.say("b", credit(5))];
    assert.deepEqual(sentOf("bundle", back), [], how);
    assert.deepEqual(sentOf("result", back), ["origin result 1/0+1"], how);
    const lost = [...test.lose("a"), ...test.wait(100)];
    const given = sentOf("bundle", lost);
    assert.deepEqual(given, ["b bundle 2/0+1"], how);
    const rest = [...test.say("b", result(2, 0)), ...test.wait(100)];
    assert.deepEqual(sentOf("result", rest), ["origin result 2/0+1", "origin result 2/1+1"], how);
    assert.deepEqual(sentOf("bundle", rest), ["b bundle 2/2+1"], how);
    test.say("b", result(2, 2));
    assert.equal(test.dispatcher.ledger.size, 0, how);
  }
});

Deno.test("stop: a parent that waits is spared three times, then it is suspected", () => {
  const test = run(["origin"], { replaces: true });
  test.say("origin", bundle(1));
  const given: number[] = [];
  for (let i = 0; i < 5; i++) {
    const name = `worker ${i}`;
    test.join(name);
    given.push(...attempts(test.say(name, credit(2))), ...attempts(test.wait(50)));
    test.say(name, started(1));
    test.now += 50;
    // Its child is stuck, on the same worker.
    test.say("origin", bundle(10 + i, { timeout: 100 }));
    test.say(name, started(10 + i));
    const late = test.wait(200 + LIMITS.stuckOwnAfterMs, [name]);
    if (given.at(-1) === 0) assert.equal(killed(late).length, 1);
    test.lose(name);
    if (given.at(-1)! > 0) break;
  }
  assert.deepEqual(given, [0, 0, 0, 0, 1]);
});

Deno.test("retire: what a worker has goes to others, uncounted, and its process is ended", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(3));
  test.say("origin", bundle(1, { count: 2 }));
  test.say("origin", bundle(2));
  test.say("b", credit(5));
  const actions = test.say("a", retire);
  assert.deepEqual(replaced(actions), ["a: it is old"]);
  assert.deepEqual(sentOf("forget", actions), ["a forget 1", "a forget 2"]);
  assert.deepEqual(
    new Set(sentOf("bundle", actions)),
    new Set(["b bundle 1/0+2", "b bundle 2/0+1"]),
  );
  assert.deepEqual(attempts(actions), [0, 0]);
  assert.deepEqual(sentOf("bundle", test.say("origin", bundle(3))), ["b bundle 3/0+1"]);
  assert.deepEqual(sentOf("bundle", test.lose("a")), [], "nothing of it is lost any more");
});

Deno.test("retire: of what may run only once, what has begun is lost, the rest goes to others", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1, { count: 3, retries: 0 }));
  test.say("a", started(1, 0));
  test.say("b", credit(5));
  const actions = test.say("a", retire);
  assert.deepEqual(sentOf("result", actions), ["origin result 1/0+1 failed 0"]);
  assert.deepEqual(
    new Set(sentOf("bundle", actions)),
    new Set(["b bundle 1/1+1", "b bundle 1/2+1"]),
  );
});

Deno.test("retire: the origin cannot be replaced", () => {
  const test = run(["origin", "a"]);
  const actions = test.say("origin", retire);
  assert.deepEqual(replaced(actions), []);
  assert.equal(logged("warning", actions).length, 1);
});
