import assert from "node:assert/strict";
import { BundleQueue } from "../../broker/bundle_queue.ts";
import { Ledger } from "../../broker/ledger.ts";
import { payloadOf } from "../../broker/payloads.ts";
import { decodeEach } from "../../wire/codec.ts";
import fc from "../fast_check.ts";
import { bundle } from "./messages.ts";

function setUp(packAfter = Infinity) {
  const ledger = new Ledger();
  const queue = new BundleQueue(ledger, packAfter);
  return {
    queue,
    ledger,
    push(id: number, priority = 0) {
      const message = bundle(id, { priority });
      const part = ledger.enter(message.bundle, message.payload)!;
      queue.push(part);
      return part;
    },
    /** Takes one, as whoever gives it to a worker does. */
    shift() {
      const part = queue.shift();
      if (part !== undefined) ledger.remove(part);
      return part?.bundle.id;
    },
    leave(part: ReturnType<Ledger["find"]>) {
      ledger.remove(part!);
      queue.leave();
    },
  };
}

Deno.test("bundle queue: by priority, then in the order of arrival", () => {
  const { push, shift, queue } = setUp();
  for (const [id, priority] of [[1, 0], [2, 5], [3, -1.5], [4, 0], [5, 5]]) push(id!, priority);
  assert.equal(queue.length, 5);
  assert.deepEqual([1, 2, 3, 4, 5, 6].map(shift), [2, 5, 1, 4, 3, undefined]);
  assert.equal(queue.length, 0);
});

Deno.test("bundle queue: what is put back goes before the others of its priority", () => {
  const { push, shift, queue } = setUp();
  push(1, 1);
  push(2);
  push(3);
  const first = queue.shift()!;
  const second = queue.shift()!;
  queue.unshift(second);
  queue.unshift(first);
  assert.deepEqual([shift(), shift(), shift()], [1, 2, 3]);
});

Deno.test("bundle queue: what has left is passed over, and not counted", () => {
  const { push, shift, leave, queue } = setUp();
  const parts = [push(1), push(2, 3), push(3), push(4, 3)];
  for (const part of parts.slice(0, 2)) leave(part);
  assert.equal(queue.length, 2);
  queue.check();
  assert.deepEqual([shift(), shift(), shift()], [4, 3, undefined]);
});

Deno.test("bundle queue: what has left does not pile up where nobody takes anything", () => {
  const { push, leave, queue } = setUp();
  push(0);
  for (let id = 1; id < 20_000; id++) leave(push(id));
  // All places are gone but the last thousand or so: what is left is walked in no time.
  assert.equal(queue.length, 1);
  queue.check();
  assert.equal(queue.shift()!.bundle.id, 0);
});

Deno.test("bundle queue: it is a stable sort, packed or not, whatever comes between", () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("push" as const),
      priority: fc.integer({ min: -1, max: 1 }),
      owner: fc.constantFrom("a", "b"),
      count: fc.constantFrom(1, 1, 1, 2),
      retries: fc.constantFrom(1, 1, 2),
    }),
    fc.record({ kind: fc.constantFrom("shift" as const, "all" as const, "owned" as const) }),
    fc.record({ kind: fc.constantFrom("find" as const, "leave" as const), at: fc.nat(80) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.constantFrom(0, 2), (steps, after) => {
      const ledger = new Ledger();
      const queue = new BundleQueue(ledger, after);
      let model: { id: number; owner: string; priority: number }[] = [];
      const next = () => model.toSorted((a, b) => b.priority - a.priority || a.id - b.id)[0];
      let last = 0;
      for (const one of steps) {
        if (one.kind === "push") {
          const { kind: _, ...changes } = one;
          const message = bundle(++last, changes);
          queue.push(ledger.enter(message.bundle, message.payload)!);
          model.push({ id: last, owner: one.owner, priority: one.priority });
        } else if (one.kind === "shift") {
          const expected = next();
          const part = queue.shift();
          assert.equal(part?.bundle.id, expected?.id);
          if (part !== undefined) {
            const { body, frames } = payloadOf(part);
            assert.equal((decodeEach(body, frames) as [number][])[0]![0], part.bundle.id * 100);
            assert.equal(part.bundle.common.owner, expected!.owner);
            ledger.remove(part);
          }
          model = model.filter(({ id }) => id !== expected?.id);
        } else if (one.kind === "all") assert.equal(ledger.all().length, model.length);
        else if (one.kind === "owned") {
          const owned = model.filter(({ owner }) => owner === "a");
          assert.equal(ledger.ownedBy("a").length, owned.length);
        } else {
          const wanted = model["at" in one ? one.at : 0];
          const part = ledger.find(wanted?.owner ?? "a", wanted?.id ?? last + 1, 0);
          assert.equal(part?.bundle.id, wanted?.id);
          if (part === undefined || one.kind === "find") continue;
          ledger.remove(part);
          queue.leave();
          model = model.filter(({ id }) => id !== part.bundle.id);
        }
        queue.check();
        ledger.check(new Set());
        assert.equal(queue.length, model.length);
      }
    }),
  );
});

Deno.test("bundle queue: a pack that has an owner's numbers in several ranges is unpacked once", () => {
  const { push, shift, queue, ledger } = setUp(0);
  for (const [id, priority] of [[1, 0], [2, 5], [3, 0], [4, 5], [5, 0]]) push(id!, priority);
  assert.equal([...ledger.packs()].length, 2);
  assert.equal(ledger.ownedBy("origin").length, 5);
  queue.check();
  assert.deepEqual([1, 2, 3, 4, 5, 6].map(shift), [2, 4, 1, 3, 5, undefined]);
});

Deno.test("bundle queue: far behind, a bundle of one task takes few bytes", () => {
  const { queue, ledger } = setUp(1_000);
  const { payload } = bundle(1);
  const gc = (globalThis as { gc?: () => void }).gc;
  const used = () => (gc?.(), Deno.memoryUsage().heapUsed + Deno.memoryUsage().external);
  const before = used();
  const count = 200_000;
  for (let id = 0; id < count; id++) {
    const label = id % 2 === 0 ? "f" : "g";
    const header = { ...bundle(1).bundle, id, label, estimate: id / 3, parent: `w:${id >> 4}@1` };
    queue.push(ledger.enter(header, payload)!);
  }
  const each = (used() - before) / count;
  // Without the collector's help what was only needed on the way is counted as well.
  assert.ok(each < (gc ? 120 : 1_000), `${each} bytes`);
  assert.equal(queue.shift()!.bundle.id, 0);
});

Deno.test("bundle queue: as many priorities as bundles cost little more than one", () => {
  const time = (priorities: number) => {
    const { push, queue } = setUp();
    const parts = Array.from({ length: 60_000 }, (_, i) => push(i, (i * 7919) % priorities));
    const began = performance.now();
    for (let round = 0; round < parts.length; round++) {
      queue.push(queue.shift()!);
      assert.equal(queue.length, parts.length);
    }
    return performance.now() - began;
  };
  time(1);
  // Sorting all levels at each new one would take thousands of times as long.
  assert.ok(time(60_000) < 100 * time(1) + 1_000);
});
