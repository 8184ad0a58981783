/**
 * Everything that a broker may have to do with, at once, for as long as it takes to kill one: maps,
 * nested tasks, values that are scattered or shared, tasks that may not be begun twice. Says which
 * of it came out right. Each task leaves a mark in the folder of the first argument.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { map, scatter, shared, submit, withOptions } from "../../../mod.ts";
import type { Scattered } from "../../../mod.ts";

const [folder] = Deno.args as [string];

function mark(name: string): void {
  Deno.writeTextFileSync(join(folder, name), "x", { append: true });
}

function compute(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end;);
}

export function square(x: number): number {
  mark(`square ${x}`);
  compute(15);
  return x * x;
}

export function once(x: number): number {
  mark(`once ${x}`);
  compute(20);
  return x + 1;
}

export async function nap(x: number): Promise<number> {
  mark(`nap ${x}`);
  await delay(100);
  return x;
}

export function inTable(table: Scattered<number[]>, i: number): number {
  compute(5);
  return table.value[i]!;
}

export async function plusShared(i: number): Promise<number> {
  compute(5);
  return i + await shared.getConst<number>("late");
}

export async function leaves(depth: number): Promise<number> {
  compute(2);
  if (depth === 0) return 1;
  const below = [1, 2, 3].map(() => submit(leaves, depth - 1));
  return (await Promise.all(below)).reduce((sum, one) => sum + one, 0);
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

if (import.meta.main) {
  const table = scatter(range(1000).map((i) => 3 * i));
  await shared.setConst({ early: 1 });
  const atOnce = withOptions({ retries: 0 });
  console.log("it begins");
  const [squares, onces, naps, looked, plus, tree] = await Promise.all([
    map(square, range(250)),
    atOnce.map(once, range(60)),
    map(nap, range(60)),
    map(inTable, Array(200).fill(table), range(200)),
    delay(2_000).then(async () => {
      await shared.setConst({ late: 1000 });
      return await map(plusShared, range(200));
    }),
    submit(leaves, 6),
  ]);
  assert.deepEqual(squares, range(250).map((x) => x * x));
  assert.deepEqual(onces, range(60).map((x) => x + 1));
  assert.deepEqual(naps, range(60));
  assert.deepEqual(looked, range(200).map((i) => 3 * i));
  assert.deepEqual(plus, range(200).map((i) => i + 1000));
  assert.equal(tree, 729);
  assert.equal(await shared.getConst("early"), 1);
  // Nobody has asked for it before; and what comes afterwards is as it was.
  const other = scatter([7]);
  assert.deepEqual(await map(inTable, [other, table], [0, 1]), [7, 3]);
  await assert.rejects(shared.setConst({ late: 2 }), /late/);
  console.log("all is right");
}
