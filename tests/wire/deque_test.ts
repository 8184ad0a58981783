import assert from "node:assert/strict";
import { Deque } from "../../wire/deque.ts";
import fc from "../fast_check.ts";

Deno.test("deque: an empty one has nothing", () => {
  const deque = new Deque<number>();
  assert.equal(deque.length, 0);
  assert.equal(deque.peek(), undefined);
  assert.equal(deque.shift(), undefined);
  assert.deepEqual([...deque], []);
  assert.equal(deque.length, 0);
});

Deno.test("deque: it does what a list does", () => {
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.record({ push: fc.nat(9) }) },
    { weight: 1, arbitrary: fc.record({ unshift: fc.nat(9) }) },
    { weight: 3, arbitrary: fc.constant({ shift: true }) },
    { weight: 1, arbitrary: fc.record({ drop: fc.nat(9) }) },
  );
  fc.assert(fc.property(fc.array(action, { maxLength: 100 }), (actions) => {
    const deque = new Deque<number>();
    const list: number[] = [];
    for (const one of actions) {
      if ("push" in one) deque.push(one.push), list.push(one.push);
      else if ("unshift" in one) deque.unshift(one.unshift), list.unshift(one.unshift);
      else if ("shift" in one) assert.equal(deque.shift(), list.shift());
      else {
        deque.filter((item) => item !== one.drop);
        list.splice(0, list.length, ...list.filter((item) => item !== one.drop));
      }
      assert.equal(deque.length, list.length);
      assert.equal(deque.peek(), list[0]);
      assert.deepEqual([...deque], list);
    }
  }));
});

Deno.test("deque: a long one that is emptied and filled keeps its order", () => {
  const deque = new Deque<number>();
  let [next, expected] = [0, 0];
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 500; i++) deque.push(next++);
    for (let i = 0; i < 450; i++) assert.equal(deque.shift(), expected++);
    deque.unshift(--expected);
  }
  assert.equal(deque.length, next - expected);
  assert.deepEqual([...deque], Array.from({ length: next - expected }, (_, i) => expected + i));
});

Deno.test("deque: an item costs the same however many stand before it", () => {
  const deque = new Deque<object>();
  for (let i = 0; i < 10_000; i++) deque.push({});
  // Millions pass through while thousands stand in it: the work for each must not grow.
  const began = performance.now();
  for (let i = 0; i < 300_000; i++) {
    deque.shift();
    deque.push({});
  }
  assert.equal(deque.length, 10_000);
  assert.ok(performance.now() - began < 20_000);
});

Deno.test("deque: an item put back costs the same however many stand behind it", () => {
  const deque = new Deque<number>();
  for (let i = 0; i < 100_000; i++) deque.push(i);
  const began = performance.now();
  for (let i = 1; i <= 100_000; i++) deque.unshift(-i);
  for (let i = 0; i < 100_000; i++) {
    // Two leave, and two come back.
    const [first, second] = [deque.shift()!, deque.shift()!];
    deque.unshift(second);
    deque.unshift(first);
  }
  assert.equal(deque.length, 200_000);
  assert.equal(deque.peek(), -100_000);
  assert.ok(performance.now() - began < 3_000);
});
