import assert from "node:assert/strict";
import { type Poll, Waiter, type Waiting } from "../../wire/waiter.ts";

/** A socket that only counts how often it is looked at. */
class FakeSocket implements Waiting {
  looks = 0;
  holdProcess = true;
  constructor(readonly descriptor: number) {}
  look(): void {
    this.looks++;
  }
}

/** A `zmq_poll` that returns when told to, and the bell to go with it. */
function fakePoll() {
  let finish: ((descriptor: number) => void) | undefined;
  let calls = 0;
  const poll: Poll = (items, count) => {
    calls++;
    const view = new DataView(items.buffer);
    for (let i = 0; i < count; i++) view.setInt16(i * 16 + 14, 0, true);
    return new Promise((resolve) => {
      finish = (descriptor) => {
        for (let i = 0; i < count; i++) {
          if (view.getInt32(i * 16 + 8, true) === descriptor) view.setInt16(i * 16 + 14, 1, true);
        }
        resolve(1);
      };
    });
  };
  const happen = async (descriptor: number) => {
    finish?.(descriptor);
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  const bell = { descriptor: 99, ring: () => void happen(99), silence: () => Promise.resolve() };
  return { poll, happen, makeBell: () => bell, calls: () => calls };
}

Deno.test("only the socket to which something happened is looked at", async () => {
  const { poll, happen, makeBell } = fakePoll();
  const waiter = new Waiter(makeBell, { poll });
  const a = new FakeSocket(3), b = new FakeSocket(4);
  waiter.add(a);
  waiter.add(b);
  await happen(99);
  await happen(4);
  await happen(4);
  assert.deepEqual([a.looks, b.looks], [0, 2]);
  waiter.remove(b);
  await happen(99);
  await happen(3);
  assert.deepEqual([a.looks, b.looks], [1, 2]);
  waiter.remove(a);
  await waiter.settled();
});

Deno.test("a call goes on for sockets that do not hold the process, and does not hold it", async () => {
  const { poll, happen, makeBell, calls } = fakePoll();
  const held: boolean[] = [];
  let under: Promise<number> | undefined;
  const hold = (call: Promise<number>, holds: boolean) => {
    assert.equal(call, under, "that which is under way");
    held.push(holds);
  };
  const waiter = new Waiter(makeBell, { poll: (...args) => under = poll(...args), hold });
  const a = new FakeSocket(3);
  waiter.add(a);
  assert.deepEqual([calls(), held], [1, []]);
  a.holdProcess = false;
  waiter.changed();
  assert.deepEqual([calls(), held], [1, [false]]);
  await happen(3);
  assert.deepEqual([calls(), held], [2, [false, false]], "so does the next one");
  assert.equal(a.looks, 1, "at once, and not some time later");
  a.holdProcess = true;
  waiter.changed();
  assert.deepEqual([calls(), held], [2, [false, false, true]]);
  await happen(3);
  assert.deepEqual([calls(), held, a.looks], [3, [false, false, true], 2]);
  waiter.remove(a);
  await waiter.settled();
  assert.equal(calls(), 3);
});

Deno.test("a call that is under way when the process ends has come back by then", async () => {
  const { poll, makeBell } = fakePoll();
  let rings = 0;
  const bell = { ...makeBell(), ring: () => void rings++ };
  let items: Uint8Array | undefined;
  const waiter = new Waiter(() => bell, {
    poll: (...args) => poll(items = args[0], args[1], args[2]),
  });
  waiter.end();
  assert.equal(rings, 0, "there is none");
  const a = new FakeSocket(3);
  waiter.add(a);
  // What a thread does that hears the bell.
  bell.ring = () => {
    rings++;
    new DataView(items!.buffer).setInt16(14, 1, true);
  };
  waiter.end();
  assert.equal(rings, 1);
  // One that hears nothing does not keep the process for long.
  bell.ring = () => void rings++;
  waiter.end();
  assert.equal(rings, 2);
  await Promise.resolve();
});

Deno.test("where every call holds the process none is left waiting for sockets that do not", async () => {
  const { poll, happen, makeBell, calls } = fakePoll();
  const waiter = new Waiter(makeBell, { poll });
  const a = new FakeSocket(3);
  waiter.add(a);
  assert.equal(calls(), 1);
  a.holdProcess = false;
  waiter.changed();
  await waiter.settled();
  assert.equal(calls(), 1);
  const looks = a.looks;
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(a.looks > looks, "it is looked at from time to time");
  a.holdProcess = true;
  waiter.changed();
  await happen(3);
  assert.equal(calls(), 3);
  waiter.remove(a);
  await waiter.settled();
});

Deno.test("sockets are looked at every few milliseconds where zmq_poll cannot be called", async () => {
  const waiter = new Waiter(() => assert.fail("no bell is needed"), undefined);
  const a = new FakeSocket(3);
  waiter.add(a);
  while (a.looks < 5) await new Promise((resolve) => setTimeout(resolve, 5));
  waiter.remove(a);
  await waiter.settled();
  const looks = a.looks;
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(a.looks, looks);
});
