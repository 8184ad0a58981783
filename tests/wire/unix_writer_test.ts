import assert from "node:assert/strict";
import { isBehind } from "../../wire/backlog.ts";
import { Deque } from "../../wire/deque.ts";
import { Descriptors } from "../../wire/descriptors.ts";
import { UnixWriter } from "../../wire/unix_writer.ts";
import { introduction, ZmtpReader } from "../../wire/zmtp.ts";
import fc from "../fast_check.ts";

type Frames = Uint8Array[];

/**
 * A connection with little room, and what has been read from it. A write waits for room; a call of the
 * system's takes what there is at once, and waits for nothing.
 */
class Narrow {
  readonly came: Uint8Array[] = [];
  readonly #rooms: number[];
  #at = 0;
  breaksAfter = Infinity;
  #writes = 0;
  #isWriting = false;

  constructor(rooms: number[]) {
    this.#rooms = rooms;
  }

  take(bytes: Uint8Array): number {
    const room = this.#rooms[this.#at++ % this.#rooms.length]!;
    const taken = bytes.subarray(0, room).slice();
    this.came.push(taken);
    return taken.length;
  }

  async write(bytes: Uint8Array): Promise<number> {
    assert.equal(this.#isWriting, false, "two writes at a time");
    this.#isWriting = true;
    if (++this.#writes > this.breaksAfter) throw new Error("broken");
    for (let i = this.#writes % 3; i > 0; i--) await null;
    this.#isWriting = false;
    return this.take(bytes) || this.take(bytes) || 0;
  }

  /** The messages that have come whole. */
  read(): Frames[] {
    const messages: Frames[] = [];
    const reader = new ZmtpReader(
      { peer() {}, message: (frames) => messages.push(frames) },
      Infinity,
    );
    for (const part of this.came) {
      for (let at = 0; at < part.length;) {
        const { space } = reader;
        const bytes = part.subarray(at, at + space.length);
        space.set(bytes);
        reader.filled(bytes.length);
        at += bytes.length;
      }
    }
    return messages;
  }
}

/** A writer on such a connection. */
function writerOn(narrow: Narrow, hasNumber: boolean, insists = false) {
  const queue = new Deque<Frames>();
  const calls = {
    getsockname: () => -1,
    getpeername: () => -1,
    getsockopt: () => -1,
    poll: () => 0,
    send: (_: number, data: Uint8Array) => narrow.take(data) || -1,
  };
  const seen = { written: 0 };
  const writer = new UnixWriter(
    narrow as unknown as Deno.UnixConn,
    new Descriptors(calls),
    hasNumber ? 7 : undefined,
    queue,
    insists,
    () => seen.written++,
  );
  return { writer, seen, queue };
}

const frame = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.constantFrom(300, 66_000, 200_000).map((length) => new Uint8Array(length).fill(length)),
);
const message = fc.array(frame, { minLength: 1, maxLength: 3 });
/** What is done: a message is sent, the other side introduces itself, or others have their turn. */
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: message },
    { weight: 1, arbitrary: fc.constant("open" as const) },
    { weight: 2, arbitrary: fc.constant("turn" as const) },
  ),
  { maxLength: 25 },
);
/** At least one has room for something. */
const rooms = fc.tuple(
  fc.array(fc.constantFrom(0, 1, 50, 1_000, 64_000, 1_000_000), { maxLength: 6 }),
  fc.constantFrom(30_000, 300_000),
).map(([some, last]) => [...some, last]);

Deno.test("unix writer: whatever room there is, messages leave whole and in order", async () => {
  await fc.assert(
    fc.asyncProperty(steps, rooms, fc.boolean(), fc.boolean(), async (...drawn) => {
      const [steps, rooms, hasNumber, insists] = drawn;
      const narrow = new Narrow(rooms);
      const { writer } = writerOn(narrow, hasNumber, insists);
      writer.introduce(introduction("DEALER", new Uint8Array(3)));
      const sent: Frames[] = [];
      for (const step of [...steps, "open" as const]) {
        if (step === "open") writer.open();
        else if (step === "turn") { for (let i = 0; i < 8; i++) await null; }
        else sent.push(step), writer.send(step);
      }
      for (let i = 0; i < 5_000_000 && !writer.isIdle; i++) await null;
      assert.equal(writer.isIdle, true);
      assert.equal(isBehind(), false);
      assert.deepEqual(narrow.read(), sent);
      writer.end();
    }),
    { numRuns: 60 },
  );
});

Deno.test("unix writer: where there is room, a message has left when the call comes back", () => {
  const narrow = new Narrow([1_000_000]);
  const { writer } = writerOn(narrow, true);
  writer.introduce(introduction("DEALER", new Uint8Array(3)));
  writer.open();
  const sent = [1, 70_000, 2].map((length) => [new Uint8Array(length), new Uint8Array(0)]);
  for (const frames of sent) writer.send(frames);
  assert.deepEqual(narrow.read(), sent);
  assert.equal(writer.isIdle, true);
});

Deno.test("unix writer: one that insists sends all in the call while room is made, and no longer", () => {
  const narrow = new Narrow([1_000]);
  const { writer } = writerOn(narrow, true, true);
  writer.introduce(introduction("DEALER", new Uint8Array(3)));
  writer.open();
  const sent = [[new Uint8Array(70_500)]];
  writer.send(sent[0]!);
  assert.deepEqual([writer.isIdle, narrow.read()], [true, sent]);
  const stopped = writerOn(new Narrow([1_000, 0, 0, 0, 0, 0, 0, 0]), true, true);
  stopped.writer.introduce(new Uint8Array(10));
  stopped.writer.open();
  stopped.writer.send([new Uint8Array(5_000)]);
  assert.equal(stopped.writer.isIdle, false);
  for (const one of [writer, stopped.writer]) one.end();
});

Deno.test("unix writer: who has more unsent than there is room for is behind until it has left", async () => {
  const narrow = new Narrow([50_000, 0]);
  const { writer, seen } = writerOn(narrow, true);
  writer.introduce(new Uint8Array(64));
  writer.open();
  writer.send([new Uint8Array(40_000)]);
  assert.equal(isBehind(), false);
  writer.send([new Uint8Array(400_000)]);
  assert.equal(isBehind(), true);
  for (let i = 0; i < 1_000 && !writer.isIdle; i++) await null;
  assert.equal(isBehind(), false);
  assert.ok(seen.written > 0);
});

Deno.test("unix writer: what is begun when the connection breaks is lost, and nothing else", async () => {
  const narrow = new Narrow([100]);
  narrow.breaksAfter = 3;
  const { writer, seen, queue } = writerOn(narrow, true);
  writer.introduce(new Uint8Array(64));
  writer.open();
  const sent = [1, 2, 3].map((number) => [new Uint8Array(1_000).fill(number)]);
  for (const frames of sent) writer.send(frames);
  for (let i = 0; i < 100; i++) await null;
  assert.deepEqual([seen.written, [...queue]], [1, sent.slice(1)]);
  // What is sent from now on is for the next connection.
  writer.send(sent[0]!);
  assert.equal(queue.length, 3);
  assert.equal(isBehind(), false);
});
