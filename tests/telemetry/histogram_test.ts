import assert from "node:assert/strict";
import { bucketOf, BUCKETS, Histogram, upperBound } from "../../telemetry/histogram.ts";
import fc from "../fast_check.ts";

/** How much larger a bucket's end is than what is in it, at the most. */
const WIDTH = 2 ** (1 / 4) + 1e-9;
const DAY = 86_400_000;
const duration = fc.double({ min: 0.001, max: DAY, noNaN: true });

Deno.test("histogram: a duration is told to within 19 %", () => {
  fc.assert(fc.property(duration, (ms) => {
    const upper = upperBound(bucketOf(ms));
    assert.ok(ms <= upper * (1 + 1e-9) && upper <= ms * WIDTH, `${ms} is told as ${upper}`);
  }));
});

Deno.test("histogram: longer durations are never in an earlier bucket", () => {
  fc.assert(fc.property(duration, duration, (a, b) => {
    assert.equal(a <= b ? bucketOf(a) <= bucketOf(b) : bucketOf(a) >= bucketOf(b), true);
  }));
});

Deno.test("histogram: whatever is no duration is in a bucket", () => {
  for (const ms of [0, -1, NaN, -Infinity, 1e-9]) assert.equal(bucketOf(ms), 0, `${ms}`);
  for (const ms of [Infinity, 1e300, 100 * DAY]) assert.equal(bucketOf(ms), BUCKETS - 1, `${ms}`);
  assert.ok(upperBound(BUCKETS - 1) > DAY);
});

Deno.test("histogram: what travels as pairs adds up to the same", () => {
  const some = fc.array(fc.tuple(duration, fc.integer({ min: 1, max: 9 })), { maxLength: 30 });
  fc.assert(fc.property(some, some, (one, other) => {
    const [whole, received] = [new Histogram(), new Histogram()];
    for (const part of [one, other]) {
      const sender = new Histogram();
      for (const [ms, times] of part) {
        whole.add(ms, times);
        sender.add(ms, times);
      }
      received.addPairs(sender.pairs());
    }
    assert.deepEqual(received.counts, whole.counts);
    assert.equal(received.total, whole.total);
    assert.ok(Math.abs(received.sum - whole.sum) <= 0.1 * whole.sum, "the sum is about the same");
  }));
});

Deno.test("histogram: pairs that are none are left out", () => {
  const histogram = new Histogram();
  histogram.addPairs([-1, 5, BUCKETS, 5, 1.5, 5, NaN, 5, 3, 0, 3, -2, 3, NaN, 4, 2, 7]);
  assert.deepEqual(histogram.pairs(), [4, 2]);
  assert.equal(histogram.total, 2);
});
