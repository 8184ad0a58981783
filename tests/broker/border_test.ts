/** What is well-formed and false: refused, told, and no harm to anybody else. */

import assert from "node:assert/strict";
import type { Action } from "../../broker/actions.ts";
import { Dispatcher } from "../../broker/dispatcher.ts";
import { encodeEach } from "../../wire/codec.ts";
import { isNumbered, readMessage, writeMessage } from "../../wire/messages.ts";
import type { Message } from "../../wire/messages.ts";
import fc from "../fast_check.ts";
import { loadCounts } from "../wire/any_message.ts";
import { bundle, cancel, credit, giveBack, hello, peer, result, started } from "./messages.ts";
import { logged, options, run, sent, sentOf } from "./run.ts";

/** The origin has a bundle of four at a; b has nothing. */
function setUp() {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(1));
  test.say("origin", bundle(1, { count: 4 }));
  return test;
}

Deno.test("border: bundles of others, and those that are known, are refused and told", () => {
  const test = setUp();
  const lies = [
    test.say("b", bundle(2)),
    test.say("origin", bundle(1, { count: 4 })),
    test.say("origin", bundle(1, { base: 3, count: 9 })),
    test.say("origin", { ...bundle(3), bundle: { ...bundle(3).bundle, base: 2 ** 53 - 1 } }),
  ];
  for (const actions of lies) {
    assert.deepEqual(sent(actions), []);
    assert.equal(logged("warning", actions).length, 1);
  }
  assert.equal(test.dispatcher.ledger.size, 1);
});

Deno.test("border: what is said of tasks is believed of those that are with who says it", () => {
  const test = setUp();
  const lies: [string, Message][] = [
    ["b", result(1, 0, 4)],
    ["a", result(1, 4, 1)],
    ["a", result(9)],
    ["b", started(1, 0)],
    ["a", started(1, 4)],
    ["b", giveBack(1, 0, 4)],
    ["a", giveBack(1, 4, 2)],
    ["b", { type: "lost", owner: "origin", id: 1, index: 0, reason: "x" }],
    ["origin", result(1, 0, 4)],
  ];
  for (const [who, message] of lies) assert.deepEqual(sent(test.say(who, message)), [], who);
  // A report that says more than is known is believed of what is.
  assert.deepEqual(sent(test.say("a", result(1, 2, 50))), ["origin result 1/2+2"]);
  assert.deepEqual(sent(test.say("a", result(1, 0, 2))), ["origin result 1/0+2"]);
});

Deno.test("border: only an owner cancels", () => {
  const test = setUp();
  test.say("origin", bundle(2));
  assert.equal(logged("warning", test.say("b", cancel(1, -1))).length, 1);
  for (const index of [0.5, -2, 2 ** 60, Number.MAX_VALUE]) {
    assert.deepEqual(sent(test.say("origin", cancel(2, index))), [], `${index}`);
  }
  assert.equal(test.dispatcher.queued, 1);
});

Deno.test("border: a cancelled task in the middle of a queued bundle leaves the others", () => {
  const test = run(["origin", "a"]);
  test.say("origin", bundle(1, { count: 5 }));
  assert.deepEqual(sent(test.say("origin", cancel(1, 2))), ["origin result 1/2+1"]);
  assert.deepEqual(sent(test.say("origin", cancel(1, 0))), ["origin result 1/0+1"]);
  const given = sent(test.say("a", credit(5)));
  assert.deepEqual(new Set(given), new Set(["a bundle 1/1+1", "a bundle 1/3+2"]));
});

Deno.test("border: a payload that is no list when it is cut fails its tasks", () => {
  const test = run(["origin", "a", "b"]);
  test.say("a", credit(1));
  const { bundle: header } = bundle(1, { count: 2 });
  // The head claims two elements, and there are some bytes: nobody has looked further.
  const body = new Uint8Array([0x92, 0xc1, 0xc1, 0xc1]);
  test.say("origin", { type: "bundle", bundle: header, payload: { body, frames: [] } });
  test.lose("a");
  assert.deepEqual(sentOf("result", test.say("b", credit(1))), [
    "origin result 1/0+1 failed 0",
    "origin result 1/1+1 failed 0",
  ]);
  assert.equal(test.dispatcher.ledger.size, 0);
});

