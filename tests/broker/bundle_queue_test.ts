import assert from "node:assert/strict";
import { BundleQueue } from "../../broker/bundle_queue.ts";
import { Ledger } from "../../broker/ledger.ts";
import { encodeEach } from "../../wire/codec.ts";
import fc from "../fast_check.ts";

const payload = encodeEach([[1]]);

function setUp() {
  const [ledger, queue] = [new Ledger(), new BundleQueue()];
  return {
    ledger,
    queue,
    push(id: number, priority = 0) {
      const entry = ledger.add({
        ...{ owner: "a", id, base: 0, count: 1, fn: {}, label: "f", attempt: 0, retries: 2 },
        ...{ priority, timeout: 0, estimate: 0, needs: [] },
      }, payload);
      queue.push(entry);
      return entry;
    },
    shift: () => queue.shift()?.bundle.id,
  };
}

Deno.test("bundle queue: by priority, then in the order of arrival", () => {
  const { push, shift, queue } = setUp();
  for (const [id, priority] of [[1, 0], [2, 5], [3, -1.5], [4, 0], [5, 5]]) push(id!, priority);
  assert.equal(queue.length, 5);
  assert.deepEqual([1, 2, 3, 4, 5, 6].map(shift), [2, 5, 1, 4, 3, undefined]);
  assert.equal(queue.length, 0);
});

Deno.test("bundle queue: what has left the ledger is passed over", () => {
  const { push, shift, ledger } = setUp();
  const entries = [push(1), push(2, 3), push(3), push(4, 3)];
  for (const entry of entries.slice(0, 2)) ledger.remove(entry);
  assert.deepEqual([shift(), shift(), shift()], [4, 3, undefined]);
});

Deno.test("bundle queue: it is a stable sort, whatever comes between", () => {
  const step = fc.option(fc.integer({ min: -2, max: 2 }), { nil: "shift" as const });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const { push, shift } = setUp();
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
    }
  }));
});
