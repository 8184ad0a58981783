// deno run -A cli.ts -n 4 examples/callback.ts [numbers…]
/**
 * A callback for every task that is done, here to show how far the program is, while the program
 * itself waits for all of them. It also shows that a bigint is as good as any other argument.
 *
 * @module
 */

import { join, submit } from "../mod.ts";

/** The sum of the decimal digits of n! */
export function digitSum(n: bigint): number {
  let factorial = 1n;
  for (let i = 2n; i <= n; i++) factorial *= i;
  let sum = 0;
  for (const digit of String(factorial)) sum += Number(digit);
  return sum;
}

if (import.meta.main) {
  const numbers = Deno.args.map(BigInt);
  if (numbers.length === 0) numbers.push(32_000n, 28_000n, 24_000n, 20_000n, 16_000n, 100n);
  const futures = numbers.map((n) => submit(digitSum, n));
  let done = 0;
  for (const future of futures) {
    future.addDoneCallback(() => console.log(`${++done} of ${futures.length} done`));
  }
  const sums = await join(futures);
  for (const [i, n] of numbers.entries()) console.log(`the digits of ${n}! add up to ${sums[i]}`);
}
