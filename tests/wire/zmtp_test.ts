import assert from "node:assert/strict";
import fc from "../fast_check.ts";
import {
  frameHead,
  introduction,
  messageBytes,
  writeMessage,
  ZmtpError,
  ZmtpReader,
} from "../../wire/zmtp.ts";

type Frames = Uint8Array[];

/** Reads bytes in parts of these sizes, the last as often as needed. */
function read(bytes: Uint8Array, parts: readonly number[], mostBytes = Infinity) {
  const seen = { peers: [] as string[], messages: [] as Frames[] };
  const reader = new ZmtpReader({
    peer: (identity) => seen.peers.push(new TextDecoder().decode(identity)),
    message: (frames) => seen.messages.push(frames),
  }, mostBytes);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const space = reader.space;
    assert.ok(space.length > 0);
    const most = Math.min(space.length, parts[Math.min(i, parts.length - 1)]!);
    const part = bytes.subarray(at, at + most);
    space.set(part);
    reader.filled(part.length);
    at += part.length;
  }
  return seen;
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function written(frames: Frames): Uint8Array {
  const bytes = new Uint8Array(messageBytes(frames));
  assert.equal(writeMessage(bytes, 0, frames), bytes.length);
  return bytes;
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const BEGINNING = introduction("DEALER", utf8("somebody"));
const greeting = () => BEGINNING.slice(0, 64);

/** Frames of all kinds of lengths: in one byte, in eight, and larger than what is read at once. */
const frame = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.constantFrom(255, 256, 16_384, 16_385, 32_768, 100_000).map((n) => new Uint8Array(n).fill(n)),
);
const messages = fc.array(fc.array(frame, { minLength: 1, maxLength: 4 }), { maxLength: 6 });
const parts = fc.array(fc.constantFrom(1, 2, 9, 63, 64, 65, 1_000, 40_000), { minLength: 1 });

Deno.test("zmtp: messages are read as they were written, wherever what comes is cut", () => {
  fc.assert(
    fc.property(messages, parts, (sent, parts) => {
      // Bytes one by one only where there are few.
      const sizes = sent.flat().some(({ length }) => length > 1_000) ? [...parts, 5_000] : parts;
      const bytes = joined(BEGINNING, ...sent.map(written));
      const { peers, messages } = read(bytes, sizes);
      assert.deepEqual(peers, ["somebody"]);
      assert.deepEqual(messages, sent);
    }),
    { numRuns: 150 },
  );
});

Deno.test("zmtp: a frame written by itself has the head that it has among others", () => {
  for (const length of [0, 1, 255, 256, 65_536, 70_000]) {
    for (const isLast of [true, false]) {
      const frames = [new Uint8Array(length), ...(isLast ? [] : [new Uint8Array(0)])];
      const head = frameHead(length, isLast);
      assert.deepEqual(head, written(frames).subarray(0, head.length));
    }
  }
  // As long as no array of a test's should be.
  assert.deepEqual([...frameHead(2 ** 32 + 5, true)], [2, 0, 0, 0, 1, 0, 0, 0, 5]);
});

Deno.test("zmtp: what is read is nobody else's memory", () => {
  const { messages } = read(
    joined(BEGINNING, written([utf8("one")]), written([utf8("two")])),
    [20],
  );
  messages[0]![0]!.fill(0);
  assert.deepEqual(messages[1], [utf8("two")]);
});

Deno.test("zmtp: who does not speak it, or speaks it otherwise, is told apart", () => {
  const old = greeting();
  old[10] = 1;
  const secured = greeting();
  secured.set(utf8("CURVE"), 12);
  const cases: [Uint8Array, RegExp][] = [
    [
      utf8("GET / HTTP/1.1\r\nHost: somewhere.example\r\nAccept: everything\r\n\r\n"),
      /does not speak/,
    ],
    [old, /does not speak ZMTP 3/],
    [secured, /wants security/],
    [joined(greeting(), written([utf8("a message")])), /does not introduce itself/],
    [joined(greeting(), Uint8Array.of(4, 6, 5, ...utf8("ERROR"))), /turns this side away/],
    [joined(greeting(), Uint8Array.of(4, 9, 5, ...utf8("READY"), 9, 1, 1)), /in part/],
    [joined(BEGINNING, Uint8Array.of(6, 0, 0, 0, 0, 0, 1, 0, 0)), /unheard-of size/],
  ];
  for (const [bytes, reason] of cases) {
    assert.throws(() => read(bytes, [1_000]), (error: Error) => {
      assert.ok(error instanceof ZmtpError);
      assert.match(error.message, reason);
      return true;
    });
  }
});

Deno.test("zmtp: a frame over the bound is refused before memory is set aside for it", () => {
  const huge = Uint8Array.of(2, 0, 1, 0, 0, 0, 0, 0, 0);
  assert.throws(() => read(joined(BEGINNING, huge), [1_000], 1_000), /over 1000/);
  const fits = read(joined(BEGINNING, written([new Uint8Array(1_000)])), [1_000], 1_000);
  assert.equal(fits.messages[0]![0]!.length, 1_000);
});

Deno.test("zmtp: commands that are not for us are passed over, also a ping", () => {
  const ping = Uint8Array.of(4, 7, 4, ...utf8("PING"), 0, 10);
  const { messages } = read(joined(BEGINNING, ping, written([utf8("x")]), ping), [3]);
  assert.deepEqual(messages, [[utf8("x")]]);
});
