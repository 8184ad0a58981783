/** What is written and read quickly is what is written and read in the other way. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { decodeHeader, encodeHeader } from "../../wire/codec.ts";
import { readMessage, writeMessage } from "../../wire/messages.ts";
import type { Message, Numbered } from "../../wire/messages.ts";
import { readQuickly, writeQuickly } from "../../wire/quick_messages.ts";
import type { Call } from "../../wire/quick_messages.ts";
import { Recurring } from "../../wire/recurring.ts";
import fc from "../fast_check.ts";
import { changed, list, messagesOf } from "./any_message.ts";

const QUICK: readonly Message["type"][] = ["bundle", "result", "credit", "started"];

/** As runs have them, and around what is as usual. */
const ascii = fc.string({ unit: "binary-ascii", maxLength: 40 });
const text = fc.oneof(
  fc.constantFrom("", "origin", "worker-1", "worker-12"),
  ascii,
  fc.string({ unit: "grapheme", maxLength: 5 }),
  fc.nat(300).map((length) => "x".repeat(length)),
);
const count = fc.oneof(
  fc.constantFrom(0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1),
  fc.nat(70_000),
);
const usual: fc.Arbitrary<Numbered> = fc.oneof(
  ...messagesOf({
    text,
    count,
    index: count,
    number: fc.oneof(count, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
    tasks: fc.integer({ min: 1, max: 40 }),
    fn: fc.dictionary(ascii.filter((name) => name !== "__proto__"), ascii, {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  }),
).filter(({ message }) => QUICK.includes(message.type))
  .chain(({ message, number }) =>
    count.map((other) => ({ message, number: other === 0 ? number : other }))
  );

const CALL: Call = { owner: "o", fn: {}, label: "f", retries: 0, priority: 0, timeout: 0 };
/** All calls are this one. */
const calls = () =>
  new Recurring<Call>(() => CALL, () => true, () => encodeHeader([1]), () => CALL);

/** What becomes of frames: a message, or the text of an error. */
function outcome(frames: Uint8Array[]): Numbered | string {
  try {
    return readMessage(frames);
  } catch (error) {
    return (error as Error).message;
  }
}

/** The same by way of the library: of Buffers nothing is read quickly. */
function otherwise(frames: Uint8Array[]): Numbered | string {
  const [header, ...rest] = frames;
  return outcome(header === undefined ? [] : [Buffer.from(header), ...rest]);
}

Deno.test("quick messages: written byte for byte as the library does", () => {
  let quick = 0;
  fc.assert(
    fc.property(usual, ({ message, number }) => {
      if (writeQuickly(message, number, calls()) !== undefined) quick++;
      const [header] = writeMessage(message, number);
      assert.deepEqual(encodeHeader(decodeHeader(header!)), header);
    }),
    { numRuns: 2_000 },
  );
  assert.ok(quick > 500 && quick < 2_000, `${quick}`);
});

Deno.test("quick messages: read as the library does", () => {
  let quick = 0;
  fc.assert(
    fc.property(usual, ({ message, number }) => {
      const frames = writeMessage(message, number);
      if (readQuickly(frames, calls()) !== undefined) quick++;
      assert.deepEqual(outcome(frames), { message: plus(message), number });
      assert.deepEqual(otherwise(frames), { message: plus(message), number });
    }),
    { numRuns: 2_000 },
  );
  assert.ok(quick > 500 && quick < 2_000, `${quick}`);
});

/** -0 becomes 0 on the way. */
function plus(message: Message): Message {
  if (message.type === "bundle") {
    const { priority, timeout, estimate } = message.bundle;
    const numbers = { priority: priority + 0, timeout: timeout + 0, estimate: estimate + 0 };
    return { ...message, bundle: { ...message.bundle, ...numbers } };
  }
  if (message.type !== "result") return message;
  return { ...message, result: { ...message.result, elapsed: message.result.elapsed + 0 } };
}

Deno.test("quick messages: changed or cut off, they are read or refused as by the library", () => {
  const seen = { read: 0, refused: 0 };
  fc.assert(
    fc.property(changed(usual), (frames) => {
      const read = outcome(frames);
      assert.deepEqual(read, otherwise(frames));
      seen[typeof read === "string" ? "refused" : "read"]++;
    }),
    { numRuns: 5_000 },
  );
  assert.ok(seen.read > 100 && seen.refused > 500, JSON.stringify(seen));
});

/** Of each type, as runs have them. */
const SAMPLES: readonly Message[] = [
  {
    type: "bundle",
    bundle: {
      ...{ owner: "origin", id: 300, base: 0, count: 2, fn: { kind: "export" }, label: "f" },
      ...{ attempt: 0, retries: 3, priority: -1, timeout: 0, estimate: 0.25 },
      needs: ["a", "b"],
      parent: "worker-1:7@1792402911264",
    },
    payload: list(2),
  },
  {
    type: "result",
    result: { owner: "worker-3", id: 70_000, base: 1, count: 3, elapsed: 1.5, failed: [0, 2] },
    payload: list(3),
  },
  { type: "credit", bundles: 2 ** 31, ahead: 200, idle: true },
  { type: "started", owner: "origin", id: 1, base: 0, count: 128 },
];

Deno.test("quick messages: cut off after any byte, or with some more, they are refused alike", () => {
  for (const message of SAMPLES) {
    const frames = writeMessage(message, 77_000);
    assert.notEqual(readQuickly(frames, calls()), undefined, message.type);
    const [header, ...rest] = frames;
    for (let length = 0; length < header!.length; length++) {
      const cut = [header!.slice(0, length), ...rest];
      assert.equal(readQuickly(cut, calls()), undefined);
      assert.equal(typeof outcome(cut), "string");
      assert.deepEqual(outcome(cut), otherwise(cut));
    }
    const more = [Uint8Array.of(...header!, 0), ...rest];
    assert.equal(readQuickly(more, calls()), undefined);
    assert.deepEqual(outcome(more), otherwise(more));
    const framed = [header!, ...rest, new Uint8Array(1)];
    assert.deepEqual(outcome(framed), otherwise(framed));
    assert.deepEqual(outcome([header!]), otherwise([header!]));
  }
});

Deno.test("quick messages: what was read does not change with the memory it came in", () => {
  const frames = writeMessage(SAMPLES[1]!, 1);
  const header = frames[0]!.slice();
  const { message } = readMessage([header, frames[1]!]);
  header.fill(0x61);
  assert.deepEqual(message, SAMPLES[1]);
  assert.deepEqual(readMessage(frames).message, SAMPLES[1]);
});

Deno.test("quick messages: what was written stays, however much follows", () => {
  const all = Array.from({ length: 3_000 }, (_, id) => {
    const message = { ...SAMPLES[3], id } as Message;
    return { message, frames: writeMessage(message, id + 1) };
  });
  for (const [i, { message, frames }] of all.entries()) {
    assert.deepEqual(readMessage(frames), { message, number: i + 1 });
  }
});

Deno.test("quick messages: texts that share a place in memory are told apart", () => {
  const owner = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 4 });
  fc.assert(
    fc.property(fc.array(owner, { minLength: 100, maxLength: 300 }), (owners) => {
      for (const owner of owners) {
        const sent = { ...SAMPLES[3], owner } as Message;
        assert.deepEqual(readMessage(writeMessage(sent, 1)).message, sent);
      }
    }),
    { numRuns: 20 },
  );
});