Deno.test("border: who lies all the time is told about now and then", () => {
  const test = setUp();
  let told = 0;
  for (let i = 0; i < 1_000; i++) {
    test.now += 10;
    told += logged("warning", test.say("b", bundle(5))).length;
  }
  assert.ok(told >= 20 && told <= 25, `${told} lines`);
});

Deno.test("border: a worker is no broker, and a broker no worker", () => {
  const test = setUp();
  test.deaf.add("a");
  assert.deepEqual(sent(test.say("a", peer("a"))), ["a refuse"]);
  assert.deepEqual(sent(test.say("p", peer("p"))), ["p peerWelcome"]);
  assert.deepEqual(sent(test.say("p", hello("p"))), ["p refuse"]);
  const actions = test.say("p", bundle(1, { owner: "p" }), 1);
  assert.equal(logged("warning", actions).length, 1);
  assert.equal(test.dispatcher.ledger.size, 1);
});

const name = fc.constantFrom("origin", "origin", "a", "a", "b", "p", "");
const small = fc.nat(3);
const size = fc.integer({ min: 1, max: 4 });
const count = fc.oneof(
  { weight: 8, arbitrary: small },
  { weight: 1, arbitrary: fc.constantFrom(2 ** 31, Number.MAX_SAFE_INTEGER) },
);
const any = fc.oneof(small, fc.double({ noNaN: true, noDefaultInfinity: true }));
const task = { owner: fc.constantFrom("origin", "origin", "a", "l"), id: small };
const payload = (count: number) => encodeEach(Array.from({ length: count }, (_, i) => [i]));

/** What is said often: it moves bundles. */
const often: fc.Arbitrary<unknown> = fc.oneof(
  fc.record({ bundles: count, ahead: count, idle: fc.boolean() }).map((one) => ({
    type: "credit",
    ...one,
  })),
  fc.record({
    ...{ ...task, base: count, count: size, attempt: fc.constantFrom(0, 0, 0, 1), retries: small },
    ...{ priority: any, timeout: any, estimate: any },
  }).map((one) => ({ ...bundle(1, one), payload: payload(one.count) })),
  fc.record({ ...task, base: count, count: size }).map((one) => ({
    type: "result",
    result: { ...one, elapsed: 0, failed: [] },
    payload: payload(one.count),
  })),
  fc.record({ ...task, base: count, count: size }).map((one) => ({ type: "started", ...one })),
  fc.record({ ...task, base: count, count: size }).map((one) => ({ type: "giveBack", ...one })),
  fc.record({ ...task, index: fc.oneof(any, fc.integer({ min: -2, max: 5 })) })
    .map((one) => ({ type: "cancel", ...one })),
  fc.record({ ...task, index: count, reason: name }).map((one) => ({ type: "lost", ...one })),
  fc.record({ received: fc.nat(20), sent: count }).map((one) => ({ type: "sync", ...one })),
);

/** What is said seldom: much ends with it. */
const seldom: fc.Arbitrary<unknown> = fc.oneof(
  fc.record({ name, session: name, received: small }).map((one) => hello(one.name, one)),
  fc.record({ name, session: name, received: small }).map((one) => peer(one.name, one)),
  fc.record({ label: name, timeout: any }).map((one) => ({ type: "busy", ...one })),
  name.map((name) => ({ type: "constant", name, payload: payload(1) })),
  name.map((name) => ({ type: "setConstants", names: [name], frames: [0], payload: payload(1) })),
  name.map((name) => ({ type: "getConstant", name })),
  name.map((name) => ({ type: "dropConstant", name })),
  name.map((name) => ({ type: "constantSet", name, taken: false })),
  name.map((name) => ({ type: "noConstant", name })),
  name.map((reason) => ({ type: "refuse", instance: "b1", session: "", reason })),
  name.map((reason) => ({ type: "shutdown", reason })),
  small.map((received) => ({ type: "peerWelcome", received })),
  fc.record(loadCounts(count)).map((one) => ({ type: "load", broker: "l", home: false, ...one })),
  fc.constant({ type: "goodbye" }),
);

