import assert from "node:assert/strict";
import { BrokerLostError } from "../../wire/errors.ts";
import { LIMITS } from "../../wire/limits.ts";
import { PROTOCOL } from "../../wire/messages.ts";
import type { Hello, Message, Sync, Welcome } from "../../wire/messages.ts";
import { Session } from "../../wire/session.ts";
import { Connection } from "../../worker/connection.ts";
import fc from "../fast_check.ts";
import { loadCounts } from "../wire/any_message.ts";

const { firstAnswerMs, silenceMs, syncMs, brokerGraceMs, introduceMs } = LIMITS;
const INTRODUCTION = { protocol: PROTOCOL, name: "w", origin: false, pid: 1, host: "h" };

const busy = (label: string): Message => ({ type: "busy", label, timeout: 1 });
const started = (id: number): Message => ({ type: "started", owner: "w", id, base: 0, count: 1 });
const sync = (received: number, sent: number): Sync => ({ type: "sync", received, sent });

function welcome(received: number): Welcome {
  return {
    ...{ type: "welcome", broker: "b", instance: "b1", received, size: 2, demand: 0 },
    ...{ program: "", modules: [], tallyMs: 0, watched: false },
  };
}

/** A connection, what it has sent, and how it was lost. */
function setUp({ alone = false, isThere = false } = {}) {
  const sent: { message: Message; number: number }[] = [];
  const lost: Error[] = [];
  const connection = new Connection({
    introduction: alone ? undefined : INTRODUCTION,
    session: "s",
    remedy: "start one",
    firstAnswerMs,
    isThere,
  }, {
    send: (message, number) => sent.push({ message, number }),
    lost: (error) => lost.push(error),
    ...{ move: () => {}, again: () => {} },
  });
  const lines = () => {
    const all = sent.splice(0).map(({ message, number }) => {
      if (message.type === "hello") return `hello ${message.received}`;
      if (message.type === "sync") return `sync ${message.received} ${message.sent}`;
      return message.type === "busy" ? `${message.label} ${number}` : message.type;
    });
    connection.check();
    return all;
  };
  return {
    connection,
    lost,
    sent,
    /** What was sent since, in words. */
    lines,
    kind: () => connection.state.kind,
    /** Brings it to `serving` at time 0. */
    serve() {
      connection.open("tcp://b:1", "key", 0);
      assert.equal(connection.hear({ message: welcome(0), number: 0 }, 0)?.type, "welcome");
      assert.equal(connection.state.kind, "serving");
      lines();
    },
    /** Takes a message in; its type if it is one for the worker. */
    hear: (message: Message, number: number, now: number) =>
      connection.hear({ message, number }, now)?.type,
  };
}

Deno.test("connection: without a broker nothing is said, kept or expected", () => {
  const { connection, lines, kind, lost } = setUp({ alone: true });
  assert.deepEqual([kind(), connection.stands, connection.isOpening], ["alone", false, false]);
  connection.open("tcp://b:1", "key", 0);
  connection.say(busy("a"));
  connection.broke(1);
  connection.tick(1e9);
  assert.deepEqual([kind(), lines(), lost, connection.kept], ["alone", [], [], 0]);
});

Deno.test("connection: it introduces itself when the sockets are there", () => {
  const { connection, sent, kind } = setUp();
  assert.deepEqual([kind(), connection.stands, connection.isOpening], ["connecting", false, true]);
  connection.tick(1e9);
  assert.equal(kind(), "connecting", "whoever looks for the broker decides how long");
  connection.open("tcp://b:1", "key", 5);
  assert.deepEqual([kind(), connection.stands, connection.isOpening], ["greeting", true, false]);
  const hello: Hello = {
    ...{ type: "hello", protocol: PROTOCOL, name: "w", origin: false, key: "key" },
    ...{ pid: 1, host: "h", session: "s", received: 0 },
  };
  assert.deepEqual(sent, [{ message: hello, number: 0 }]);
  connection.open("tcp://other:1", "other", 6);
  assert.equal(sent.length, 1, "once");
});

