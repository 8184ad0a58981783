/** The `timeout` of tasks: long ones, false ones, and tasks that compute past it. */

import assert from "node:assert/strict";
import { map, TimeoutError, withOptions } from "./api.ts";
import { declareChecks, range, rejects, runChecks, sleep, spin } from "./checks.ts";

/** An async function that never awaits. */
// deno-lint-ignore require-await
export async function computeAsync(milliseconds: number): Promise<string> {
  spin(milliseconds);
  return "a result";
}

export async function computeThenAwait(milliseconds: number): Promise<string> {
  spin(milliseconds);
  await sleep(50);
  return "a result";
}

export async function awaitThenCompute(milliseconds: number): Promise<string> {
  await sleep(20);
  spin(milliseconds);
  return "a result";
}

const OVER = /ran longer than its timeout of 200 ms/;

function isOver(error: unknown): boolean {
  assert.ok(error instanceof TimeoutError, String(error));
  assert.match(error.message, OVER);
  return true;
}

declareChecks({
  async "a timeout of any finite length, and of none"() {
    for (const timeout of [2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 40, Number.MAX_VALUE, Infinity]) {
      const { submit, map } = withOptions({ timeout });
      assert.equal(await submit(sleep<number>, 30, 50), 50, `${timeout} ms`);
      assert.deepEqual(await map(sleep<number>, [1, 2, 3], range(3)), range(3), `${timeout} ms`);
    }
  },

  "a timeout that is no time is refused, and named"() {
    for (const timeout of [NaN, -1, -Infinity, 0, "5", null] as number[]) {
      const expected = { name: "TypeError", message: /^timeout must be / };
      assert.throws(() => withOptions({ timeout }), expected);
    }
  },

  async "an async function that computes past its timeout"() {
    const { submit, map } = withOptions({ timeout: 200 });
    await rejects(submit(computeAsync, 700), isOver);
    await rejects(map(computeAsync, [700]), isOver);
  },

  async "one that computes and then awaits"() {
    await rejects(withOptions({ timeout: 200 }).submit(computeThenAwait, 700), isOver);
  },

  async "one that awaits and then computes"() {
    await rejects(withOptions({ timeout: 200 }).submit(awaitThenCompute, 700), isOver);
  },

  async "those in time are not hurt by those that are not"() {
    const results = withOptions({ timeout: 2000, chunkSize: 1 })
      .map(computeThenAwait, [1, 3000, 1, 3000, 1]);
    const outcomes = await Promise.allSettled(range(5).map(() => results.next()));
    const names = outcomes.map((one) =>
      one.status === "fulfilled" ? one.value.value : (one.reason as Error).name
    );
    const late = "TimeoutError";
    assert.deepEqual(names, ["a result", late, "a result", late, "a result"]);
    assert.deepEqual(await map(Math.sqrt, [1, 4, 9]), [1, 2, 3]);
  },
});

if (import.meta.main) await runChecks();
