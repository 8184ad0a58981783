// deno run -A cli.ts -n 4 examples/fib.ts [n]
/**
 * Fibonacci numbers the slow way: each task spawns two more and waits for them. Nobody should
 * count like that; it shows how little a task costs, since here there is nothing else to pay for.
 *
 * @module
 */

import { submit } from "../mod.ts";

export async function fib(n: number): Promise<number> {
  if (n < 2) return n;
  const before = submit(fib, n - 1);
  const beforeThat = submit(fib, n - 2);
  return await before + await beforeThat;
}

if (import.meta.main) {
  const n = Number(Deno.args[0] ?? 20);
  console.log(`fib(${n}) = ${await submit(fib, n)}`);
}
