import assert from "node:assert/strict";
import { Batch, eachMessage, Outbox } from "../../wire/batch.ts";
import { LIMITS } from "../../wire/limits.ts";
import fc from "../fast_check.ts";

const frame = fc.uint8Array({ maxLength: 40 });
/** As sockets send them: what begins with 0xc1 would have been wrapped (`wire/pieces.ts`). */
const message = fc.array(frame, { minLength: 1, maxLength: 4 })
  .filter(([first]) => first![0] !== 0xc1 || first![1] !== 0xc1);

function handedOut(frames: Uint8Array[]): Uint8Array[][] {
  const found: Uint8Array[][] = [];
  eachMessage(frames, (message) => found.push(message));
  return found;
}

const plain = (messages: Uint8Array[][]) => messages.map((frames) => frames.map((one) => [...one]));

Deno.test("batch: what leaves together arrives one by one, in order", () => {
  fc.assert(fc.property(fc.array(message, { minLength: 1, maxLength: 20 }), (messages) => {
    const batch = new Batch();
    for (const one of messages) assert.ok(batch.add(one));
    const joined = batch.take()!;
    assert.equal(joined.length === 1, messages.length > 1 || messages[0]!.length === 1);
    assert.deepEqual(plain(handedOut(joined)), plain(messages));
    assert.equal(batch.take(), undefined);
  }));
});

Deno.test("batch: one message travels as it is, and so does what is large", () => {
  const sent: [string, number[]][] = [];
  const outbox = new Outbox((to, frames) => sent.push([to, frames.map(({ length }) => length)]));
  const [small, large] = [10, LIMITS.batchedBytes].map((length) => [new Uint8Array(length)]);
  outbox.add("a", small!);
  outbox.add("b", small!);
  outbox.add("b", large!);
  outbox.add("b", small!);
  assert.deepEqual(sent, [["b", [10]], ["b", [LIMITS.batchedBytes]]], "in order");
  outbox.flushTo("c");
  outbox.flushTo("b");
  outbox.flush();
  outbox.flush();
  assert.deepEqual(sent.slice(2), [["b", [10]], ["a", [10]]]);
});

Deno.test("batch: it has an end", () => {
  const sizes: number[] = [];
  const outbox = new Outbox((_, [frame]) => sizes.push(frame!.length));
  const each = 500;
  for (let i = 0; i < 200; i++) outbox.add("a", [new Uint8Array(each)]);
  outbox.flush();
  assert.ok(sizes.length > 1 && sizes.every((size) => size <= LIMITS.batchBytes), sizes.join());
  assert.equal(sizes.reduce((sum, size) => sum + Math.floor(size / each), 0), 200);
});

Deno.test("batch: lengths that lie are refused, whatever they say", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
    const all = Uint8Array.of(0xc1, 0xc1, ...bytes);
    let frames = 0;
    try {
      eachMessage([all], (message) => {
        for (const { length } of message) frames += length;
      });
    } catch (error) {
      assert.match(
        (error as Error).message,
        /^a batch whose lengths are not those of its messages$/,
      );
    }
    assert.ok(frames <= bytes.length);
  }));
  assert.throws(() => handedOut([Uint8Array.of(0xc1, 0xc1, 1)]), /a batch whose lengths/);
  assert.throws(() => handedOut([Uint8Array.of(0xc1, 0xc1, 1, 0)]), /a batch whose lengths/);
  assert.throws(
    () => handedOut([Uint8Array.of(0xc1, 0xc1, 2, 0, 0, 0, 1)]),
    /a batch whose lengths/,
  );
});