Deno.test("connection: a hello that nobody answers is repeated, for so long", () => {
  const { connection, lines, lost, kind } = setUp();
  connection.open("tcp://b:1", "key", 0);
  lines();
  connection.tick(introduceMs - 1);
  assert.deepEqual(lines(), []);
  connection.tick(introduceMs);
  connection.tick(1.5 * introduceMs);
  connection.tick(2 * introduceMs);
  assert.deepEqual(lines(), ["hello 0", "hello 0"]);
  connection.broke(2 * introduceMs);
  assert.equal(kind(), "greeting", "libzmq tries again by itself");
  connection.tick(firstAnswerMs);
  assert.equal(kind(), "greeting");
  connection.tick(firstAnswerMs + 1);
  assert.equal(kind(), "lost");
  assert.ok(connection.error instanceof BrokerLostError);
  assert.match(lost[0]!.message, /^no broker answers at tcp:\/\/b:1: start one$/);
  connection.tick(1e9);
  connection.fail(new Error("again"));
  assert.equal(lost.length, 1);
});

Deno.test("connection: to a broker that is there all leaves right behind the hello, once", () => {
  const { connection, lines, hear, kind } = setUp({ isThere: true });
  assert.equal(connection.isFirst(() => 0), true, "without sockets nothing begins");
  connection.say(busy("connecting"));
  connection.open("tcp://b:1", "key", 0);
  assert.deepEqual(lines(), ["hello 0", "connecting 1"]);
  assert.deepEqual([connection.isFirst(() => 0), connection.hears], [false, true]);
  connection.say(busy("greeting"));
  assert.deepEqual(lines(), ["greeting 2"]);
  // The broker had taken in the first of both when it said so.
  assert.equal(hear(welcome(1), 0, 1), "welcome");
  assert.deepEqual([kind(), ...lines()], ["serving"]);
  connection.say(busy("serving"));
  assert.deepEqual([connection.kept, ...lines()], [2, "serving 3"]);
});

for (const what of ["breaks", "does not answer for long"]) {
  Deno.test(`connection: what was said ahead is said again if the connection ${what}`, () => {
    const { connection, lines, hear } = setUp({ isThere: true });
    connection.open("tcp://b:1", "key", 0);
    connection.say(busy("a"));
    if (what === "breaks") connection.broke(1);
    else connection.tick(introduceMs);
    connection.say(busy("b"));
    assert.deepEqual(lines().filter((line) => line !== "hello 0"), ["a 1"]);
    assert.equal(connection.hears, false, "what it has said may be lost");
    hear(welcome(0), 0, introduceMs + 1);
    assert.deepEqual(lines(), ["a 1", "b 2"]);
  });
}

Deno.test("connection: a broker that knows what was said ahead by no hello is greeted again, once", () => {
  const { connection, lines, hear, kind, lost } = setUp({ isThere: true });
  connection.open("tcp://b:1", "key", 0);
  for (const label of ["a", "b", "c"]) connection.say(busy(label));
  assert.deepEqual(lines(), ["hello 0", "a 1", "b 2", "c 3"]);
  // The hello and the first were lost with a connection of which nobody has told.
  const refuse: Message = { type: "refuse", instance: "b1", session: "", reason: "unknown" };
  for (let i = 0; i < 2; i++) hear(refuse, 0, 1);
  assert.deepEqual([kind(), ...lines()], ["greeting", "hello 0"]);
  connection.say(busy("d"));
  assert.deepEqual(lines(), []);
  hear(welcome(0), 0, 2);
  assert.deepEqual([kind(), ...lines()], ["serving", "a 1", "b 2", "c 3", "d 4"]);
  assert.equal(lost.length, 0);
});

Deno.test("connection: a hello that is refused is refused, whatever was said behind it", () => {
  const { connection, kind, hear } = setUp({ isThere: true });
  connection.open("tcp://b:1", "key", 0);
  connection.say(busy("a"));
  hear({ type: "refuse", instance: "b1", session: "s", reason: "another version" }, 0, 1);
  assert.equal(kind(), "lost");
});

