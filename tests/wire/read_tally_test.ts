import assert from "node:assert/strict";
import { TallyKeeper } from "../../telemetry/tally_keeper.ts";
import { decodeEach, encodeEach } from "../../wire/codec.ts";
import { LIMITS } from "../../wire/limits.ts";
import { readTally } from "../../wire/read_tally.ts";
import fc from "../fast_check.ts";
import { block, counted, functionTally, ran, tally } from "../telemetry/tallies.ts";

const GOOD = tally({
  functions: [functionTally({ run: [1, 2], wait: [3, 4] })],
  blocks: [block({ waitMs: 3 })],
});

/** What no field of each kind may be. */
const WRONG: Record<string, unknown[]> = {
  number: [undefined, null, "1", 1n, true, NaN, -1, Infinity, 2 ** 53, [], {}],
  string: [undefined, null, 1, "x".repeat(1001), [], {}],
  boolean: [undefined, null, 0, "true"],
  object: [undefined, null, 1, "[]", {}, { length: 1, 0: 1 }, [1n], ["1"], [null], [-1]],
};

Deno.test("read tally: one that is right is read as it is", () => {
  assert.deepEqual(readTally(GOOD), GOOD);
  const told = tally({ blocks: [block()] });
  assert.deepEqual(readTally(structuredClone(told)), told);
});

Deno.test("read tally: what is none is refused", () => {
  for (const value of [undefined, null, 1, "tally", [], [GOOD], () => GOOD]) {
    assert.throws(() => readTally(value), /cannot be right$/);
  }
});

Deno.test("read tally: each field is looked at, and named when it is wrong", () => {
  for (const [name, value] of Object.entries(GOOD)) {
    for (const wrong of WRONG[typeof value]!) {
      assert.throws(() => readTally({ ...GOOD, [name]: wrong }), new RegExp(`its ${name} cannot`));
    }
  }
});

Deno.test("read tally: each field of a function and of a block is looked at", () => {
  const { functions: [fn], blocks: [one] } = GOOD;
  const parts: [string, object, (part: object) => object][] = [
    ["functions", fn!, (part) => ({ ...GOOD, functions: [fn, part] })],
    ["blocks", one!, (part) => ({ ...GOOD, blocks: [one, part] })],
  ];
  for (const [where, good, within] of parts) {
    const named = new RegExp(`its ${where} cannot be right`);
    readTally(within(good));
    for (const [name, value] of Object.entries(good)) {
      for (const wrong of WRONG[typeof value]!) {
        // Not every block says how long its first task waited.
        if (name === "waitMs" && wrong === undefined) continue;
        assert.throws(() => readTally(within({ ...good, [name]: wrong })), named, name);
      }
    }
    for (const wrong of [null, 1, "x", undefined]) {
      assert.throws(() => readTally(within(wrong as unknown as object)), named);
    }
  }
});

Deno.test("read tally: no list is longer than it can be", () => {
  const functions = (count: number) => new Array(count).fill(functionTally());
  const most = LIMITS.shownFunctions + 1;
  readTally(
    tally({ functions: functions(most), blocks: new Array(LIMITS.mostBlocks).fill(block()) }),
  );
  assert.throws(() => readTally(tally({ functions: functions(most + 1) })), /functions/);
  const blocks = new Array(LIMITS.mostBlocks + 1).fill(block());
  assert.throws(() => readTally(tally({ blocks })), /blocks/);
  const run = new Array(1001).fill(1);
  assert.throws(() => readTally(tally({ functions: [functionTally({ run })] })), /functions/);
});

Deno.test("read tally: whatever comes is read or refused with a reason", () => {
  const junk = fc.anything({ withBigInt: true, withMap: true, withSparseArray: true });
  const likely = fc.record(
    Object.fromEntries(
      Object.entries(GOOD).map(([name, value]) => [name, fc.oneof(fc.constant(value), junk)]),
    ),
    { requiredKeys: [] },
  );
  fc.assert(fc.property(fc.oneof(junk, likely), (value) => {
    try {
      assert.equal(readTally(value), value);
    } catch (error) {
      assert.match((error as Error).message, /^its \w+ cannot be right$/);
    }
  }));
});

Deno.test("read tally: whatever a keeper has counted is accepted, and arrives as it was", () => {
  const text = fc.string({ unit: "binary", maxLength: 300 });
  const stretch = fc.record({
    label: text,
    mark: fc.option(fc.record({ id: fc.nat(3) }), { nil: undefined }),
    parent: fc.oneof(text, fc.constant("p".repeat(5000))),
    spawnedAt: fc.oneof(fc.double({ noNaN: true }), fc.constant(0)),
    from: fc.nat(1e6),
    length: fc.double({ min: 0, max: 1e5, noNaN: true }),
    tasks: fc.integer({ min: 1, max: 1e6 }),
    waited: fc.boolean(),
    args: fc.array(fc.anything(), { maxLength: 3 }),
  });
  fc.assert(fc.property(fc.array(stretch, { maxLength: 300 }), fc.nat(1e6), (stretches, now) => {
    const keeper = new TallyKeeper("w", (at) => at + 1e12, () => 0);
    keeper.decide(true);
    for (const { length, ...rest } of stretches) {
      keeper.of(counted(rest.label)).waited(rest.spawnedAt, 3);
      ran(keeper, { ...rest, to: rest.from + length, ms: length, failed: 0 });
    }
    const made = keeper.take(now, { cpuMs: 0, rss: 0, lagMs: 0, running: 0, queued: 0 });
    const { body, frames } = encodeEach([made]);
    const [arrived] = decodeEach(body, frames);
    assert.equal(readTally(arrived), arrived);
    const { blocks, functions } = arrived as typeof made;
    assert.deepEqual([blocks.length, functions.length], [
      made.blocks.length,
      made.functions.length,
    ]);
  }));
});
