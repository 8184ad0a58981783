/** A worker whose broker is lost, and that knows of others. */

import assert from "node:assert/strict";
import { encode } from "../../wire/codec.ts";
import { LIMITS } from "../../wire/limits.ts";
import type { Message } from "../../wire/messages.ts";
import { SharedConstants } from "../../worker/constants.ts";
import { counted } from "../telemetry/tallies.ts";
import { Driver } from "./driver.ts";

/** An origin that awaits, and knows of so many other brokers. */
function setUp(others = 1): Driver {
  const driver = new Driver({ isOrigin: true, others });
  driver.know("f", 1);
  driver.serve();
  driver.program("waiting");
  driver.look();
  return driver;
}

const stateOf = ({ reactor }: Driver): string => reactor.connection.state.kind;

/** Its broker's connection breaks and is not back; it opens the next. */
function move(driver: Driver): void {
  driver.receive({ kind: "broke" });
  driver.pass(LIMITS.moveAfterMs + 1);
  assert.deepEqual(driver.kinds.filter((kind) => kind === "move"), ["move"]);
  driver.look();
  driver.receive({ kind: "opened", address: "tcp://c:1", key: "" });
}

Deno.test("moving: the next broker hears of all that is away, and of what is here", () => {
  const driver = setUp();
  driver.load(5);
  const work = driver.spawn("f", { count: 8, mean: 1 });
  driver.bundle({ id: 9, count: 2, retries: 0 });
  const [first] = driver.sent.filter(({ message }) => message.type === "bundle");
  assert.ok(first?.message.type === "bundle");
  const { id, count } = first.message.bundle;
  assert.ok(count > 1);
  driver.result(id, 0, [1]);
  driver.look();
  move(driver);
  assert.deepEqual(driver.look(), ["hello 0"]);
  driver.welcomeAnew("c1");
  const told = driver.look();
  assert.ok(told.includes("hold other/9 0+2"), told.join());
  assert.ok(told.includes(`moved ${id} 1+${count - 1}`), told.join());
  // What comes from there is as from the first.
  driver.result(id, 1, Array.from({ length: count - 1 }, () => 2));
  assert.equal(work.told.filter((times) => times === 1).length, count);
});

Deno.test("moving: outcomes that the lost broker may not have had are told again", () => {
  const driver = setUp();
  driver.bundle({ id: 3, count: 1 });
  driver.execute();
  assert.ok(driver.look().some((line) => line.startsWith("result other/3")));
  move(driver);
  driver.welcomeAnew("c1");
  const told = driver.look();
  assert.ok(told.some((line) => line.startsWith("result other/3 0: ")), told.join());
  assert.ok(!told.some((line) => line.startsWith("hold")), "it is done");
});

Deno.test("moving: who is refused, or has no answer, goes on to the next, and not for ever", () => {
  const driver = setUp(2);
  driver.load(5);
  const work = driver.spawn("f", { count: 1, mean: 1 });
  move(driver);
  const [hello] = driver.sent.filter(({ message }) => message.type === "hello");
  assert.ok(hello?.message.type === "hello");
  const { session } = hello.message;
  const refuse = (session: string) =>
    driver.hear({ type: "refuse", reason: "no", instance: "c1", session }, 0);
  refuse("of another");
  assert.equal(stateOf(driver), "greeting");
  refuse(session);
  assert.equal(stateOf(driver), "moving");
  driver.pass(LIMITS.moveAgainMs);
  assert.ok(driver.kinds.includes("move"));
  for (let i = 0; i < 100 && stateOf(driver) !== "lost"; i++) {
    driver.receive({ kind: "opened", address: "tcp://d:1", key: "" });
    driver.pass(LIMITS.moveAnswerMs + 1);
    driver.pass(LIMITS.moveAgainMs);
  }
  assert.equal(stateOf(driver), "lost");
  while (driver.execute() !== undefined);
  assert.deepEqual(work.told, [1], "whoever waits is told");
});

Deno.test("moving: who hears that no broker is left looks for no other", () => {
  for (const moves of [false, true]) {
    const driver = setUp(2);
    driver.load(5);
    const work = driver.spawn("f", { count: 1, mean: 1 });
    if (moves) move(driver);
    else driver.receive({ kind: "broke" });
    const hellos = driver.sent.filter(({ message }) => message.type === "hello");
    const hello = hellos.at(-1)!.message;
    assert.ok(hello.type === "hello");
    driver.hear({ type: "noneLeft", session: "of another" }, 0);
    assert.notEqual(stateOf(driver), "lost");
    driver.hear({ type: "noneLeft", session: hello.session }, 0);
    assert.equal(stateOf(driver), "lost");
    while (driver.execute() !== undefined);
    assert.deepEqual(work.told, [1], "whoever waits is told");
  }
});

