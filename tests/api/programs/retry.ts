/** Tasks that throw are tried again; `mapSettled` tells of those that fail. */

import assert from "node:assert/strict";
import { map, mapAsCompleted, mapSettled, submit, TimeoutError, withOptions } from "./api.ts";
import {
  declareChecks,
  mark,
  marks,
  range,
  rejects,
  runChecks,
  sleep,
  withFolder,
} from "./checks.ts";

/** Fails so many times, then returns its argument; how often it was called stands in a file. */
export function failsAtFirst(file: string, times: number, value: unknown): unknown {
  mark(file);
  if (marks(file) <= times) throw new RangeError(`attempt ${marks(file)}`);
  return value;
}

export async function slowAtFirst(file: string): Promise<number> {
  mark(file);
  if (marks(file) === 1) await sleep(5000);
  return marks(file);
}

export function oddFails(x: number): number {
  if (x % 2 === 1) throw new RangeError(`${x} is odd`);
  return x * x;
}

export function ofBox({ x }: { x: number }, bytes: Uint8Array): number {
  if (x === 1) throw new Error("one");
  bytes[0] = 9;
  return x + bytes.length;
}

const quick = { delay: 5, factor: 1 };

declareChecks({
  "what throws is tried again": () =>
    withFolder(async (folder) => {
      const { submit } = withOptions({ retries: { thrown: 3, ...quick } });
      assert.deepEqual(await submit(failsAtFirst, `${folder}/a`, 2, { x: 1 }), { x: 1 });
      assert.equal(marks(`${folder}/a`), 3);
      assert.equal(await submit(failsAtFirst, `${folder}/b`, 0, 5), 5);
      assert.equal(marks(`${folder}/b`), 1);
    }),

  "as often as was said, and the error says how often": () =>
    withFolder(async (folder) => {
      const { submit } = withOptions({ retries: { thrown: 2, ...quick } });
      await rejects(submit(failsAtFirst, `${folder}/a`, 9, 5), (error) => {
        assert.ok(error instanceof RangeError && error.message === "attempt 3");
        const { task } = error as unknown as { task: { attempts: number } };
        assert.equal(task.attempts, 3);
        assert.match(error.stack!, /failsAtFirst\(.*, attempt 3$/m);
        return true;
      });
      assert.equal(marks(`${folder}/a`), 3);
    }),

  "a number of retries is about workers, not about errors": () =>
    withFolder(async (folder) => {
      await rejects(withOptions({ retries: 5 }).submit(failsAtFirst, `${folder}/a`, 9, 5), /1$/);
      await rejects(
        withOptions({ retries: { lost: 5 } }).submit(failsAtFirst, `${folder}/b`, 9, 5),
        /attempt 1$/,
      );
      assert.deepEqual([marks(`${folder}/a`), marks(`${folder}/b`)], [1, 1]);
    }),

  "only when the program says so": () =>
    withFolder(async (folder) => {
      const asked: [string, number][] = [];
      const when = (error: unknown, attempt: number) => {
        asked.push([(error as Error).message, attempt]);
        return attempt < 2;
      };
      const { submit } = withOptions({ retries: { thrown: 9, when, ...quick } });
      await rejects(submit(failsAtFirst, `${folder}/a`, 9, 5), /attempt 2/);
      assert.deepEqual(asked, [["attempt 1", 1], ["attempt 2", 2]]);
      const bad = () => {
        throw new Error("when fails");
      };
      const { submit: other } = withOptions({ retries: { thrown: 9, when: bad } });
      await rejects(other(failsAtFirst, `${folder}/b`, 9, 5), /when fails/);
    }),

  "a map tries each of its tasks": () =>
    withFolder(async (folder) => {
      const files = range(30).map((i) => `${folder}/${i}`);
      const { map, mapAsCompleted } = withOptions({ retries: { thrown: 1, ...quick } });
      const times = range(30).map((i) => i % 3 === 0 ? 1 : 0);
      const values = await map(failsAtFirst, files, times, range(30).map((i) => [i]));
      assert.deepEqual(values, range(30).map((i) => [i]));
      const all: unknown[] = [];
      for await (const x of mapAsCompleted(failsAtFirst, files.map((f) => f + "x"), times, files)) {
        all.push(x);
      }
      assert.deepEqual(new Set(all), new Set(files));
      const last = map(failsAtFirst, [`${folder}/never`], [9], [0]);
      await rejects(last, /attempt 2/);
      const { mapSettled } = withOptions({ retries: { thrown: 1, ...quick } });
      for (const { index, status, ...one } of await mapSettled(oddFails, range(6))) {
        assert.equal(status, index % 2 === 0 ? "fulfilled" : "rejected");
        if (!("reason" in one)) continue;
        const { task, stack } = one.reason as Error & { task: { index: number; attempts: number } };
        assert.deepEqual([task.index, task.attempts], [index, 2]);
        assert.match(
          stack!,
          new RegExp(`in task oddFails\\(${index}\\) \\[index ${index}\\].*, attempt 2$`),
        );
      }
    }),

  "a timeout is tried again": () =>
    withFolder(async (folder) => {
      const options = { timeout: 200, retries: { thrown: 1, ...quick } };
      assert.equal(await withOptions(options).submit(slowAtFirst, `${folder}/a`), 2);
      const plain = withOptions({ timeout: 200 }).submit(slowAtFirst, `${folder}/b`);
      await rejects(plain, TimeoutError);
    }),

  "one that waits to be tried again can be cancelled": () =>
    withFolder(async (folder) => {
      const { submit } = withOptions({ retries: { thrown: 3, delay: 60_000 } });
      const future = submit(failsAtFirst, `${folder}/a`, 9, 5);
      while (marks(`${folder}/a`) === 0 || !(future.cancel())) await sleep(10);
      await rejects(future, { name: "CancelledError" });
    }),

  async "mapSettled() tells how each ended"() {
    const outcomes = await mapSettled(oddFails, range(6));
    assert.deepEqual(
      outcomes.map(({ index, inputs }) => [index, inputs]),
      range(6).map((x) => [x, [x]]),
    );
    for (const one of outcomes) {
      if (one.status === "fulfilled") assert.equal(one.value, one.index ** 2);
      else {
        assert.equal(one.index % 2, 1);
        assert.ok(one.reason instanceof RangeError && /is odd/.test(one.reason.message));
        const { task } = one.reason as unknown as { task: { index: number } };
        assert.equal(task.index, one.index);
      }
    }
    const seen: number[] = [];
    for await (const { index } of mapSettled(oddFails, range(2000))) seen.push(index);
    assert.deepEqual(seen, range(2000));
  },

  async "inputs are as they were given"() {
    const boxes = range(3).map((x) => ({ x }));
    const bytes = range(3).map((x) => new Uint8Array(x + 1));
    const outcomes = await mapSettled(ofBox, boxes, bytes);
    assert.deepEqual(outcomes.map(({ inputs }) => inputs), boxes.map((box, i) => [box, bytes[i]]));
    assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  },

  async "the option settled does the same"() {
    const futures = withOptions({ settled: true, retries: { thrown: 1, ...quick } });
    const inOrder = await futures.map(oddFails, range(5));
    assert.deepEqual(inOrder.map(({ status }) => status[0]).join(""), "frfrf");
    const any: number[] = [];
    for await (const { index } of futures.mapAsCompleted(oddFails, range(5))) any.push(index);
    assert.deepEqual(any.toSorted(), range(5));
    assert.equal(await futures.submit(oddFails, 2), 4);
  },

  async "what is wrong with retries is named"() {
    const bad: [unknown, RegExp][] = [
      [-1, /retries must be an integer from 0/],
      ["2", /retries must be an integer from 0, or an object/],
      [{ thrown: 1.5 }, /retries\.thrown must be/],
      [{ lost: -1 }, /retries\.lost must be/],
      [{ when: 5 }, /retries\.when must be a function/],
      [{ delay: -1 }, /retries\.delay must be/],
      [{ factor: 0.5 }, /retries\.factor must be/],
      [{ throws: 1 }, /retries has no "throws"; there are/],
    ];
    for (const [retries, message] of bad) {
      assert.throws(() => withOptions({ retries: retries as number }), {
        name: "TypeError",
        message,
      });
    }
    assert.throws(() => withOptions({ settled: 1 as unknown as true }), /settled must be/);
    assert.deepEqual(await map(Math.sqrt, [4]), [2]);
    for await (const x of mapAsCompleted(Math.sqrt, [4])) assert.equal(x, 2);
    assert.equal(await submit(Math.sqrt, 4), 2);
  },
});

if (import.meta.main) await runChecks();
