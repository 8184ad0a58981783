/**
 * Computes what is known, round after round, until a file is there; says how many rounds were
 * right. With "lenient" as its second argument a task may fail, since whoever had it may lie.
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { map, shared, submit } from "../../../mod.ts";

export function square(x: number): number {
  return x * x;
}

/** Spawns tasks of its own: 2 ** depth leaves. */
export async function leaves(depth: number): Promise<number> {
  if (depth === 0) return 1;
  const halves = [submit(leaves, depth - 1), submit(leaves, depth - 1)];
  return (await halves[0]!) + (await halves[1]!);
}

export async function scaled(x: number): Promise<number> {
  return x * (await shared.getConst("steady factor") as number);
}

/** Nobody calls this. */
export function forbidden(): never {
  console.log("FORBIDDEN was reached");
  throw new Error("forbidden");
}

const NUMBERS = Array.from({ length: 60 }, (_, i) => i);
const right = (fn: (x: number) => number) => NUMBERS.map(fn);

async function strictRound(): Promise<void> {
  assert.deepEqual(await map(square, NUMBERS), right((x) => x * x));
  assert.deepEqual(await map(scaled, NUMBERS), right((x) => 3 * x));
  assert.equal(await submit(leaves, 4), 16);
}

/** Each has an outcome. */
async function lenientRound(): Promise<void> {
  const futures = [...NUMBERS.map((x) => submit(square, x)), submit(leaves, 3)];
  const outcomes = await Promise.allSettled(futures);
  assert.equal(outcomes.length, NUMBERS.length + 1);
}

if (import.meta.main) {
  const [file, how] = Deno.args;
  if (how !== "lenient") await shared.setConst({ "steady factor": 3 });
  let rounds = 0;
  while (!existsSync(file!)) {
    await (how === "lenient" ? lenientRound() : strictRound());
    if (++rounds % 10 === 1) console.log(`round ${rounds}`);
  }
  console.log(`${rounds} rounds, all right`);
  Deno.exitCode = 7;
}
