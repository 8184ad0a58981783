import assert from "node:assert/strict";
import { Series } from "../../telemetry/series.ts";
import type { Sample } from "../../telemetry/series.ts";
import { LIMITS } from "../../wire/limits.ts";
import fc from "../fast_check.ts";

const EVERY: number = LIMITS.sampleMs;

function sample(at: number): Sample {
  return { at, done: at, failed: 0, queued: 0, workers: 1, busy: 1, rss: 1, lagMs: 0 };
}

const timesOf = (series: Series) => series.samples.map(({ at }) => at);

Deno.test("series: a sample too young to be kept is replaced by the next", () => {
  const series = new Series();
  for (const at of [0, 100, 200, EVERY, EVERY + 10, 2 * EVERY, 3 * EVERY]) series.add(sample(at));
  assert.deepEqual(timesOf(series), [0, EVERY, 2 * EVERY, 3 * EVERY]);
  series.add(sample(3 * EVERY + 1));
  assert.deepEqual(timesOf(series).slice(-2), [3 * EVERY, 3 * EVERY + 1], "now is always there");
});

Deno.test("series: is thinned out as a run gets longer, and reaches from its beginning to now", () => {
  const series = new Series();
  const count = 10 * LIMITS.mostSamples;
  for (let i = 0; i < count; i++) {
    series.add(sample(i * EVERY));
    assert.ok(series.samples.length <= LIMITS.mostSamples);
    assert.equal(series.samples.at(-1)!.at, i * EVERY);
  }
  assert.equal(series.everyMs, 16 * EVERY);
  assert.equal(series.thinned, 4);
  const times = timesOf(series);
  assert.equal(times[0], 0);
  assert.ok(times.length > LIMITS.mostSamples / 2);
  for (let i = 1; i < times.length - 1; i++) {
    assert.ok(Math.abs(times[i]! - times[i - 1]! - series.everyMs) <= EVERY, `at ${times[i]}`);
  }
});

Deno.test("series: whenever samples come, they are in order and none is too close", () => {
  const gaps = fc.array(fc.nat(3 * EVERY), { maxLength: 300 });
  fc.assert(fc.property(gaps, (gaps) => {
    const series = new Series();
    let at = 0;
    for (const gap of gaps) series.add(sample(at += gap));
    const times = timesOf(series);
    assert.equal(times.at(-1) ?? 0, at);
    for (let i = 1; i < times.length; i++) {
      const isLast = i === times.length - 1;
      assert.ok(times[i]! - times[i - 1]! >= (isLast ? 0 : 0.9 * EVERY));
    }
  }));
});
