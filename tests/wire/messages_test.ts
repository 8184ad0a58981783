import assert from "node:assert/strict";
import { decode, decodeHeader, encode, encodeHeader } from "../../wire/codec.ts";
import { constantsOf, groupConstants } from "../../wire/constant_group.ts";
import { readMessage, writeMessage } from "../../wire/messages.ts";
import type { BundleHeader, Message, Numbered, ResultHeader } from "../../wire/messages.ts";
import fc from "../fast_check.ts";
import { anyMessage, changed, list, messages } from "./any_message.ts";

Deno.test("messages: every type arrives as it was sent", () => {
  for (const arbitrary of messages) {
    fc.assert(
      fc.property(arbitrary, (sent) => {
        assert.deepEqual(readMessage(writeMessage(sent.message, sent.number)), sent);
      }),
      { numRuns: 50 },
    );
  }
});

Deno.test("messages: a payload's frames pass unopened", () => {
  const frames = [new Uint8Array([0xc1]), new Uint8Array(0), new Uint8Array(100_000)];
  const message: Message = { type: "constant", name: "x", payload: { body: frames[0]!, frames } };
  const written = writeMessage(message, 1);
  assert.equal(written.length, 5);
  assert.equal(written[1], frames[0]);
  const read = readMessage(written).message as typeof message;
  assert.equal(read.payload.body, frames[0]);
  assert.deepEqual(read.payload.frames, frames);
});

/** One valid message of each type. */
const samples: Numbered[] = messages.map((arbitrary) =>
  fc.sample(arbitrary, { seed: 1, numRuns: 1 })[0]!
);

Deno.test("messages: a field of a wrong kind is named", () => {
  const wrong = [
    ...["text", 1, -1, 1.5, 2 ** 53, Infinity, NaN, true, null, [1], ["text"], [-1], [null]],
    ...[{}, { a: "text" }, { a: 1 }, new Uint8Array(0), new Uint8Array(3)],
  ];
  let refused = 0;
  for (const { message, number } of samples) {
    const frames = writeMessage(message, number);
    const header = decodeHeader(frames[0]!) as unknown[];
    for (let i = 2; i < header.length; i++) {
      let accepted = 0;
      for (const value of wrong) {
        const changed = [...header];
        changed[i] = value;
        const sent = [encodeHeader(changed), ...frames.slice(1)];
        try {
          readMessage(sent);
          accepted++;
        } catch (error) {
          refused++;
          const { message: said } = error as Error;
          assert.match(
            said,
            new RegExp(
              `^(call: wrong number of fields$|${message.type}(\\.\\w+ is no (text|count|number|flag|map|call)|` +
                `: \\d+ elements for \\d+ tasks$|\\.count is 0$|\\.failed names a task|\\.frames does not fit))`,
            ),
          );
        }
      }
      // A number may be any of five of these, a text one, a map two.
      assert.ok(accepted <= 5, `${message.type} ${i} takes ${accepted}`);
    }
  }
  assert.ok(refused > 500);
});

const read = (header: unknown[], ...frames: Uint8Array[]) => () =>
  readMessage([encodeHeader(header), ...frames]);

Deno.test("messages: kinds of fields, one by one", () => {
  assert.throws(read(["credit", 1, -1, 0, true]), { message: "credit.bundles is no count" });
  assert.throws(read(["credit", 1, 0.5, 0, true]), { message: "credit.bundles is no count" });
  assert.throws(read(["credit", 1, 2 ** 53, 0, true]), { message: "credit.bundles is no count" });
  assert.throws(read(["credit", 1, 1, 0, 1]), { message: "credit.idle is no flag" });
  assert.throws(read(["cancel", 1, "w", 1, NaN]), { message: "cancel.index is no number" });
  assert.throws(read(["cancel", 1, "w", 1, -Infinity]), { message: "cancel.index is no number" });
  assert.throws(read(["refuse", 0, new Uint8Array(2), "", ""]), {
    message: "refuse.reason is no text",
  });
  const welcome = (modules: unknown, tallyMs: unknown, watched: unknown) =>
    read(["welcome", 0, "b", "1", 0, 1, 1, "", modules, tallyMs, watched]);
  assert.throws(welcome(["a", 1], 1, true), { message: "welcome.modules is no texts" });
  assert.throws(welcome(["a"], -1, true), { message: "welcome.tallyMs is no count" });
  assert.throws(welcome(["a"], 1, 1), { message: "welcome.watched is no flag" });
  welcome(["a"], 1, true)();
  for (const failed of [[-1], [0.5], ["x"], "x", { 0: 1 }]) {
    const frames = read(["result", 1, "o", 1, 0, 1, 0, failed], new Uint8Array([0x90]));
    assert.throws(frames, { message: "result.failed is no counts" });
  }
});

