import assert from "node:assert/strict";
import { decodeEach, encodeEach } from "../../wire/codec.ts";
import type { BundleHeader, ResultHeader } from "../../wire/messages.ts";
import { LIMITS } from "../../wire/limits.ts";
import { ReceivedWork } from "../../worker/received_work.ts";
import { FixedHandle } from "../futures/fakes.ts";

const { reportMs } = LIMITS;

interface Reported extends ResultHeader {
  values: unknown[];
  frames: number;
}

interface Given extends Partial<BundleHeader> {
  /** Milliseconds a task is known to take here; nothing is known without it. */
  mean?: number;
  args?: unknown[][];
}

/** A bundle that has arrived at time 0, and what it told. */
function setUp({ mean, args = [[0], [1], [2], [3]], ...changes }: Given = {}) {
  const reported: Reported[] = [];
  const lost: string[] = [];
  let noted = 0;
  const handle = new FixedHandle("f", () => 1, mean);
  const bundle: BundleHeader = {
    ...{ owner: "origin", id: 7, base: 0, count: args.length, label: "f", fn: { ...handle.ref } },
    ...{ attempt: 0, retries: 2, priority: 0, timeout: 0, estimate: 0, needs: [], parent: "" },
    ...changes,
  };
  const events = {
    suspended: () => undefined,
    noted: () => void noted++,
    lost: (_work: ReceivedWork, index: number, reason: string) =>
      void lost.push(`${index} ${reason}`),
  };
  const work = new ReceivedWork(bundle, encodeEach(args), handle, "worker 1", events);
  return {
    work,
    reported,
    lost,
    noted: () => noted,
    /** Begins and ends tasks: their results are their first arguments. */
    execute(...indices: number[]): void {
      for (const index of indices) {
        work.next = Math.max(work.next, index + 1);
        work.settle(index, work.begin(index)[0]);
        work.check();
      }
    },
    /** What is reported now, as "base: values". */
    report(): string[] {
      reported.length = 0;
      for (const { result, payload } of work.report()) {
        const values = decodeEach(payload.body, payload.frames);
        reported.push({ ...result, values, frames: payload.frames.length });
      }
      work.check();
      return reported.map(({ base, count, values }) => {
        assert.equal(values.length, count);
        return `${base}: ${values.map((value) => JSON.stringify(value)).join()}`;
      });
    },
  };
}

