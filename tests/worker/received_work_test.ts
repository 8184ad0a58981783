import assert from "node:assert/strict";
import { decodeEach, encodeEach } from "../../wire/codec.ts";
import type { BundleHeader, ResultHeader } from "../../wire/messages.ts";
import { ReceivedWork } from "../../worker/received_work.ts";
import { FixedHandle, spin } from "../futures/fakes.ts";

interface Reported extends ResultHeader {
  values: unknown[];
  frames: number;
}

interface Given extends Partial<BundleHeader> {
  /** Milliseconds a task is known to take here; nothing is known without it. */
  mean?: number;
  args?: unknown[][];
}

/** A bundle that has arrived, and what it told. */
function setUp({ mean, args = [[0], [1], [2], [3]], ...changes }: Given = {}) {
  const reported: Reported[] = [];
  const started: number[] = [];
  const lost: string[] = [];
  let ready = 0;
  const handle = new FixedHandle("f", () => 1, mean);
  const bundle: BundleHeader = {
    ...{ owner: "origin", id: 7, base: 0, count: args.length, label: "f", fn: { ...handle.ref } },
    ...{ attempt: 0, retries: 2, priority: 0, timeout: 0, estimate: 0, needs: [] },
    ...changes,
  };
  const work = new ReceivedWork(bundle, encodeEach(args), handle, "worker 1", {
    ready: () => ready++,
    result: (_work, result, payload) =>
      reported.push({
        ...result,
        values: decodeEach(payload.body, payload.frames),
        frames: payload.frames.length,
      }),
    started: (_work, index) => started.push(index),
    lost: (_work, index, reason) => lost.push(`${index} ${reason}`),
  });
  return {
    work,
    reported,
    started,
    lost,
    handle,
    readyCalls: () => ready,
    /** What was reported since, as "base: values". */
    report(): string[] {
      reported.length = 0;
      work.report();
      return reported.map(({ base, count, values }) => {
        assert.equal(values.length, count);
        return `${base}: ${values.map((value) => JSON.stringify(value)).join()}`;
      });
    },
  };
}

Deno.test("received work: results go back in one message when the bundle has ended", () => {
  const { work, reported, readyCalls } = setUp({ base: 10, mean: 0.5 });
  assert.deepEqual([work.count, work.expected, work.turn], [4, 2, undefined]);
  for (let i = 0; i < 4; i++) work.settle(i, work.begin(i)[0]);
  assert.equal(readyCalls(), 1);
  assert.deepEqual(reported, [], "not before its time is known");
  work.report();
  assert.deepEqual(reported, [{
    ...{ owner: "origin", id: 7, base: 10, count: 4, elapsed: 2, failed: [] },
    ...{ values: [0, 1, 2, 3], frames: 0 },
  }]);
  work.report();
  assert.equal(reported.length, 1);
});

Deno.test("received work: values and errors side by side", () => {
  const { work, reported, report } = setUp();
  work.settle(0, { a: [1] });
  work.fail(1, new RangeError("no"));
  work.settle(2, undefined);
  work.settle(3, "text");
  report();
  const [{ values, failed }] = reported as [Reported];
  assert.deepEqual(failed, [1]);
  assert.deepEqual([values[0], values[2], values[3]], [{ a: [1] }, undefined, "text"]);
  const error = values[1] as Error;
  assert.ok(error instanceof RangeError);
  assert.match(error.stack!, /RangeError: no[\s\S]*\n {4}in task f on worker worker 1$/);
});

Deno.test("received work: a result is what it was when the task returned it", () => {
  const { work, report } = setUp();
  const shared = { n: 0 };
  for (let i = 0; i < 4; i++) {
    shared.n = i;
    work.settle(i, shared);
  }
  shared.n = 99;
  assert.deepEqual(report(), ['0: {"n":0},{"n":1},{"n":2},{"n":3}']);
});

Deno.test("received work: only a first stretch is reported while others are open", () => {
  const { work, report } = setUp();
  work.settle(1, "b");
  assert.deepEqual(report(), []);
  work.settle(0, "a");
  assert.deepEqual(report(), ['0: "a","b"']);
  work.settle(3, "d");
  assert.deepEqual(report(), []);
  work.settle(2, "c");
  assert.deepEqual(report(), ['2: "c","d"']);
});

Deno.test("received work: outcomes of slow tasks are not kept back for long", () => {
  const slow = setUp({ mean: 100 });
  slow.work.settle(0, 0);
  assert.equal(slow.readyCalls(), 0);
  spin(55);
  slow.work.settle(1, 1);
  assert.equal(slow.readyCalls(), 1);
  assert.deepEqual(slow.report(), ["0: 0,1"]);
  const quick = setUp({ mean: 0.01 });
  spin(55);
  quick.work.settle(0, 0);
  assert.equal(quick.readyCalls(), 0, "quick ones soon have company");
});