const BUNDLE: BundleHeader = {
  ...{ owner: "o", id: 1, base: 0, count: 1, fn: {}, label: "f", attempt: 0, retries: 0 },
  ...{ priority: 0, timeout: 0, estimate: 0, needs: [], parent: "" },
};
const RESULT: ResultHeader = { owner: "o", id: 1, base: 7, count: 2, elapsed: 0, failed: [] };

Deno.test("messages: what a message says agrees with itself", () => {
  const bundle = (changes: object, payload = list(1)) => () =>
    readMessage(writeMessage({ type: "bundle", bundle: { ...BUNDLE, ...changes }, payload }, 1));
  assert.equal(bundle({})().message.type, "bundle");
  assert.throws(bundle({ count: 0 }), { message: "bundle.count is 0" });
  assert.throws(bundle({ count: 2 }), { message: "bundle: 1 elements for 2 tasks" });
  assert.throws(bundle({}, { body: new Uint8Array([1]), frames: [] }), /not an array/);
  assert.throws(bundle({ fn: { kind: 1 } }), { message: "call.fn is no map" });
  assert.throws(bundle({ fn: ["text"] }), { message: "call.fn is no map" });
  assert.throws(bundle({ fn: new Uint8Array(0) }), { message: "call.fn is no map" });
  const result = (changes: object, payload = list(2)) => () =>
    readMessage(writeMessage({ type: "result", result: { ...RESULT, ...changes }, payload }, 1));
  assert.equal(result({ failed: [0, 1] })().message.type, "result");
  assert.throws(result({ count: 0 }), { message: "result.count is 0" });
  assert.throws(result({}, list(3)), { message: "result: 3 elements for 2 tasks" });
  for (const failed of [[2], [7], [0, 1, 1]]) {
    assert.throws(result({ failed }), { message: "result.failed names a task that is not in it" });
  }
  assert.throws(read(["giveBack", 1, "o", 1, 0, 0]), { message: "giveBack.count is 0" });
  assert.equal(read(["giveBack", 1, "o", 1, 0, 1])().number, 1);
});

Deno.test("messages: those of a session have a number, the others have none", () => {
  for (const { message, number } of samples) {
    const wrong = number === 0 ? 1 : 0;
    assert.throws(() => readMessage(writeMessage(message, wrong)), {
      message: `${message.type}: number ${wrong}`,
    });
  }
  for (const number of [-1, 0.5, "1", null, 2 ** 53]) {
    assert.throws(read(["credit", number, 1, 0, true]), {
      message: "credit: its number is no count",
    });
  }
});

Deno.test("messages: what is no message is refused, with the reason", () => {
  const cases: [frames: Uint8Array[], message: RegExp][] = [
    [[], /must begin with an array/],
    [[new Uint8Array(0)], /malformed MessagePack/],
    [[encodeHeader("hello")], /must begin with an array/],
    [[encodeHeader({ type: "goodbye" })], /must begin with an array/],
    [[encodeHeader([])], /no message is called "undefined"/],
    [[encodeHeader(["hallo"])], /no message is called "hallo"/],
    [[encodeHeader(["toString"])], /no message is called/],
    [[encodeHeader(["__proto__"])], /no message is called/],
    [[encodeHeader([["goodbye"]])], /no message is called/],
    [[encodeHeader(["x".repeat(1000)])], /no message is called "x{40}"$/],
    [[encodeHeader(["goodbye"])], /goodbye: its number is no count/],
    [[encodeHeader(["goodbye", 0, 1])], /goodbye: wrong number of fields/],
    [[encodeHeader(["refuse", 0])], /refuse: wrong number of fields/],
    [[encodeHeader(["goodbye", 0]), new Uint8Array(1)], /goodbye: frames that do not belong to/],
    [[encodeHeader(["constant", 1, "x"])], /constant: the payload is missing/],
    [[new Uint8Array([...encodeHeader(["goodbye", 0]), 0])], /bytes are left over/],
    [[new Uint8Array([0x91, 0xd4, 1, 1])], /may not hold extensions/],
    [[new Uint8Array([0xdd, 0xff, 0xff, 0xff, 0xff])], /ends too early/],
  ];
  for (const [frames, message] of cases) assert.throws(() => readMessage(frames), { message });
});

