// deno run -A cli.ts -n 4 examples/full_tree.ts [n]
/**
 * A tree of tasks, five levels deep, that uses every way to spawn and to wait: a task that waits
 * for its own tasks lets its worker run others meanwhile, so any number of workers will do.
 *
 * @module
 */

import { ALL_COMPLETED, asCompleted, join, map, submit, wait } from "../mod.ts";

export async function func0(n: number): Promise<number> {
  return await join(submit(func1, n));
}

export async function func1(n: number): Promise<number> {
  let sum = 0;
  for await (const result of map(func2, upTo(n))) sum += result;
  return sum;
}

export async function func2(n: number): Promise<number> {
  const launches = upTo(n).map((i) => submit(func3, i));
  let sum = 0;
  for await (const future of asCompleted(launches)) sum += await future;
  return sum;
}

export async function func3(n: number): Promise<number> {
  const results = await map(func4, upTo(n));
  return results.reduce((a, b) => a + b);
}

export function func4(n: number): number {
  return n * n;
}

/** The numbers 1 … n. */
function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1);
}

if (import.meta.main) {
  const n = Number(Deno.args[0] ?? 20);
  const root = submit(func0, n);
  await wait([root], { returnWhen: ALL_COMPLETED });
  console.log(await root.result());
}
