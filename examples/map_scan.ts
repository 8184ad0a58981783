// deno run -A cli.ts -n 4 examples/map_scan.ts [blocks] [block size]
/**
 * Running totals: how many primes there are below 100,000, 200,000, 300,000 … Each block of
 * numbers is searched once, and `mapScan` adds up all blocks before each.
 *
 * @module
 */

import { mapScan } from "../mod.ts";

/** The number of primes from `from` to `from + size - 1`. */
export function countPrimes(from: number, size: number): number {
  let primes = 0;
  for (let n = from; n < from + size; n++) {
    if (isPrime(n)) primes++;
  }
  return primes;
}

export function add(a: number, b: number): number {
  return a + b;
}

function isPrime(n: number): boolean {
  if (n < 4) return n > 1;
  if (n % 2 === 0) return false;
  for (let i = 3; i * i <= n; i += 2) {
    if (n % i === 0) return false;
  }
  return true;
}

if (import.meta.main) {
  const [blocks = 20, size = 100_000] = Deno.args.map(Number);
  const starts = Array.from({ length: blocks }, (_, i) => i * size);
  const totals = await mapScan(countPrimes, add, starts, Array(blocks).fill(size));
  for (const [i, total] of totals.entries()) {
    console.log(`${total} primes below ${(i + 1) * size}`);
  }
}
