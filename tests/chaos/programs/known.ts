/**
 * Computes what is known beforehand, in rounds of thousands of tasks, until a file is there: short
 * tasks, long ones, such that wait, nested ones, reductions, scattered values; and the program
 * computes meanwhile. With "leak" as its second argument it keeps more and more.
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mapReduce, scatter, withOptions } from "../../../mod.ts";
import type { Scattered } from "../../../mod.ts";

/** Whoever is killed is not to blame: any number of times. */
const { map, submit } = withOptions({ retries: 1000 });

/** Keeps the processor for so long. */
function compute(milliseconds: number): void {
  for (const until = performance.now() + milliseconds; performance.now() < until;);
}

export function square(x: number): number {
  return x * x;
}

export function slowSquare(x: number): number {
  compute(1 + x % 3);
  return x * x;
}

export async function lateSquare(x: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, x % 20));
  return x * x;
}

/** As many leaves as a binary tree of this depth has. */
export async function leaves(depth: number): Promise<number> {
  if (depth === 0) return 1;
  const [left, right] = [submit(leaves, depth - 1), submit(leaves, depth - 1)];
  return (await left) + (await right);
}

export function entry(table: Scattered<Float64Array>, i: number): number {
  return table.value[i]!;
}

export function add(a: number, b: number): number {
  return a + b;
}

const SHORT = range(1000);
const SLOW = range(300);
const LATE = range(200);
const DEPTH = 7;
const ENTRIES = range(100);

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

/** @returns how many tasks there were */
async function round(): Promise<number> {
  using table = scatter(new Float64Array(20_000).map((_, i) => i / 2));
  const all = [
    map(square, SHORT),
    map(slowSquare, SLOW),
    map(lateSquare, LATE),
    map(entry, ENTRIES.map(() => table), ENTRIES),
  ];
  const tree = submit(leaves, DEPTH);
  const sum = mapReduce(square, add, SHORT);
  compute(20);
  const [short, slow, late, entries] = await Promise.all(all);
  compute(20);
  assert.deepEqual(short, SHORT.map(square));
  assert.deepEqual(slow, SLOW.map(square));
  assert.deepEqual(late, LATE.map(square));
  assert.deepEqual(entries, ENTRIES.map((i) => i / 2));
  assert.equal(await tree, 2 ** DEPTH);
  assert.equal(await sum, SHORT.reduce((all, x) => all + x * x, 0));
  return 2 * SHORT.length + SLOW.length + LATE.length + ENTRIES.length + 2 ** (DEPTH + 1) - 1;
}

const kept: number[][] = [];

if (import.meta.main) {
  const [file, how] = Deno.args;
  let rounds = 0;
  let tasks = 0;
  while (!existsSync(file!)) {
    tasks += await round();
    rounds++;
    if (how === "leak") kept.push(new Array(2 ** 18).fill(rounds));
    // Long lines: what they are written to may have no room for them.
    console.log(`round ${rounds} ${"x".repeat(4000)}`);
  }
  console.log(`${rounds} rounds, ${tasks} tasks, all right`);
  Deno.exitCode = 7;
}