Deno.test("connection: what is said before the welcome leaves after it, once, in order", () => {
  const { connection, lines, hear } = setUp();
  connection.say(busy("connecting"));
  connection.open("tcp://b:1", "key", 0);
  assert.deepEqual(lines(), ["hello 0"]);
  connection.say(busy("greeting"));
  assert.deepEqual(lines(), []);
  assert.equal(hear(welcome(0), 0, 1), "welcome");
  assert.deepEqual(lines(), ["connecting 1", "greeting 2"]);
  connection.say(busy("serving"));
  assert.deepEqual(lines(), ["serving 3"]);
  assert.equal(connection.kept, 3);
  assert.equal(hear(sync(2, 0), 0, 2), undefined);
  assert.equal(connection.kept, 1, "what the broker has is forgotten");
});

Deno.test("connection: what is said while it is resumed leaves after the welcome, once, in order", () => {
  const { connection, serve, lines, hear, kind } = setUp();
  serve();
  connection.say(busy("arrives"));
  connection.say(busy("is lost"));
  connection.broke(10);
  connection.say(busy("meanwhile"));
  assert.equal(kind(), "resuming");
  assert.deepEqual(lines(), ["arrives 1", "is lost 2", "hello 0"]);
  assert.equal(hear(welcome(1), 0, 20), undefined, "it is not taken in a second time");
  assert.equal(kind(), "serving");
  assert.deepEqual(lines(), ["is lost 2", "meanwhile 3"]);
});

Deno.test("connection: a welcome while it stands shows what the broker misses", () => {
  const { connection, serve, lines, hear, kind } = setUp();
  serve();
  for (const label of ["a", "b", "c"]) connection.say(busy(label));
  lines();
  assert.equal(hear(welcome(1), 0, 5), undefined);
  assert.deepEqual([kind(), ...lines()], ["serving", "b 2", "c 3"]);
  assert.equal(hear(welcome(3), 0, 6), undefined);
  assert.deepEqual(lines(), []);
});

Deno.test("connection: what has come before is dropped, what comes too early asks for the rest", () => {
  const { serve, lines, hear, kind } = setUp();
  serve();
  assert.equal(hear(started(1), 1, 1), "started");
  assert.equal(hear(started(1), 1, 1), undefined, "known");
  assert.equal(hear(started(3), 3, 2), undefined, "a gap");
  assert.deepEqual([kind(), ...lines()], ["resuming", "hello 1"]);
  assert.equal(hear(started(4), 4, 3), undefined);
  assert.deepEqual(lines(), [], "one hello for one gap");
  assert.equal(hear(welcome(0), 0, 4), undefined);
  assert.equal(kind(), "serving");
  const again = [2, 3, 4].map((number) => hear(started(number), number, 5));
  assert.deepEqual(again, ["started", "started", "started"]);
  assert.deepEqual(lines(), []);
});

Deno.test("connection: messages beside the sequence are taken in whenever they come", () => {
  const { serve, hear } = setUp();
  serve();
  const load: Message = {
    ...{ type: "load", broker: "b", home: true },
    ...loadCounts(1),
  };
  assert.equal(hear(load, 0, 1), "load");
  assert.equal(hear(load, 0, 1), "load");
  assert.equal(hear({ type: "shutdown", reason: "over" }, 0, 1), "shutdown");
});

Deno.test("connection: a sync that does not agree with us begins to resume", () => {
  // [received, sent]: more than we said, less than was known, and something that has not come.
  for (const [received, sent] of [[9, 1], [0, 1], [1, 2]] as const) {
    const { connection, serve, lines, hear, kind } = setUp();
    serve();
    connection.say(busy("a"));
    hear(started(1), 1, 1);
    hear(sync(1, 1), 0, 2);
    assert.deepEqual([kind(), ...lines()], ["serving", "a 1"], "this one agrees");
    hear(sync(received, sent), 0, 3);
    assert.deepEqual([kind(), ...lines()], ["resuming", "hello 1"]);
    hear(sync(received, sent), 0, 4);
    assert.deepEqual(lines(), [], "the hello is on its way");
  }
});

