/** Tasks of a function that lets others begin while it awaits something of its own. */

import assert from "node:assert/strict";
import { CancelledError, map, scoop, submit, task, TimeoutError, withOptions } from "./api.ts";
import { declareChecks, range, rejects, runChecks, sleep, spin } from "./checks.ts";

/** What one task saw. */
interface Seen {
  readonly worker: string;
  /** How many of its kind had begun and not ended there, itself among them, at most. */
  readonly together: number;
}

/** Tasks of each kind that have begun and not ended in this process. */
const begun = new Map<string, number>();

/** Awaits a timer, and tells how many of its kind did so with it. */
async function nap(kind: string, milliseconds: number): Promise<Seen> {
  begun.set(kind, (begun.get(kind) ?? 0) + 1);
  let together = 0;
  for (let left = milliseconds; left > 0; left -= 5) {
    together = Math.max(together, begun.get(kind)!);
    await sleep(5);
  }
  begun.set(kind, begun.get(kind)! - 1);
  return { worker: scoop.workerName, together };
}

/** Twenty at a time. */
export const napWithOthers = task(
  (milliseconds: number) => nap("others", milliseconds),
  { name: "nap with others", concurrency: 20 },
);

/** Three at a time. */
export const napWithTwo = task(
  (milliseconds: number) => nap("two", milliseconds),
  { name: "nap with two", concurrency: 3 },
);

/** As any function. */
export function napAlone(milliseconds: number): Promise<Seen> {
  return nap("alone", milliseconds);
}

/** Awaits a timer between two tasks of its own. */
export const between = task(async (x: number): Promise<number> => {
  const first = await submit(Math.sqrt, x * x);
  await sleep(20);
  return await submit(Math.max, first, 0);
}, { name: "between", concurrency: 10 });

/** Fails, or sleeps too long. */
export const odd = task(async (x: number): Promise<number> => {
  await sleep(10);
  if (x % 3 === 1) throw new RangeError(`no ${x}`);
  if (x % 3 === 2) await sleep(60_000);
  return x;
}, { name: "odd", concurrency: 50 });

/** Computes once it has awaited. */
export const napThenCompute = task(async (milliseconds: number): Promise<string> => {
  await sleep(10);
  spin(milliseconds);
  return scoop.workerName;
}, { name: "nap then compute", concurrency: 5 });

function most(seen: readonly Seen[]): number {
  return Math.max(...seen.map(({ together }) => together));
}

declareChecks({
  async "many at a time, and never more than it says"() {
    const seen = await map(napWithOthers, range(120).map(() => 30));
    assert.equal(seen.length, 120);
    assert.ok(most(seen) > 3 && most(seen) <= 20, `${most(seen)} at a time, of 20`);
    const few = await map(napWithTwo, range(30).map(() => 30));
    assert.ok(most(few) > 1 && most(few) <= 3, `${most(few)} at a time, of 3`);
  },

  async "one by one, too"() {
    const futures = range(60).map(() => submit(napWithOthers, 50));
    const seen = await Promise.all(futures);
    assert.ok(most(seen) > 3 && most(seen) <= 20, `${most(seen)} at a time, of 20`);
  },

  async "others are alone, even beside them"() {
    const [alone, seen] = await Promise.all([
      map(napAlone, range(12).map(() => 20)),
      map(napWithOthers, range(60).map(() => 20)),
    ]);
    assert.equal(most(alone), 1);
    assert.ok(most(seen) <= 20, `${most(seen)} at a time`);
  },

  async "one that waits for tasks of its own"() {
    const inputs = range(40).map((i) => i + 1);
    assert.deepEqual(await map(between, inputs), inputs);
  },

  async "each has its own outcome, error and timeout"() {
    const { map } = withOptions({ timeout: 1_000, settled: true });
    const outcomes = await map(odd, range(60));
    for (const [i, outcome] of outcomes.entries()) {
      if (i % 3 === 0) assert.ok(outcome.status === "fulfilled" && outcome.value === i);
      else {
        assert.ok(outcome.status === "rejected");
        const { reason } = outcome;
        assert.ok(i % 3 === 1 ? reason instanceof RangeError : reason instanceof TimeoutError);
      }
    }
  },

  async "one can be cancelled while the others go on"() {
    const futures = range(20).map(() => submit(napWithOthers, 300));
    const victim = submit(odd, 2);
    await sleep(100);
    victim.cancel({ running: true });
    await rejects(victim, (error) => error instanceof CancelledError);
    assert.equal((await Promise.all(futures)).length, 20);
  },

  async "those that compute lose nothing by it"() {
    const workers = await map(napThenCompute, range(30).map(() => 5));
    assert.equal(workers.length, 30);
  },

  "what is no number of tasks is refused, and named"() {
    const declare = (concurrency: unknown) => () =>
      task(() => 1, { name: "never", concurrency: concurrency as number });
    for (const wrong of [0, -1, 1.5, NaN, Infinity]) {
      assert.throws(declare(wrong), {
        name: "RangeError",
        message: `task(): concurrency must be an integer from 1, got ${wrong}`,
      });
    }
    assert.throws(declare("5"), {
      name: "TypeError",
      message: "task(): concurrency must be a number, got string",
    });
  },
});

if (import.meta.main) await runChecks();
