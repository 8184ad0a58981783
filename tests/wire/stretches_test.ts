import assert from "node:assert/strict";
import { gapsIn, joined, stretchesOf } from "../../wire/stretches.ts";
import fc from "../fast_check.ts";

Deno.test("stretches: indices that follow each other are one", () => {
  assert.deepEqual(stretchesOf([4, 2, 3, 7]), [{ base: 2, count: 3 }, { base: 7, count: 1 }]);
  assert.deepEqual(stretchesOf([]), []);
  assert.deepEqual(joined([{ base: 5, count: 2 }, { base: 0, count: 9 }]), [{ base: 0, count: 9 }]);
});

Deno.test("stretches: they have the very indices they were made of, in as few as there can be", () => {
  const stretch = fc.record({ base: fc.nat(30), count: fc.integer({ min: 1, max: 5 }) });
  fc.assert(fc.property(fc.array(stretch), (stretches) => {
    const indices = (some: { base: number; count: number }[]) =>
      some.flatMap(({ base, count }) => Array.from({ length: count }, (_, i) => base + i));
    const all = joined(stretches);
    const expected = [...new Set(indices(stretches))].sort((a, b) => a - b);
    assert.deepEqual(indices(all), expected);
    assert.deepEqual(stretchesOf(expected), all);
    all.slice(1).forEach(({ base }, i) => assert.ok(base > all[i]!.base + all[i]!.count));
  }));
});

Deno.test("stretches: what is in none of others", () => {
  const stretch = fc.record({ base: fc.nat(30), count: fc.integer({ min: 1, max: 5 }) });
  const indices = ({ base, count }: { base: number; count: number }) =>
    Array.from({ length: count }, (_, i) => base + i);
  fc.assert(fc.property(stretch, fc.array(stretch), (one, others) => {
    const there = new Set(others.flatMap(indices));
    const expected = indices(one).filter((index) => !there.has(index));
    assert.deepEqual(gapsIn(one, others), stretchesOf(expected));
  }));
});
