import assert from "node:assert/strict";
import { encodeEach } from "../../wire/codec.ts";
import type { ResultMessage } from "../../wire/messages.ts";
import { Away } from "../../worker/away.ts";
import { FakeWork, type FixedHandle } from "../futures/fakes.ts";

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

Deno.test("away: the header says what the bundle is", () => {
  const { away, work } = setUp();
  work.next = 1;
  assert.deepEqual(away.add(work, 6, "w", ["big"]), {
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
  });
  assert.equal(away.add(work, 6, "w").id, 2, "each has a number of its own");
  assert.equal(away.size, 2);
});

Deno.test("away: outcomes go to their tasks", () => {
  const { away, work, handle } = setUp();
  work.next = 1;
  const { id } = away.add(work, 6, "w");
  const done = away.settle(result(id, 0, ["one", new RangeError("two")], [1]));
  assert.equal(done, 6, "what it was expected to take");
  assert.equal(work.outcomes[0], undefined, "it has not left");
  assert.deepEqual(work.outcomes[1], ["value", "one"]);
  const [kind, error] = work.outcomes[2]!;
  assert.equal(kind, "error");
  assert.ok(error instanceof RangeError);
  assert.deepEqual(handle.observed, [[4, 2]]);
  assert.equal(away.size, 0);
  assert.equal(away.settle(result(id, 0, [1, 2])), undefined, "nobody waits for it any more");
});

Deno.test("away: parts come in any order", () => {
  const { away, work } = setUp(5);
  const { id } = away.add(work, 10, "w");
  assert.equal(away.settle(result(id, 3, [3])), undefined);
  assert.equal(away.settle(result(id, 0, [0, 1])), undefined);
  assert.equal(away.settle(result(id, 4, [4])), undefined);
  assert.equal(away.settle(result(id, 2, [2])), 10);
  assert.deepEqual(work.outcomes.map(([, value]) => value), [0, 1, 2, 3, 4]);
});

Deno.test("away: results that cannot be read fail their tasks", () => {
  for (const payload of [{ body: new Uint8Array([0xc1]), frames: [] }, encodeEach([1])]) {
    const { away, work } = setUp(2);
    const { id } = away.add(work, 1, "w");
    assert.equal(away.settle({ ...result(id, 0, [1, 2]), payload }), 1);
    assert.deepEqual(work.outcomes.map(([kind]) => kind), ["error", "error"]);
  }
});

Deno.test("away: what is known to run elsewhere is passed on", () => {
  const { away, work } = setUp(4);
  work.next = 1;
  const { id } = away.add(work, 1, "w");
  away.started({ type: "started", owner: "w", id, base: 1, index: 1 });
  away.started({ type: "started", owner: "w", id: 99, base: 0, index: 0 });
  assert.deepEqual(work.startedElsewhere, [3]);
});

Deno.test("away: when nothing will come back, each open task is told so, and only those", () => {
  const { away, work } = setUp(4);
  const other = new FakeWork("g", undefined, { count: 2 });
  other.next = 1;
  const { id } = away.add(work, 1, "w");
  away.add(other, 1, "w");
  away.settle(result(id, 1, ["one", "two"]));
  const error = new Error("lost");
  away.failAll(error);
  assert.deepEqual(work.outcomes, [
    ["error", error],
    ["value", "one"],
    ["value", "two"],
    ["error", error],
  ]);
  assert.deepEqual(other.outcomes, [, ["error", error]]);
  assert.equal(away.size, 0);
  away.failAll(new Error("again"));
  assert.equal(work.outcomes[0]![1], error);
});
