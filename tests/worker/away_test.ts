import assert from "node:assert/strict";
import { encodeEach } from "../../wire/codec.ts";
import type { ResultMessage } from "../../wire/messages.ts";
import { Away } from "../../worker/away.ts";
import type { Arrived } from "../../worker/away.ts";
import fc from "../fast_check.ts";
import { FakeWork, type FixedHandle } from "../futures/fakes.ts";

/** The arguments of nothing in particular. */
const NOTHING = encodeEach([]);

function result(id: number, base: number, values: unknown[], failed: number[] = []): ResultMessage {
  return {
    type: "result",
    result: { owner: "w", id, base, count: values.length, elapsed: 4, failed },
    payload: encodeEach(values),
  };
}

function setUp(count = 3) {
  const away = new Away();
  const work = new FakeWork("f", undefined, { count, mean: 2 });
  return { away, work, handle: work.handle as FixedHandle };
}

/** What came, as "first: values". */
function text(arrived: Arrived | undefined): string | undefined {
  return arrived && `${arrived.first}: ${arrived.values.join()}`;
}

Deno.test("away: the header says what the bundle is", () => {
  const { away, work } = setUp();
  work.next = 1;
  assert.deepEqual(
    away.add(work, 6, { owner: "w", parent: "", now: 0 }, { ...NOTHING, handles: ["big"] }),
    {
      owner: "w",
      id: 1,
      base: 0,
      count: 2,
      fn: { kind: "source", name: "f", source: "f" },
      label: "f",
      attempt: 0,
      retries: 2,
      priority: 0,
      timeout: 0,
      estimate: 2,
      needs: ["big"],
      parent: "",
    },
  );
  assert.equal(
    away.add(work, 6, { owner: "w", parent: "", now: 0 }, NOTHING).id,
    2,
    "each has a number of its own",
  );
  assert.equal(away.size, 2);
  away.check();
});

Deno.test("away: outcomes are those of the work's tasks, by their index in it", () => {
  const { away, work, handle } = setUp();
  work.next = 1;
  const { id } = away.add(work, 6, { owner: "w", parent: "", now: 0 }, NOTHING);
  const arrived = away.settle(result(id, 0, ["one", new RangeError("two")], [1]), 0)!;
  assert.equal(arrived.work, work);
  assert.equal(arrived.first, 1, "the first had not left");
  assert.deepEqual([arrived.values[0], [...arrived.failed]], ["one", [1]]);
  assert.ok(arrived.values[1] instanceof RangeError);
  assert.equal(arrived.expected, 6, "what it was expected to take");
  assert.deepEqual(handle.observed, [[4, 2]]);
  assert.equal(away.size, 0);
  assert.equal(away.settle(result(id, 0, [1, 2]), 0), undefined, "nobody waits for it any more");
});

Deno.test("away: parts come in any order", () => {
  const { away } = setUp();
  const work = new FakeWork("f", undefined, { count: 5 });
  const { id } = away.add(work, 10, { owner: "w", parent: "", now: 0 }, NOTHING);
  const come = (base: number, ...values: number[]) => {
    const arrived = away.settle(result(id, base, values), 0);
    away.check();
    return [text(arrived), arrived?.expected];
  };
  assert.deepEqual(come(3, 3), ["3: 3", undefined]);
  assert.deepEqual(come(0, 0, 1), ["0: 0,1", undefined]);
  assert.deepEqual(come(4, 4), ["4: 4", undefined]);
  assert.deepEqual(come(2, 2), ["2: 2", 10]);
});

