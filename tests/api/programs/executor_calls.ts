/** All that an Executor can be asked for; checks itself. */

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import {
  asCompleted,
  Executor,
  FIRST_COMPLETED,
  join,
  scatter,
  type Scattered,
  scoop,
  shared,
  submit,
  wait,
} from "../../../mod.ts";

export const square = (x: number): number => x * x;
export const add = (a: number, b: number): number => a + b;
export const where = (_: number): string => scoop.workerName;
export const pause = (milliseconds: number): Promise<number> => delay(milliseconds, milliseconds);
export const at = (table: Scattered<number[]>, i: number): number => table.value[i]!;
export const rate = (): Promise<number> => shared.getConst<number>("rate");

export function makesOne(): void {
  new Executor({ workers: 1 });
}

/** Tells of both ways in which a task may make an Executor. */
async function refusals(pool: Executor): Promise<void> {
  for (const future of [pool.submit(makesOne), submit(makesOne)]) {
    await assert.rejects(future.then(), /^Error: an Executor was made in a task, makesOne: /);
  }
}

if (import.meta.main) {
  await using pool = new Executor({ workers: 2 });
  await pool.ready;
  const names = await pool.map(where, Array(40).fill(0));
  assert(names.every((name) => name.startsWith("worker-")), "they had all joined");

  const inputs = Array.from({ length: 100 }, (_, i) => i);
  const sum = inputs.reduce((all, x) => all + x * x, 0);
  const unordered: number[] = [];
  for await (const one of pool.mapAsCompleted(square, inputs)) unordered.push(one);
  assert.deepEqual(unordered.sort((a, b) => a - b), inputs.map(square));
  assert.equal(await pool.mapReduce(square, add, inputs), sum);
  assert.equal((await pool.mapScan(square, add, inputs)).at(-1), sum);
  const withChunks = pool.withOptions({ chunkSize: 7 });
  assert.equal(await withChunks.mapReduce(square, add, inputs), sum);
  assert.equal((await withChunks.mapScan(square, add, inputs)).at(-1), sum);
  let count = 0;
  for await (const _ of withChunks.mapAsCompleted(square, inputs)) count++;
  assert.equal(count, 100);
  const lengths: number[] = [];
  for await (const one of pool.map(square, inputs)) lengths.push(one);
  assert.deepEqual(lengths, inputs.map(square));

  const futures = [300, 1, 20].map((ms) => pool.submit(pause, ms));
  const { done } = await wait(futures, { returnWhen: FIRST_COMPLETED });
  assert(done.size >= 1 && done.size < 3);
  const order: number[] = [];
  for await (const future of asCompleted(futures)) order.push(await future);
  assert.deepEqual(order, [1, 20, 300]);
  assert.deepEqual(await join(futures), [300, 1, 20]);

  const table = scatter([10, 20, 30]);
  assert.deepEqual(await pool.map(at, Array(3).fill(table), [2, 1, 0]), [30, 20, 10]);
  await shared.setConst({ rate: 0.25 });
  assert.equal(await pool.submit(rate), 0.25);
  await refusals(pool);

  const controller = new AbortController();
  const endless = pool.withOptions({ signal: controller.signal }).mapReduce(pause, add, inputs);
  controller.abort(new Error("enough"));
  await assert.rejects(endless, { name: "CancelledError" });

  const other = new Executor({ workers: 1 });
  const reduced = other.mapReduce(square, add, inputs);
  await other.shutdown();
  assert.equal(await reduced, sum, "a shutdown waits for all steps of a reduction");
  const cancelled = new Executor({ workers: 1 });
  const reduction = cancelled.mapReduce(pause, add, Array(1000).fill(50));
  const outcome = assert.rejects(reduction, { name: "CancelledError" });
  await cancelled.shutdown({ cancelFutures: true });
  await outcome;
  console.log("ok");
}