Deno.test("received work: what has frames of its own goes alone, and at once", () => {
  const { work, report, reported, readyCalls } = setUp({ args: Array(5).fill([0]) });
  const large = (n: number) => new Uint8Array(100_000).fill(n);
  work.settle(0, "a");
  work.settle(1, "b");
  assert.equal(readyCalls(), 0);
  work.settle(2, large(2));
  assert.equal(readyCalls(), 1);
  work.settle(3, large(3));
  work.settle(4, "e");
  report();
  assert.deepEqual(reported.map(({ base, count, frames }) => [base, count, frames]), [
    ...[[0, 2, 0], [2, 1, 1], [3, 1, 1], [4, 1, 0]],
  ]);
  assert.deepEqual(reported.slice(1, 3).map(({ values }) => (values[0] as Uint8Array)[99_999]), [
    ...[2, 3],
  ]);
});

Deno.test("received work: a result that cannot travel is an error that says so", () => {
  const { work, reported, report } = setUp({ args: [[0], [1]] });
  work.settle(0, { call: () => 1 });
  work.settle(1, Promise.resolve(1));
  report();
  const [{ values, failed }] = reported as [Reported];
  assert.deepEqual(failed, [0, 1]);
  const [error] = values as [Error];
  assert.equal(error.name, "SerializationError");
  assert.match(
    error.message,
    /the result of f cannot be sent: cannot send result\.call: .*function/,
  );
});

Deno.test("received work: an error that cannot travel is told as far as it can", () => {
  const { work, reported, report } = setUp();
  work.fail(0, Object.assign(new TypeError("odd"), { handler: () => 1 }));
  work.fail(1, () => 1);
  work.fail(2, "a text");
  work.fail(3, undefined);
  report();
  const [{ values, failed }] = reported as [Reported];
  assert.deepEqual(failed, [0, 1, 2, 3]);
  assert.match((values[0] as Error).message, /odd/);
  assert.equal((values[0] as Error).name, "TypeError");
  assert.match((values[1] as Error).message, /a value that cannot be sent was thrown/);
  assert.deepEqual(values.slice(2), ["a text", undefined]);
});

Deno.test("received work: what is cancelled is not run, and its place is filled", () => {
  const { work, report } = setUp({ base: 10 });
  work.cancel(11);
  work.cancel(13);
  assert.deepEqual([0, 1, 2, 3].map((i) => work.skip(i)), [false, true, false, true]);
  work.settle(0, "a");
  work.settle(2, "c");
  assert.deepEqual(report(), ['10: "a",,"c",']);
  const all = setUp();
  all.work.cancel(-1);
  assert.deepEqual([0, 1, 2, 3].map((i) => all.work.skip(i)), [true, true, true, true]);
  assert.deepEqual(all.report(), ["0: ,,,"]);
});

Deno.test("received work: long tasks are announced when they begin", () => {
  const begun = (given: Given) => {
    const { work, started } = setUp(given);
    work.begin(2);
    return started;
  };
  assert.deepEqual(begun({}), [2], "so is one of which nothing is known");
  assert.deepEqual(begun({ mean: 20 }), [2]);
  assert.deepEqual(begun({ estimate: 20 }), [2]);
  assert.deepEqual(begun({ mean: 0.1, timeout: 1_000 }), [2], "and one that must not take long");
  assert.deepEqual(begun({ mean: 0.1 }), []);
  assert.deepEqual(begun({ mean: 0.1, estimate: 20 }), [], "what was seen here counts more");
});

Deno.test("received work: each task has arguments of its own", () => {
  const shared = [1];
  const { work } = setUp({ args: [[shared], [shared]] });
  const [first] = work.begin(0) as [number[]];
  first.push(2);
  assert.deepEqual(work.begin(1), [[1]]);
});

Deno.test("received work: a task that ended its process makes the whole bundle void", () => {
  const { work, lost, report, readyCalls } = setUp();
  work.settle(0, "a");
  work.lose(1, "exit code 1");
  assert.deepEqual(lost, ["1 exit code 1"]);
  assert.equal(work.skip(2), true);
  work.settle(3, "d");
  assert.equal(readyCalls(), 0);
  assert.deepEqual(report(), ['0: "a"'], "at most what had ended before is told");
});

Deno.test("received work: payloads that are no arguments fail in the task", () => {
  const { work } = setUp();
  const broken = new ReceivedWork(
    work.bundle,
    { body: new Uint8Array([0xc1]), frames: [] },
    work.handle,
    "w",
    work.events,
  );
  assert.throws(() => broken.begin(0), /malformed MessagePack/);
});