Deno.test("away: what has come before, or cannot have left, changes nothing", () => {
  const { away, work, handle } = setUp(4);
  const { id } = away.add(work, 1, { owner: "w", parent: "", now: 0 }, NOTHING);
  assert.equal(text(away.settle(result(id, 1, ["b", "c"]), 0)), "1: b,c");
  assert.equal(handle.observed.length, 1);
  const again = [[1, 2], [1, 1], [2, 1], [0, 2], [2, 2], [0, 4]];
  const beyond = [[3, 2], [4, 1], [0, 5], [2 ** 50, 1]];
  for (const [base, count] of [...again, ...beyond] as [number, number][]) {
    assert.equal(away.settle(result(id, base, Array(count).fill("x")), 0), undefined);
    away.check();
  }
  assert.equal(away.settle(result(id + 1, 0, ["x"]), 0), undefined);
  assert.equal(handle.observed.length, 1, "nothing is learned from it");
  assert.equal(text(away.settle(result(id, 0, ["a"]), 0)), "0: a");
  assert.equal(away.settle(result(id, 3, ["d"]), 0)!.expected, 1);
});

Deno.test("away: results that cannot be read fail their tasks, every one", () => {
  for (const payload of [{ body: new Uint8Array([0xc1]), frames: [] }, encodeEach([1])]) {
    const { away, work } = setUp(2);
    const { id } = away.add(work, 1, { owner: "w", parent: "", now: 0 }, NOTHING);
    const arrived = away.settle({ ...result(id, 0, [1, 2]), payload }, 0)!;
    assert.deepEqual([...arrived.failed], [0, 1]);
    assert.equal(arrived.values.length, 2);
    assert.ok(arrived.values.every((value) => value instanceof Error));
    assert.equal(arrived.expected, 1);
  }
});

Deno.test("away: what is known to run elsewhere", () => {
  const { away, work } = setUp(4);
  work.next = 1;
  const { id } = away.add(work, 1, { owner: "w", parent: "", now: 0 }, NOTHING);
  const started = (id: number, base: number, count = 1) =>
    [...away.started({ type: "started", owner: "w", id, base, count })].map(({ index }) => index);
  assert.deepEqual(started(id, 2), [3]);
  assert.deepEqual(started(id, 0, 2), [1, 2]);
  assert.deepEqual(started(id, 2, 1e15), [3], "it has no more");
  assert.deepEqual(started(id, 3), [], "there is no such task");
  assert.deepEqual(started(99, 0), []);
});

Deno.test("away: who waits for what when nothing will come back", () => {
  const { away, work } = setUp(4);
  const other = new FakeWork("g", undefined, { count: 2 });
  other.next = 1;
  const { id } = away.add(work, 1, { owner: "w", parent: "", now: 0 }, NOTHING);
  away.add(other, 1, { owner: "w", parent: "", now: 0 }, NOTHING);
  away.settle(result(id, 1, ["one", "two"]), 0);
  const open = away.takeAll().map(({ work, index }) => `${work.handle.label} ${index}`);
  assert.deepEqual(open, ["f 0", "f 3", "g 1"]);
  assert.equal(away.size, 0);
  assert.deepEqual(away.takeAll(), []);
});

Deno.test("away: however results are split, repeated and mixed, each task has one outcome", () => {
  const stretch = fc.tuple(fc.nat(11), fc.integer({ min: 1, max: 6 }));
  fc.assert(fc.property(fc.array(stretch, { maxLength: 40 }), fc.nat(3), (stretches, next) => {
    const { away } = setUp();
    const work = new FakeWork("f", undefined, { count: 8 });
    work.next = next;
    const { id, count } = away.add(work, 5, { owner: "w", parent: "", now: 0 }, NOTHING);
    const outcomes = new Map<number, unknown>();
    let ends = 0;
    const come = (base: number, length: number) => {
      const arrived = away.settle(result(id, base, Array.from({ length }, (_, i) => base + i)), 0);
      away.check();
      for (const [i, value] of (arrived?.values ?? []).entries()) {
        const index = arrived!.first + i;
        assert.ok(!outcomes.has(index), "one outcome each");
        outcomes.set(index, value);
        assert.equal(index, next + (value as number));
      }
      if (arrived?.expected !== undefined) ends++;
    };
    for (const [base, length] of stretches) come(base, length);
    for (let i = 0; i < count; i++) come(i, 1);
    assert.deepEqual([outcomes.size, ends, away.size], [count, 1, 0]);
  }));
});