Deno.test("connection: both sides say where they stand, always", () => {
  const { connection, serve, lines, hear } = setUp();
  serve();
  connection.tick(syncMs - 1);
  assert.deepEqual(lines(), []);
  connection.tick(syncMs);
  assert.deepEqual(lines(), ["sync 0 0"]);
  connection.say(busy("a"));
  hear(started(1), 1, syncMs + 1);
  lines();
  connection.tick(2 * syncMs - 1);
  assert.deepEqual(lines(), []);
  connection.tick(2 * syncMs);
  assert.deepEqual(lines(), ["sync 1 1"]);
});

Deno.test("connection: who has taken much in says so at once, so that the broker may forget it", () => {
  const { connection, serve, lines, hear } = setUp();
  serve();
  const many = LIMITS.syncMessages;
  for (let i = 1; i < many; i++) hear(started(i), i, 1);
  connection.syncIfDue(1);
  assert.deepEqual(lines(), []);
  hear(started(0), many, 1);
  assert.deepEqual(lines(), [], "it is taken in first");
  connection.syncIfDue(1);
  connection.syncIfDue(1);
  assert.deepEqual(lines(), [`sync ${many} 0`]);
  const payload = { body: new Uint8Array(LIMITS.syncBytes), frames: [] };
  hear({ type: "constant", name: "c", payload }, many + 1, 2);
  connection.syncIfDue(2);
  assert.deepEqual(lines(), [`sync ${many + 1} 0`]);
  connection.broke(3);
  for (let i = 2; i < many + 2; i++) hear(started(i), many + i, 3);
  connection.syncIfDue(3);
  assert.deepEqual(lines(), [`hello ${many + 1}`], "the next welcome tells it");
});

Deno.test("connection: silence ends it, any word keeps it", () => {
  const { connection, serve, hear, kind, lost } = setUp();
  serve();
  connection.tick(silenceMs);
  assert.equal(kind(), "serving");
  hear(sync(0, 0), 0, silenceMs);
  connection.tick(2 * silenceMs);
  assert.equal(kind(), "serving");
  connection.tick(2 * silenceMs + 1);
  assert.equal(kind(), "lost");
  assert.match(lost[0]!.message, /the broker at tcp:\/\/b:1 is lost/);
});

Deno.test("connection: one that broke has to be back soon", () => {
  const { connection, serve, lines, kind, hear } = setUp();
  serve();
  connection.broke(100);
  connection.broke(2_000);
  assert.deepEqual(lines(), ["hello 0"]);
  connection.tick(99 + introduceMs);
  connection.tick(100 + introduceMs);
  assert.deepEqual(lines(), ["hello 0"], "said again, since the first may have been lost");
  connection.tick(100 + brokerGraceMs);
  assert.equal(kind(), "resuming");
  hear(welcome(0), 0, 100 + brokerGraceMs);
  assert.equal(kind(), "serving");
  const again = 100_000;
  hear(sync(0, 0), 0, again);
  connection.broke(again);
  connection.tick(again + brokerGraceMs + 1);
  assert.equal(kind(), "lost");
});

Deno.test("connection: one that stands and is only out of step has as long as silence", () => {
  const { connection, serve, hear, kind } = setUp();
  serve();
  hear(sync(0, 5), 0, 0);
  connection.tick(silenceMs);
  assert.equal(kind(), "resuming");
  connection.broke(silenceMs);
  connection.tick(silenceMs + brokerGraceMs);
  assert.equal(kind(), "resuming", "from its break on it has its grace");
  connection.tick(silenceMs + brokerGraceMs + 1);
  assert.equal(kind(), "lost");
});

Deno.test("connection: a broker that refuses, or has forgotten us, is lost", () => {
  const refused = setUp();
  refused.connection.open("tcp://b:1", "key", 0);
  refused.hear({ type: "refuse", instance: "b1", session: "", reason: "another version" }, 0, 1);
  assert.equal(refused.kind(), "lost");
  assert.match(refused.lost[0]!.message, /the broker refused this worker: another version/);

  const forgotten = setUp();
  forgotten.serve();
  forgotten.connection.say(busy("a"));
  forgotten.hear(sync(1, 0), 0, 1);
  forgotten.connection.broke(2);
  forgotten.hear(welcome(0), 0, 3);
  assert.equal(forgotten.kind(), "lost");
  assert.match(forgotten.lost[0]!.message, /has forgotten this worker/);
});