const step = fc.record({
  kind: fc.oneof(
    { weight: 9, arbitrary: fc.constant("say" as const) },
    { weight: 3, arbitrary: fc.constantFrom("lender" as const, "tick" as const) },
    { weight: 1, arbitrary: fc.constantFrom("broken", "reached", "lost", "linkBroken") },
  ),
  at: name,
  message: fc.oneof({ weight: 9, arbitrary: often }, {
    weight: 1,
    arbitrary: seldom,
  }) as fc.Arbitrary<
    Message
  >,
  /** Mostly the number that is due. */
  skip: fc.oneof(
    { weight: 15, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constantFrom(1, -1) },
  ),
  pause: fc.oneof(
    { weight: 15, arbitrary: fc.constantFrom(1, 50, 500) },
    { weight: 1, arbitrary: fc.constantFrom(2_000, 60_000) },
  ),
});

/** The origin has bundles, a and b would take some, p borrows, and there is a lender. */
function busyDispatcher() {
  const dispatcher = new Dispatcher(options());
  const numbers = new Map<string, number>();
  const say = (from: string, message: Message, skip = 0, now = 0): Action[] => {
    let number = 0;
    if (isNumbered(message)) {
      if (skip === 0) numbers.set(from, (numbers.get(from) ?? 0) + 1);
      number = Math.max(1, (numbers.get(from) ?? 0) + skip);
    }
    // What comes in has been read, as it would be from a socket.
    const numbered = readMessage(writeMessage(message, number));
    if (from === "l") return dispatcher.receiveFrom("l", numbered, now);
    return dispatcher.receive(from, numbered, now);
  };
  for (const who of ["origin", "a", "b"]) say(who, hello(who));
  say("p", peer("p"));
  dispatcher.join("l", 0);
  say("l", { type: "peerWelcome", received: 0 });
  say("a", credit(1));
  say("p", credit(1));
  for (const id of [0, 1, 2]) say("origin", bundle(id, { count: 4, timeout: 100 * id }));
  say("l", bundle(3, { owner: "l", count: 4 }));
  return { dispatcher, say };
}

Deno.test("border: whatever is said, by whomever, nothing throws and all invariants hold", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (steps) => {
      const { dispatcher, say } = busyDispatcher();
      let now = 0;
      for (const { kind, at, message, skip, pause } of steps) {
        now += pause;
        let actions;
        if (kind === "say") actions = say(at, message, skip, now);
        else if (kind === "lender") actions = say("l", message, skip, now);
        else if (kind === "tick") actions = dispatcher.tick(now);
        else if (kind === "lost") actions = dispatcher.lost(at, "signal SIGKILL", now);
        else if (kind === "broken") actions = dispatcher.broken(at, now);
        else if (kind === "reached") actions = dispatcher.reached(at, now);
        else actions = dispatcher.linkBroken("l", now);
        for (const action of actions) {
          if (action.kind === "send" || action.kind === "tell") {
            readMessage(writeMessage(action.message, action.number));
          } else if (action.kind === "publish") readMessage(writeMessage(action.message));
        }
        dispatcher.check();
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("border: a time beyond all measure leaves as a number that can be read", () => {
  const test = setUp();
  // The last of them is none of its tasks: what it has is cut out.
  const lie = result(1, 1, 4);
  const told = test.say("a", { ...lie, result: { ...lie.result, elapsed: Number.MAX_VALUE } });
  assert.deepEqual(sentOf("result", told), ["origin result 1/1+3"]);
  for (const action of told) {
    if (action.kind === "send") readMessage(writeMessage(action.message, action.number));
  }
});
