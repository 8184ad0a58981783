import assert from "node:assert/strict";
import { trendOf } from "./memory.ts";
import type { Look } from "./memory.ts";

const MIB = 2 ** 20;

/** A look in each second; `mib` tells what there is after `i` seconds, with any noise. */
function looks(seconds: number, mib: (i: number) => number): Look[] {
  return Array.from({ length: seconds }, (_, i) => ({ at: 1000 * i, bytes: mib(i) * MIB }));
}

/** What looks like chance, and is the same each time. */
const noise = (i: number) => ((i * 7919) % 101) / 101;

Deno.test("memory: what stays, comes and goes, or grows at first only does not grow", () => {
  const still: ((i: number) => number)[] = [
    () => 80,
    (i) => 80 + 5 * noise(i),
    // As a garbage collector has it.
    (i) => 80 + (i % 37) * 2 + 3 * noise(i),
    (i) => 160 - 80 * Math.exp(-i / 40) + 4 * noise(i),
    (i) => (i < 200 ? 80 : 88) + 2 * noise(i),
    (i) => 150 - i / 10,
  ];
  for (const [n, mib] of still.entries()) {
    for (const seconds of [300, 3600]) {
      assert.equal(trendOf(looks(seconds, mib))!.grows, false, `${n} in ${seconds} s`);
    }
  }
});

Deno.test("memory: what goes on growing does, however it comes and goes meanwhile", () => {
  for (const [perMinute, seconds] of [[10, 300], [1, 3600]] as const) {
    const mib = (i: number) => 80 + (i % 37) * 0.7 + 5 * noise(i) + i * perMinute / 60;
    const { grows, grown, over } = trendOf(looks(seconds, mib))!;
    assert.ok(grows, `${grown / MIB} MiB`);
    const expected = perMinute * over / 60_000;
    assert.ok(Math.abs(grown / MIB - expected) < 0.3 * expected, `${grown / MIB}, ${expected}`);
  }
});

Deno.test("memory: who was seen for a short while only is not judged", () => {
  assert.equal(trendOf([]), undefined);
  assert.equal(trendOf(looks(90, (i) => i)), undefined);
});
