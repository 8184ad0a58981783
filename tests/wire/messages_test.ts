import assert from "node:assert/strict";
import { decodeHeader, encodeEach, encodeHeader } from "../../wire/codec.ts";
import { readMessage, writeMessage } from "../../wire/messages.ts";
import type { BundleHeader, Message } from "../../wire/messages.ts";
import fc from "../fast_check.ts";

const record = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record<T>(fields, { noNullPrototype: true });
const text = fc.string({ unit: "grapheme", maxLength: 20 });
const count = fc.maxSafeNat();
/** -0 becomes 0 on the way, which is all the same in a header. */
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const flag = fc.boolean();
const texts = fc.array(text, { maxLength: 5 });
const fn = fc.dictionary(text.filter((name) => name !== "__proto__"), text, {
  maxKeys: 4,
  noNullPrototype: true,
});
const bytes = fc.uint8Array({ maxLength: 50 });
const payload = record({ body: bytes, frames: fc.array(bytes, { maxLength: 3 }) });

const bundle = record({
  ...{ owner: text, id: count, base: count, count: fc.integer({ min: 1 }), fn, label: text },
  ...{ attempt: count, retries: count, priority: number, timeout: number, estimate: number },
  needs: texts,
});
const result = record({
  ...{ owner: text, id: count, base: count, count, elapsed: number },
  failed: fc.array(count, { maxLength: 5 }),
});

/** What each type of message may hold. */
const FIELDS: Record<Message["type"], Record<string, fc.Arbitrary<unknown>>> = {
  hello: { protocol: count, name: text, origin: flag, key: text, pid: count, host: text },
  welcome: { broker: text, size: count, demand: count, program: text, modules: texts },
  refuse: { reason: text },
  credit: { bundles: count, idle: flag },
  bundle: { bundle, payload },
  result: { result, payload },
  started: { owner: text, id: count, base: count, index: count },
  cancel: { owner: text, id: count, index: fc.integer() },
  lost: { owner: text, id: count, base: count, reason: text },
  constant: { name: text, payload },
  constantSet: { name: text, taken: flag },
  noConstant: { name: text },
  dropConstant: { name: text },
  getConstant: { name: text },
  shutdown: { reason: text },
  goodbye: {},
  ping: {},
  pong: {},
  load: {
    broker: text,
    queued: count,
    demand: count,
    size: count,
    free: count,
    workers: count,
    home: flag,
  },
  peer: { protocol: count, name: text, key: text },
};

const messages = Object.entries(FIELDS).map(([type, fields]) =>
  record({ type: fc.constant(type), ...fields }) as fc.Arbitrary<unknown> as fc.Arbitrary<
    Message
  >
);
const anyMessage = fc.oneof(...messages);

Deno.test("messages: every type arrives as it was sent", () => {
  for (const arbitrary of messages) {
    fc.assert(
      fc.property(arbitrary, (message) => {
        assert.deepEqual(readMessage(writeMessage(message)), message);
      }),
      { numRuns: 50 },
    );
  }
});

Deno.test("messages: a payload's frames pass unopened", () => {
  const frames = [new Uint8Array([0xc1]), new Uint8Array(0), new Uint8Array(100_000)];
  const message: Message = { type: "constant", name: "x", payload: { body: frames[0]!, frames } };
  const written = writeMessage(message);
  assert.equal(written.length, 5);
  assert.equal(written[1], frames[0]);
  const read = readMessage(written) as typeof message;
  assert.equal(read.payload.body, frames[0]);
  assert.deepEqual(read.payload.frames, frames);
});

/** One valid message of each type. */
const samples: Message[] = Object.entries(FIELDS).map(([type, fields]) => {
  const arbitrary = record({ type: fc.constant(type), ...fields });
  return fc.sample(arbitrary, { seed: 1, numRuns: 1 })[0] as unknown as Message;
});

Deno.test("messages: a field of a wrong kind is named", () => {
  const wrong = [
    ...["text", 1, -1, 1.5, 2 ** 53, Infinity, NaN, true, null, [1], ["text"], [-1], [null]],
    ...[{}, { a: "text" }, { a: 1 }, new Uint8Array(0), new Uint8Array(3)],
  ];
  let refused = 0;
  for (const message of samples) {
    const frames = writeMessage(message);
    const header = decodeHeader(frames[0]!) as unknown[];
    for (let i = 1; i < header.length; i++) {
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
            new RegExp(`^${message.type}\\.\\w+ is no (text|count|number|flag|map)`),
          );
        }
      }
      // A number may be any of five of these, a text one, a map two.
      assert.ok(accepted <= 5, `${message.type} ${i} takes ${accepted}`);
    }
  }
  assert.ok(refused > 500);
});

