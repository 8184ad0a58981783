import assert from "node:assert/strict";
import { decodeHeader, encodeHeader } from "../../wire/codec.ts";
import { readMessage, writeMessage } from "../../wire/messages.ts";
import type { BundleMessage } from "../../wire/messages.ts";
import { Recurring } from "../../wire/recurring.ts";
import fc from "../fast_check.ts";

interface Content {
  a: string;
  b: number;
}

function counted() {
  const counts = { encoded: 0, decoded: 0 };
  const recurring = new Recurring<Content>(
    ({ a, b }) => ({ a, b }),
    (one, other) => one.a === other.a && one.b === other.b,
    ({ a, b }) => (counts.encoded++, encodeHeader([a, b])),
    (bytes) => {
      counts.decoded++;
      const [a, b] = decodeHeader(bytes) as [string, number];
      if (typeof a !== "string") throw new Error("no text");
      return { a, b };
    },
  );
  return { recurring, counts };
}

Deno.test("recurring: what was met lately is neither read nor written anew", () => {
  const { recurring, counts } = counted();
  const bytes = recurring.write({ a: "f", b: 1, more: true } as Content);
  for (let i = 0; i < 10; i++) {
    assert.equal(recurring.write({ a: "f", b: 1 }), bytes);
    assert.deepEqual(recurring.read(bytes.slice()), { a: "f", b: 1 });
  }
  assert.deepEqual(counts, { encoded: 1, decoded: 1 });
  for (let b = 0; b < 100; b++) recurring.read(recurring.write({ a: "f", b: b + 2 }));
  recurring.read(recurring.write({ a: "f", b: 1 }));
  assert.deepEqual(counts, { encoded: 102, decoded: 102 }, "not without end");
});

Deno.test("recurring: what is large is not kept", () => {
  const { recurring, counts } = counted();
  const large = { a: "a".repeat(20_000), b: 1 };
  for (let i = 0; i < 2; i++) assert.deepEqual(recurring.read(recurring.write(large)), large);
  assert.deepEqual(counts, { encoded: 2, decoded: 2 });
});

Deno.test("recurring: what is read is looked at, though this process has written it itself", () => {
  const { recurring } = counted();
  const bytes = recurring.write({ a: 1 as unknown as string, b: 1 });
  for (let i = 0; i < 2; i++) assert.throws(() => recurring.read(bytes), { message: "no text" });
});

Deno.test("recurring: what is read does not change with the memory it came in", () => {
  const { recurring } = counted();
  const bytes = recurring.write({ a: "f", b: 1 }).slice();
  recurring.read(bytes);
  bytes.set(encodeHeader(["f", 2]));
  assert.deepEqual(recurring.read(bytes), { a: "f", b: 2 });
});

Deno.test("recurring: whatever comes and goes, each is what it was", () => {
  const content = fc.record({ a: fc.string({ maxLength: 3 }), b: fc.nat(5) });
  fc.assert(fc.property(fc.array(content, { maxLength: 200 }), (contents) => {
    const { recurring } = counted();
    for (const each of contents) {
      assert.deepEqual(recurring.read(recurring.write(each)), { ...each });
    }
  }));
});

Deno.test("messages: bundles of one call share what they have alike", () => {
  const message = (id: number, name: string): BundleMessage => ({
    type: "bundle",
    bundle: {
      ...{ owner: "o", id, base: 0, count: 1, fn: { kind: "export", name }, label: name },
      ...{ attempt: 0, retries: 2, priority: -1, timeout: 0, estimate: 1, needs: [], parent: "" },
    },
    payload: { body: encodeHeader([id]), frames: [] },
  });
  const sent = ["f", "g", "f"].map((name, i) => message(i + 1, name));
  const read = sent.map((each, i) => readMessage(writeMessage(each, i + 1)).message);
  assert.deepEqual(read, sent);
  const [first, second, third] = read as BundleMessage[];
  assert.equal(third!.bundle.fn, first!.bundle.fn);
  assert.notEqual(second!.bundle.fn, first!.bundle.fn);
});