/** Whatever the frames are, the answer is a message that can be sent on, or an error. */
function readsOrThrows(frames: Uint8Array[]): "read" | "thrown" {
  let message: Numbered;
  try {
    message = readMessage(frames);
  } catch (error) {
    assert.ok(error instanceof Error);
    return "thrown";
  }
  const written = writeMessage(message.message, message.number);
  const again = readMessage(written);
  assert.deepEqual(writeMessage(again.message, again.number), written);
  return "read";
}

Deno.test("messages: bytes of chance are refused", () => {
  let read = 0;
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 }), (frames) => {
      if (readsOrThrows(frames) === "read") read++;
    }),
    { numRuns: 3_000 },
  );
  assert.equal(read, 0);
});

Deno.test("messages: valid ones that were changed on their way are read or refused, at once", () => {
  const seen = { read: 0, thrown: 0 };
  const began = performance.now();
  fc.assert(
    fc.property(changed(anyMessage), (frames) => void seen[readsOrThrows(frames)]++),
    { numRuns: 3_000 },
  );
  assert.ok(seen.read > 50 && seen.thrown > 500, JSON.stringify(seen));
  assert.ok(performance.now() - began < 20_000);
});

Deno.test("messages: deep, long and odd headers are refused, at once", () => {
  const began = performance.now();
  const nested = new Uint8Array(500_000).fill(0x91);
  nested[nested.length - 1] = 0xc0;
  const headers = [
    nested,
    new Uint8Array([0x93, 0xa7, ...new TextEncoder().encode("goodbye"), ...nested]),
    new Uint8Array([0x91, ...nested]),
    encodeHeader(Array(200_000).fill(["goodbye"])),
    encodeHeader([{ toString: 1 }]),
    encodeHeader(["refuse", 0, { valueOf: "x" }]),
    new Uint8Array([0x91, 0x81, 0xa9, ...new TextEncoder().encode("__proto__"), 0x01]),
    new Uint8Array(1 << 20).fill(0xdf),
    new Uint8Array(1 << 20).fill(0xc6),
  ];
  for (const header of headers) assert.throws(() => readMessage([header]), Error);
  assert.ok(performance.now() - began < 20_000);
});

Deno.test("messages: constants that are set together come apart again, with their frames", () => {
  const values = [1, new Uint8Array(100_000), "x", [
    new Float64Array(10_000),
    new Int8Array(70_000),
  ]];
  const constants = values.map((value, i) => [`c${i}`, encode(value)] as const);
  const { message } = readMessage(writeMessage(groupConstants(constants), 1));
  assert(message.type === "setConstants");
  assert.deepEqual(message.frames, [0, 1, 0, 2]);
  const back = constantsOf(message).map(([name, { body, frames }]) => [name, decode(body, frames)]);
  assert.deepEqual(back, values.map((value, i) => [`c${i}`, value]));
  for (const frames of [[0, 1, 0], [0, 1, 0, 1], [0, 1, 0, 2, 0]]) {
    const wrong = writeMessage({ ...message, frames }, 1);
    assert.throws(() => readMessage(wrong), /setConstants\.frames does not fit/);
  }
  const named = writeMessage({ ...message, names: ["a"] }, 1);
  assert.throws(() => readMessage(named), /setConstants: 4 elements for 1 tasks/);
});