Deno.test("messages: kinds of fields, one by one", () => {
  const read = (header: unknown[]) => () => readMessage([encodeHeader(header)]);
  assert.throws(read(["credit", -1, true]), { message: "credit.bundles is no count" });
  assert.throws(read(["credit", 0.5, true]), { message: "credit.bundles is no count" });
  assert.throws(read(["credit", 2 ** 53, true]), { message: "credit.bundles is no count" });
  assert.throws(read(["credit", 1, 1]), { message: "credit.idle is no flag" });
  assert.throws(read(["cancel", "w", 1, NaN]), { message: "cancel.index is no number" });
  assert.throws(read(["cancel", "w", 1, -Infinity]), { message: "cancel.index is no number" });
  assert.throws(read(["refuse", new Uint8Array(2)]), { message: "refuse.reason is no text" });
  const welcome = ["welcome", "b", 1, 1, "", ["a", 1]];
  assert.throws(read(welcome), { message: "welcome.modules is no texts" });
  for (const failed of [[-1], [0.5], ["x"], "x", { 0: 1 }]) {
    const result = encodeHeader(["result", "o", 1, 0, 1, 0, failed]);
    const frames = [result, new Uint8Array([0x90])];
    assert.throws(() => readMessage(frames), { message: "result.failed is no counts" });
  }
  const bundle: BundleHeader = {
    ...{ owner: "o", id: 1, base: 0, count: 1, fn: {}, label: "f", attempt: 0, retries: 0 },
    ...{ priority: 0, timeout: 0, estimate: 0, needs: [] },
  };
  const send = (changes: object) => () =>
    readMessage(writeMessage({
      type: "bundle",
      bundle: { ...bundle, ...changes },
      payload: encodeEach([[]]),
    }));
  assert.equal(send({})().type, "bundle");
  assert.throws(send({ count: 0 }), { message: "bundle.count is 0" });
  assert.throws(send({ fn: { kind: 1 } }), { message: "bundle.fn is no map" });
  assert.throws(send({ fn: ["text"] }), { message: "bundle.fn is no map" });
  assert.throws(send({ fn: new Uint8Array(0) }), { message: "bundle.fn is no map" });
});

Deno.test("messages: what is no message is refused, with the reason", () => {
  const cases: [frames: Uint8Array[], message: RegExp][] = [
    [[], /must begin with an array/],
    [[new Uint8Array(0)], /malformed MessagePack/],
    [[encodeHeader("hello")], /must begin with an array/],
    [[encodeHeader({ type: "ping" })], /must begin with an array/],
    [[encodeHeader([])], /no message is called "undefined"/],
    [[encodeHeader(["hallo"])], /no message is called "hallo"/],
    [[encodeHeader(["toString"])], /no message is called/],
    [[encodeHeader(["__proto__"])], /no message is called/],
    [[encodeHeader([["ping"]])], /no message is called/],
    [[encodeHeader(["x".repeat(1000)])], /no message is called "x{40}"$/],
    [[encodeHeader(["ping", 1])], /ping: wrong number of fields/],
    [[encodeHeader(["refuse"])], /refuse: wrong number of fields/],
    [[encodeHeader(["ping"]), new Uint8Array(1)], /ping: frames that do not belong to it/],
    [[encodeHeader(["constant", "x"])], /constant: the payload is missing/],
    [[new Uint8Array([...encodeHeader(["ping"]), 0])], /bytes are left over/],
    [[new Uint8Array([0x91, 0xd4, 1, 1])], /may not hold extensions/],
    [[new Uint8Array([0xdd, 0xff, 0xff, 0xff, 0xff])], /ends too early/],
  ];
  for (const [frames, message] of cases) assert.throws(() => readMessage(frames), { message });
});

/** Whatever the frames are, the answer is a message that can be sent on, or an error. */
function readsOrThrows(frames: Uint8Array[]): "read" | "thrown" {
  let message: Message;
  try {
    message = readMessage(frames);
  } catch (error) {
    assert.ok(error instanceof Error);
    return "thrown";
  }
  const written = writeMessage(message);
  assert.deepEqual(writeMessage(readMessage(written)), written);
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
  const change = record({ at: fc.nat(300), to: fc.nat(255), cut: fc.boolean() });
  const seen = { read: 0, thrown: 0 };
  const began = performance.now();
  fc.assert(
    fc.property(
      anyMessage,
      fc.array(change, { minLength: 1, maxLength: 4 }),
      (message, changes) => {
        const frames = writeMessage(message).map((frame) => frame.slice());
        for (const { at, to, cut } of changes) {
          const first = frames[0]!;
          if (cut) frames[0] = first.slice(0, at % (first.length + 1));
          else if (first.length > 0) first[at % first.length] = to;
        }
        seen[readsOrThrows(frames)]++;
      },
    ),
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
    new Uint8Array([0x92, 0xa4, ...new TextEncoder().encode("ping"), ...nested]),
    new Uint8Array([0x91, ...nested]),
    encodeHeader(Array(200_000).fill(["ping"])),
    encodeHeader([{ toString: 1 }]),
    encodeHeader(["refuse", { valueOf: "x" }]),
    new Uint8Array([0x91, 0x81, 0xa9, ...new TextEncoder().encode("__proto__"), 0x01]),
    new Uint8Array(1 << 20).fill(0xdf),
    new Uint8Array(1 << 20).fill(0xc6),
  ];
  for (const header of headers) assert.throws(() => readMessage([header]), Error);
  assert.ok(performance.now() - began < 20_000);
});
