import assert from "node:assert/strict";
import { BUNDLE_TIME, bundleSize, LONG_BUNDLE_TIME } from "../../futures/sizing.ts";
import fc from "../fast_check.ts";
import { FakeSource } from "./fakes.ts";

const size = (mean: number | undefined, remaining: number, workers: number, chunkSize = 0) =>
  bundleSize(new FakeSource("s", remaining, { mean, chunkSize }), remaining, workers);

Deno.test("sizing: one task while nothing is known", () => {
  assert.equal(size(undefined, 1e6, 4), 1);
  assert.equal(size(undefined, Infinity, 4), 1);
});

Deno.test("sizing: then some milliseconds of work", () => {
  assert.equal(size(1, 1e6, 4), LONG_BUNDLE_TIME);
  assert.equal(size(0.1, 1e6, 4), LONG_BUNDLE_TIME * 10);
  assert.equal(size(2, Infinity, 4), LONG_BUNDLE_TIME / 2);
});

Deno.test("sizing: less towards the end, so that all end together", () => {
  const sizes = [1000, 640, 500, 320, 224, 160].map((remaining) => size(1, remaining, 4));
  assert.deepEqual(sizes, [LONG_BUNDLE_TIME, 20, 16, 10, BUNDLE_TIME, BUNDLE_TIME]);
  const long = [1000, 100, 64, 47].map((remaining) => size(10.05, remaining, 4));
  assert.deepEqual(long, [3, 3, 2, 1], "whatever is missing to a whole number");
});

Deno.test("sizing: what takes long goes alone", () => {
  assert.equal(size(LONG_BUNDLE_TIME, 1e6, 4), 1);
  assert.equal(size(1_000, 1e6, 4), 1);
});

Deno.test("sizing: never more than leaves two bundles for each worker, nor than the most", () => {
  assert.equal(size(0.001, 80, 4), 10);
  assert.equal(size(0.001, 81, 4), 11);
  assert.equal(size(0.001, 3, 4), 1);
  assert.equal(size(0, 1e9, 4), 4096);
  assert.equal(size(0, Infinity, 1), 4096);
});

Deno.test("sizing: what the user wants, as it is", () => {
  assert.equal(size(undefined, 10, 4, 3), 3);
  assert.equal(size(1_000, 10, 4, 50_000), 50_000);
});

Deno.test("sizing: always at least one, and a whole number", () => {
  const mean = fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined });
  const remaining = fc.oneof(fc.integer({ min: -5, max: 1e6 }), fc.constant(Infinity));
  fc.assert(
    fc.property(mean, remaining, fc.integer({ min: 1, max: 1e5 }), (each, left, workers) => {
      const n = size(each, left, workers);
      assert.ok(Number.isInteger(n) && n >= 1 && n <= 4096, `${n}`);
    }),
  );
});
