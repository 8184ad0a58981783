import assert from "node:assert/strict";
import { BundleQueue } from "../../broker/bundle_queue.ts";
import { Ledger } from "../../broker/ledger.ts";
import fc from "../fast_check.ts";
import { bundle } from "./messages.ts";

function setUp() {
  const [ledger, queue] = [new Ledger(), new BundleQueue()];
  return {
    queue,
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

Deno.test("bundle queue: it is a stable sort, whatever comes between", () => {
  const step = fc.option(fc.integer({ min: -9, max: 9 }), { nil: "shift" as const });
  fc.assert(fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
    const { push, shift, queue } = setUp();
    let model: { id: number; priority: number }[] = [];
    let last = 0;
    for (const one of steps) {
      if (one === "shift") {
        const [first, ...rest] = model.toSorted((a, b) => b.priority - a.priority || a.id - b.id);
        assert.equal(shift(), first?.id);
        model = rest;
      } else {
        model.push({ id: ++last, priority: one });
        push(last, one);
      }
      queue.check();
      assert.equal(queue.length, model.length);
    }
  }));
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