Deno.test("connection: who leaves says goodbye, and nothing after it", () => {
  const { connection, serve, lines, hear, kind, lost } = setUp();
  serve();
  connection.leave();
  assert.deepEqual([kind(), ...lines()], ["leaving", "goodbye"]);
  connection.leave();
  connection.say(busy("a"));
  connection.broke(1);
  connection.tick(1e9);
  assert.equal(hear(started(1), 1, 1), undefined);
  assert.equal(hear(welcome(0), 0, 1), undefined);
  assert.deepEqual([kind(), lines(), lost], ["leaving", [], []]);

  const early = setUp();
  early.connection.leave();
  early.connection.open("tcp://b:1", "key", 0);
  assert.deepEqual([early.kind(), early.lines()], ["leaving", []], "there is nobody to tell");
});

Deno.test("connection: one that is lost stays so", () => {
  const { connection, serve, lines, hear, kind, lost } = setUp();
  serve();
  const error = new Error("lost");
  connection.fail(error);
  connection.say(busy("a"));
  connection.broke(1);
  connection.open("tcp://b:1", "key", 1);
  hear(welcome(0), 0, 1);
  connection.leave();
  connection.fail(new Error("again"));
  assert.deepEqual([kind(), lines(), lost, connection.error], ["lost", [], [error], error]);
});

Deno.test("connection: whatever a connection loses, each message is taken in once, in order", () => {
  const step = fc.record({
    what: fc.constantFrom("say", "told", "up", "down", "lose", "break", "tick"),
    count: fc.nat(3),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
    const { connection, sent } = setUp();
    const broker = new Session("b");
    let said = 0;
    let told = 0;
    let now = 0;
    const takenUp: string[] = [];
    const takenDown: number[] = [];
    const down: { message: Message; number: number }[] = [];
    const agree = () => down.push({ message: welcome(broker.received), number: 0 });
    /** The broker takes in what stands first on its way up. */
    const arriveUp = () => {
      const first = sent.shift();
      if (first === undefined) return;
      const { message } = first;
      if (message.type === "hello") {
        assert.ok(broker.acknowledge(message.received));
        agree();
        down.push(...broker.unacknowledged());
      } else if (message.type === "sync") {
        assert.ok(broker.acknowledge(message.received));
        if (broker.misses(message.sent)) agree();
      } else {
        const arrival = broker.arrive(first);
        if (arrival === "new") takenUp.push((message as { label: string }).label);
        else if (arrival === "gap") agree();
      }
    };
    const arriveDown = () => {
      const first = down.shift();
      if (first === undefined) return;
      const message = connection.hear(first, now);
      if (message?.type === "started") takenDown.push(message.id);
    };
    const step = (what: string) => {
      if (what === "say") connection.say(busy(`${said++}`));
      else if (what === "told") {
        const message = started(told++);
        down.push({ message, number: broker.number(message) });
      } else if (what === "up") arriveUp();
      else if (what === "down") arriveDown();
      else if (what === "lose") now % 2 === 0 ? sent.shift() : down.shift();
      else if (what === "break") {
        sent.length = down.length = 0;
        connection.broke(now);
      } else {
        connection.tick(now);
        down.push({ message: broker.sync(), number: 0 });
      }
      now++;
      connection.check();
      broker.check();
    };
    connection.open("tcp://b:1", "key", now);
    for (const { what, count } of steps) for (let i = 0; i <= count; i++) step(what);
    // From here on nothing is lost.
    for (let round = 0; round < 8; round++) {
      now += 1_000;
      step("tick");
      while (sent.length + down.length > 0) step(sent.length > 0 ? "up" : "down");
    }
    assert.deepEqual(takenUp, Array.from({ length: said }, (_, i) => `${i}`));
    assert.deepEqual(takenDown, Array.from({ length: told }, (_, i) => i));
    assert.equal(connection.state.kind, "serving");
  }));
});