Deno.test("received work: results go back in one message when the bundle has ended", () => {
  const { work, reported, noted, execute, report } = setUp({ base: 10, mean: 0.5 });
  assert.deepEqual([work.count, work.expected, work.turn], [4, 2, undefined]);
  execute(0, 1, 2);
  assert.deepEqual([noted(), work.isDue(0), work.over], [3, false, false]);
  execute(3);
  assert.equal(work.isDue(0), true);
  assert.deepEqual([work.over, work.hasNothingNoted], [false, false]);
  report();
  assert.deepEqual(reported, [{
    ...{ owner: "origin", id: 7, base: 10, count: 4, elapsed: 2, failed: [] },
    ...{ values: [0, 1, 2, 3], frames: 0 },
  }]);
  assert.deepEqual([work.over, work.hasNothingNoted, work.isDue(1e9)], [true, true, false]);
  assert.deepEqual(report(), []);
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

Deno.test("received work: errors are named by their place within each report", () => {
  const { work, reported, report } = setUp({ base: 5 });
  work.fail(3, new Error("three"));
  work.settle(2, 2);
  report();
  assert.deepEqual([reported[0]!.base, reported[0]!.failed], [7, [1]]);
  work.fail(0, new Error("zero"));
  work.settle(1, 1);
  report();
  assert.deepEqual([reported[0]!.base, reported[0]!.failed], [5, [0]]);
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

Deno.test("received work: whatever is there is reported, in stretches, each once", () => {
  const { report, execute } = setUp({ args: [[0], [1], [2], [3], [4], [5]] });
  execute(1, 4);
  assert.deepEqual(report(), ["1: 1", "4: 4"]);
  execute(0);
  assert.deepEqual(report(), ["0: 0"]);
  assert.deepEqual(report(), []);
  execute(5, 2);
  assert.deepEqual(report(), ["2: 2", "5: 5"]);
  execute(3);
  assert.deepEqual(report(), ["3: 3"]);
});

Deno.test("received work: outcomes are not kept back for long while others run", () => {
  const { work, report, execute } = setUp();
  assert.equal(work.isDue(1e9), false, "there is none");
  // However long it waited for its turn: the first outcome soon has company.
  execute(0);
  assert.equal(work.isDue(1_000), false);
  assert.equal(work.isDue(1_000 + reportMs - 1), false);
  execute(1);
  assert.equal(work.isDue(1_000 + reportMs), true);
  assert.deepEqual(report(), ["0: 0,1"]);
  execute(2);
  assert.equal(work.isDue(2_000), false, "so do the next ones");
  assert.equal(work.isDue(2_000 + reportMs), true);
});

Deno.test("received work: what has frames of its own goes alone, and at once", () => {
  const { work, report, reported } = setUp({ args: Array(5).fill([0]) });
  const large = (n: number) => new Uint8Array(100_000).fill(n);
  work.settle(0, "a");
  work.settle(1, "b");
  assert.equal(work.isDue(0), false);
  work.settle(2, large(2));
  assert.equal(work.isDue(0), true);
  work.settle(3, large(3));
  report();
  assert.deepEqual(reported.map(({ base, count, frames }) => [base, count, frames]), [
    ...[[0, 2, 0], [2, 1, 1], [3, 1, 1]],
  ]);
  assert.deepEqual(reported.slice(1).map(({ values }) => (values[0] as Uint8Array)[99_999]), [
    ...[2, 3],
  ]);
  assert.equal(work.isDue(0), false);
  work.settle(4, "e");
  assert.deepEqual(report(), ['4: "e"']);
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
  for (const index of [11, 13, 9, 14, 2 ** 40, -7]) work.cancel(index);
  assert.deepEqual([0, 1, 2, 3].map((i) => work.skip(i)), [false, true, false, true]);
  work.settle(0, "a");
  work.settle(2, "c");
  assert.deepEqual(report(), ['10: "a",,"c",']);
});

Deno.test("received work: what nobody wants any of has its outcomes at once, and keeps them", () => {
  const { work, report, execute } = setUp();
  execute(0);
  work.next = 3;
  work.abandon();
  work.check();
  assert.deepEqual([work.next, work.isDue(0)], [4, true], "nothing more begins");
  work.settle(1, "late");
  work.fail(2, new Error("late"));
  work.lose(1, "exit code 1");
  assert.deepEqual(report(), ['0: 0,{"begun":true},{"begun":true},{"begun":false}']);
  assert.equal(work.over, true);
  work.settle(1, "later");
  assert.deepEqual(report(), []);
});

Deno.test("received work: the tasks nobody has begun can be given up, by their address", () => {
  const { work, report, execute } = setUp({ base: 10, mean: 3 });
  execute(0);
  work.next = 2;
  assert.deepEqual(work.cutRest(), { base: 12, count: 2 });
  work.check();
  assert.deepEqual([work.count, work.expected, work.over], [2, 0, false]);
  assert.equal(work.cutRest(), undefined, "there is nothing left to give");
  assert.equal(work.isDue(0), false, "the second still runs");
  work.settle(1, "b");
  assert.equal(work.isDue(0), true);
  assert.deepEqual(report(), ['10: 0,"b"']);
  assert.equal(work.over, true);

  const untouched = setUp();
  assert.deepEqual(untouched.work.cutRest(), { base: 0, count: 4 });
  assert.equal(untouched.work.over, true);
  assert.deepEqual(untouched.report(), []);
});

Deno.test("received work: how long a task should take is known from here, else from its owner", () => {
  const mean = (given: Given) => setUp(given).work.mean;
  assert.deepEqual([mean({}), mean({ estimate: 20 }), mean({ estimate: 20, mean: 0.1 })], [
    ...[0, 20, 0.1],
  ]);
});

Deno.test("received work: each task has arguments of its own", () => {
  const shared = [1];
  const { work } = setUp({ args: [[shared], [shared]] });
  const [first] = work.begin(0) as [number[]];
  first.push(2);
  assert.deepEqual(work.begin(1), [[1]]);
});

Deno.test("received work: a task that ended its process is lost, and no other", () => {
  const { work, lost, report, execute } = setUp({ base: 10 });
  execute(0);
  work.next = 2;
  work.lose(1, "exit code 1");
  work.check();
  assert.deepEqual(lost, ["11 exit code 1"]);
  assert.equal(work.skip(2), false);
  execute(2, 3);
  assert.equal(work.isDue(0), true);
  assert.deepEqual(report(), ["10: 0", "12: 2,3"]);
  assert.equal(work.over, true);

  const alone = setUp({ args: [[0]] });
  alone.work.next = 1;
  alone.work.lose(0, "signal SIGKILL");
  alone.work.check();
  assert.deepEqual([alone.work.over, alone.work.isDue(1e9)], [true, false]);
});

Deno.test("received work: payloads that are no arguments fail in the task", () => {
  const { work } = setUp();
  const payload = { body: new Uint8Array([0xc1]), frames: [] };
  const broken = new ReceivedWork(work.bundle, payload, work.handle, "w", work.events);
  assert.throws(() => broken.begin(0), /malformed MessagePack/);
});