Deno.test("moving: another broker at the same address is told everything over the same link", () => {
  const driver = setUp(0);
  driver.bundle({ id: 9, count: 1 });
  driver.look();
  driver.receive({ kind: "broke" });
  const greeting = driver.look();
  assert.equal(greeting.at(-1), "hello 1");
  driver.hear({ type: "refuse", reason: "who?", instance: "b2", session: "" }, 0);
  assert.deepEqual(driver.look(), ["hello 0"]);
  // What else it refused of the old session.
  driver.hear({ type: "refuse", reason: "who?", instance: "b2", session: "" }, 0);
  driver.welcomeAnew("b2");
  assert.ok(driver.look().includes("hold other/9 0+1"));
  assert.deepEqual(driver.kinds.filter((kind) => kind === "lost"), []);
});

Deno.test("moving: one that is not to be known any more by the same broker is lost", () => {
  const driver = setUp(0);
  driver.bundle({ id: 9, count: 1 });
  driver.receive({ kind: "broke" });
  driver.hear({ type: "refuse", reason: "given up", instance: "b1", session: "" }, 0);
  assert.equal(stateOf(driver), "lost");
});

Deno.test("moving: constants are told again, and asked for again", () => {
  const said: Message[] = [];
  const payload = encode(1);
  const constants = new SharedConstants(
    (message) => said.push(message),
    (name) => name === "@scoop/scattered mine" ? encode(2) : undefined,
    () => true,
  );
  void constants.set("x", payload);
  constants.receive({ type: "constantSet", name: "x", taken: false });
  void constants.setAll([["y", payload], ["z", payload]]);
  void constants.set("@scoop/scattered mine", payload);
  constants.receive({ type: "constantSet", name: "@scoop/scattered mine", taken: false });
  void constants.get("small");
  constants.receive({ type: "constant", name: "small", payload });
  void constants.get("large");
  constants.receive({ type: "constant", name: "large", payload: encode(new Uint8Array(2 << 20)) });
  void constants.get("missing");
  const told = [...constants.again()].map((message) => {
    const { type } = message;
    return `${type} ${"names" in message ? message.names : "name" in message ? message.name : ""}`;
  });
  assert.deepEqual(
    new Set(told),
    new Set([
      ...["restored x", "restored @scoop/scattered mine", "restored small"],
      ...["setConstants y,z", "getConstant missing"],
    ]),
  );
  constants.drop("x");
  assert.ok(![...constants.again()].some((one) => "name" in one && one.name === "x"));
});

Deno.test("moving: a broker that has given this worker up is met again, since it is there", () => {
  for (const [broken, session] of [[true, "s"], [true, ""], [false, ""]] as const) {
    const driver = setUp();
    driver.load(5);
    const work = driver.spawn("f", { count: 2, mean: 1 });
    driver.look();
    if (broken) driver.receive({ kind: "broke" });
    const reason = "it was given up";
    driver.hear({ type: "refuse", instance: "b1", session, reason });
    assert.equal(stateOf(driver), "greeting", `${broken} ${session}`);
    assert.deepEqual(work.outcomes, []);
    driver.look();
    // It hears the same of what was said before.
    driver.hear({ type: "refuse", instance: "b1", session: "s", reason });
    driver.hear({ type: "refuse", instance: "b1", session: "", reason });
    assert.equal(stateOf(driver), "greeting");
    driver.welcomeAnew("b1");
    assert.equal(stateOf(driver), "serving");
    assert.ok(driver.look().some((words) => words.startsWith("moved")));
  }
});

Deno.test("moving: nothing is looked at again and again while there is nobody to tell", () => {
  const driver = new Driver({ isOrigin: true, others: 1 });
  driver.serve({ tallyMs: LIMITS.tallyMs });
  const { reactor } = driver;
  driver.keeper.of(counted("f")).done();
  driver.flush();
  assert.ok(reactor.changesAt(driver.now) > driver.now);
  driver.receive({ kind: "broke" });
  driver.keeper.of(counted("f")).done();
  driver.now += LIMITS.tallyMs;
  driver.flush();
  assert.equal(reactor.changesAt(driver.now), Infinity);
});
