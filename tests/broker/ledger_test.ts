import assert from "node:assert/strict";
import { Ledger } from "../../broker/ledger.ts";
import { encodeEach } from "../../wire/codec.ts";
import type { BundleHeader } from "../../wire/messages.ts";
import fc from "../fast_check.ts";

const payload = encodeEach([[1]]);

function header(owner: string, id: number, base = 0, count = 1): BundleHeader {
  return {
    ...{ owner, id, base, count, fn: {}, label: "f", attempt: 0, retries: 2 },
    ...{ priority: 0, timeout: 0, estimate: 0, needs: [] },
  };
}

const outcome = (owner: string, id: number, base: number, count: number) => (
  { owner, id, base, count, elapsed: 0, failed: [] }
);

Deno.test("ledger: what is entered is found until it is removed", () => {
  const ledger = new Ledger();
  const entry = ledger.add(header("a", 1), payload);
  assert.equal(ledger.find({ owner: "a", id: 1, base: 0 }), entry);
  assert.deepEqual([entry.holder, entry.gone, entry.skip], [undefined, false, 0]);
  for (const place of [["b", 1, 0], ["a", 2, 0], ["a", 1, 1]] as const) {
    const [owner, id, base] = place;
    assert.equal(ledger.find({ owner, id, base }), undefined);
  }
  ledger.remove(entry);
  ledger.remove(entry);
  assert.equal(ledger.find({ owner: "a", id: 1, base: 0 }), undefined);
  assert.deepEqual([ledger.size, entry.gone], [0, true]);
});

Deno.test("ledger: whose bundles they are, and who has them", () => {
  const ledger = new Ledger();
  const [a1, a2, b1] = [
    ledger.add(header("a", 1), payload),
    ledger.add(header("a", 2), payload),
    ledger.add(header("b", 1), payload),
  ];
  ledger.hold(a1, "w");
  ledger.hold(b1, "w");
  ledger.hold(a2, "a");
  assert.deepEqual(ledger.ownedBy("a"), [a1, a2]);
  assert.deepEqual(ledger.heldBy("w"), [a1, b1]);
  assert.deepEqual([ledger.countHeldBy("w"), ledger.countHeldBy("nobody")], [2, 0]);
  ledger.remove(a1);
  assert.deepEqual(ledger.heldBy("w"), [b1]);
  assert.deepEqual(ledger.ownedBy("a"), [a2]);
  assert.deepEqual([ledger.ownedBy("nobody"), ledger.heldBy("nobody")], [[], []]);
  assert.equal(ledger.size, 2);
});

Deno.test("ledger: outcomes of the whole bundle end it, once", () => {
  const ledger = new Ledger();
  ledger.add(header("a", 1, 0, 3), payload);
  assert.equal(ledger.settle(outcome("a", 1, 0, 4)) !== undefined, false, "more than there are");
  assert.equal(ledger.settle(outcome("a", 1, 1, 2)) !== undefined, false, "no part begins there");
  assert.equal(ledger.settle(outcome("a", 1, 0, 3)) !== undefined, true);
  assert.equal(ledger.settle(outcome("a", 1, 0, 3)) !== undefined, false);
  assert.equal(ledger.size, 0);
});

Deno.test("ledger: the rest of a bundle stays with its holder", () => {
  const ledger = new Ledger();
  const entry = ledger.add(header("a", 1, 0, 5), payload);
  ledger.hold(entry, "w");
  assert.equal(ledger.settle(outcome("a", 1, 0, 2)) !== undefined, true);
  const [rest] = ledger.heldBy("w");
  assert.deepEqual([rest!.bundle.base, rest!.bundle.count, rest!.skip], [2, 3, 2]);
  assert.equal(rest!.payload, payload);
  assert.equal(entry.gone, true);
  assert.equal(ledger.settle(outcome("a", 1, 2, 1)) !== undefined, true);
  assert.deepEqual(ledger.heldBy("w").map(({ skip }) => skip), [3]);
  assert.equal(ledger.settle(outcome("a", 1, 3, 2)) !== undefined, true);
  assert.deepEqual([ledger.size, ledger.countHeldBy("w")], [0, 0]);
});

Deno.test("ledger: a part that comes back replaces what was known of it", () => {
  const ledger = new Ledger();
  const old = ledger.add(header("a", 1, 2, 2), payload);
  ledger.hold(old, "w");
  const other = ledger.add(header("a", 1, 0, 2), payload);
  const again = ledger.add(header("a", 1, 2, 2), payload);
  assert.equal(old.gone, true);
  assert.deepEqual(ledger.heldBy("w"), []);
  assert.deepEqual(ledger.partsOf("a", 1).sort((x, y) => x.bundle.base - y.bundle.base), [
    other,
    again,
  ]);
  assert.deepEqual(ledger.partsOf("a", 9), []);
  assert.equal(ledger.size, 2);
});

Deno.test("ledger: whatever happens, both views and the count agree", () => {
  const place = { owner: fc.constantFrom("a", "b"), id: fc.nat(3), base: fc.nat(3) };
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("add" as const),
      ...place,
      count: fc.integer({ min: 1, max: 4 }),
    }),
    fc.record({ kind: fc.constant("hold" as const), ...place, by: fc.constantFrom("v", "w") }),
    fc.record({ kind: fc.constant("remove" as const), ...place }),
    fc.record({ kind: fc.constant("settle" as const), ...place, count: fc.nat(4) }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const ledger = new Ledger();
    for (const one of steps) {
      const entry = ledger.find(one);
      if (one.kind === "add") {
        ledger.add(header(one.owner, one.id, one.base, one.count), payload);
      } else if (one.kind === "settle") {
        const settled =
          ledger.settle(outcome(one.owner, one.id, one.base, one.count)) !== undefined;
        assert.equal(settled, entry !== undefined && one.count <= entry.bundle.count);
      } else if (entry !== undefined) {
        // Somebody else may only have it after the first has given it back.
        if (one.kind === "hold") entry.holder ?? ledger.hold(entry, one.by);
        else ledger.remove(entry);
      }
      const owned = ["a", "b"].flatMap((owner) => ledger.ownedBy(owner));
      assert.equal(owned.length, ledger.size);
      assert.ok(owned.every(({ gone }) => !gone));
      for (const by of ["v", "w"]) {
        const held = ledger.heldBy(by);
        assert.equal(held.length, ledger.countHeldBy(by));
        assert.deepEqual(new Set(held), new Set(owned.filter(({ holder }) => holder === by)));
      }
    }
  }));
});
