import assert from "node:assert/strict";
import { decode, encode } from "../../wire/codec.ts";
import type { Message } from "../../wire/messages.ts";
import { SharedConstants } from "../../worker/constants.ts";

/** Constants of a worker, and what it said to its broker. */
function setUp() {
  const said: string[] = [];
  const constants = new SharedConstants((message: Message) =>
    said.push(`${message.type} ${(message as { name: string }).name}`)
  );
  return { constants, said };
}

/** What became of a promise by now. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  const told = promise.then(() => "there", (error) => (error as Error).message);
  return await Promise.race([told, new Promise<string>((end) => setTimeout(end, 0, "open"))]);
}

const constant = (name: string, value: unknown) =>
  ({ type: "constant", name, payload: encode(value) }) as const;
const scattered = "@scoop/scattered 1";
const released = "a scattered value that a task needs has been released";

Deno.test("constants: without a broker they are this process's", async () => {
  const constants = new SharedConstants(undefined);
  const early = constants.get("a");
  assert.equal(await stateOf(early), "open");
  await constants.set("a", encode(5));
  assert.equal(decode((await early).body), 5);
  assert.equal(decode((await constants.get("a")).body), 5);
  await assert.rejects(constants.set("a", encode(6)), /"a" is set already/);
  assert.equal(decode((await constants.get("a")).body), 5);
});

Deno.test("constants: without a broker, a scattered value that is not there is gone", async () => {
  const constants = new SharedConstants(undefined);
  await constants.set(scattered, encode(1));
  assert.equal(decode((await constants.get(scattered)).body), 1);
  constants.drop(scattered);
  await assert.rejects(constants.get(scattered), { message: released });
});

Deno.test("constants: the broker says whether one is set", async () => {
  const { constants, said } = setUp();
  const first = constants.set("a", encode(1));
  const second = constants.set("a", encode(2));
  assert.deepEqual(said, ["constant a", "constant a"]);
  assert.deepEqual([await stateOf(first), await stateOf(second)], ["open", "open"]);
  constants.receive({ type: "constantSet", name: "a", taken: false });
  assert.deepEqual([await stateOf(first), await stateOf(second)], ["there", "open"]);
  constants.receive({ type: "constantSet", name: "a", taken: true });
  await assert.rejects(second, /"a" is set already, and constants do not change/);
});

Deno.test("constants: the broker is asked once, and answers when there is one", async () => {
  const { constants, said } = setUp();
  const [one, two] = [constants.get("a"), constants.get("a")];
  assert.deepEqual(said, ["getConstant a"]);
  constants.receive(constant("a", [1]));
  for (const promise of [one, two, constants.get("a")]) {
    assert.deepEqual(decode((await promise).body), [1]);
  }
  assert.deepEqual(said, ["getConstant a"], "it is kept");
  constants.receive(constant("a", [2]));
  assert.deepEqual(decode((await constants.get("a")).body), [1], "and does not change");
});

Deno.test("constants: a scattered value is not kept a second time", async () => {
  const { constants, said } = setUp();
  const value = constants.get(scattered);
  constants.receive(constant(scattered, 1));
  assert.equal(decode((await value).body), 1);
  constants.get(scattered);
  assert.deepEqual(said, [`getConstant ${scattered}`, `getConstant ${scattered}`]);
});

Deno.test("constants: one that will never be there says so", async () => {
  const { constants } = setUp();
  const value = constants.get(scattered);
  constants.receive({ type: "noConstant", name: scattered });
  await assert.rejects(value, { message: released });
});

Deno.test("constants: one that is dropped is asked for anew", async () => {
  const { constants, said } = setUp();
  const value = constants.get("a");
  constants.receive(constant("a", 1));
  await value;
  constants.receive({ type: "dropConstant", name: "a" });
  constants.get("a");
  constants.drop("b");
  assert.deepEqual(said, ["getConstant a", "getConstant a", "dropConstant b"]);
});

Deno.test("constants: a lost broker fails whoever waits, then and later", async () => {
  const { constants } = setUp();
  const there = constants.get("there");
  constants.receive(constant("there", 1));
  const [get, set] = [constants.get("a"), constants.set("b", encode(1))];
  const lost = new Error("the broker is lost");
  constants.fail(lost);
  for (const promise of [get, set, constants.get("c"), constants.set("d", encode(1))]) {
    await assert.rejects(promise, lost);
  }
  assert.equal(decode((await there).body), 1);
  assert.equal(decode((await constants.get("there")).body), 1, "what is here stays");
});

Deno.test("constants: news nobody asked for changes nothing", async () => {
  const { constants, said } = setUp();
  constants.receive(constant("a", 1));
  constants.receive({ type: "constantSet", name: "a", taken: true });
  constants.receive({ type: "noConstant", name: "a" });
  constants.receive({ type: "dropConstant", name: "a" });
  assert.equal(await stateOf(constants.get("a")), "open");
  assert.deepEqual(said, ["getConstant a"]);
});

Deno.test("constants: several are set in one message, and all or none of them", async () => {
  const said: Message[] = [];
  const constants = new SharedConstants((message) => said.push(message));
  const [both, other] = [
    constants.setAll([["a", encode(1)], ["b", encode(2)]]),
    constants.setAll([["b", encode(3)], ["c", encode(4)]]),
  ];
  assert.deepEqual(said.map(({ type }) => type), ["setConstants", "setConstants"]);
  constants.receive({ type: "constantSet", name: "a", taken: false });
  assert.deepEqual([await stateOf(both), await stateOf(other)], ["there", "open"]);
  constants.receive({ type: "constantSet", name: "b", taken: true });
  await assert.rejects(other, /"b" is set already/);
  const alone = new SharedConstants(undefined);
  await alone.set("a", encode(1));
  await assert.rejects(alone.setAll([["new", encode(1)], ["a", encode(2)]]), /"a" is set already/);
  assert.equal(await stateOf(alone.get("new")), "open");
  await alone.set("new", encode(5));
});

Deno.test("constants: a scattered value from elsewhere goes to the broker once, before it is needed", async () => {
  const said: string[] = [];
  const here = new Map([[scattered, encode([1])], ["@scoop/scattered 2", encode([2])]]);
  const constants = new SharedConstants(
    (message) => said.push(`${message.type} ${(message as { name: string }).name}`),
    (name) => here.get(name),
  );
  constants.provide(scattered);
  constants.provide(scattered);
  constants.provide("@scoop/scattered unknown");
  assert.deepEqual(said.splice(0), [`constant ${scattered}`]);
  // What it has set itself, or had from there, the broker has.
  constants.set("@scoop/scattered 3", encode(3));
  constants.provide("@scoop/scattered 3");
  constants.get("@scoop/scattered 4");
  constants.receive(constant("@scoop/scattered 4", 4));
  constants.provide("@scoop/scattered 4");
  assert.deepEqual(said.splice(0), [
    "constant @scoop/scattered 3",
    "getConstant @scoop/scattered 4",
  ]);
  // A handle within a constant.
  constants.set("table", { ...encode(0), handles: ["@scoop/scattered 2"] });
  assert.deepEqual(said.splice(0), ["constant @scoop/scattered 2", "constant table"]);
  new SharedConstants(undefined, (name) => here.get(name)).provide(scattered);
  await Promise.resolve();
});

Deno.test("constants: who waits for a scattered value that is released hears of it", async () => {
  const { constants } = setUp();
  const first = constants.get(scattered);
  constants.receive({ type: "dropConstant", name: scattered });
  assert.equal(await stateOf(first), released);
  const second = constants.get(scattered);
  constants.drop(scattered);
  assert.equal(await stateOf(second), released);
  const other = constants.get("a");
  constants.receive({ type: "dropConstant", name: "a" });
  assert.equal(await stateOf(other), "open", "somebody may set it yet");
});
