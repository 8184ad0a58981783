// deno run -A cli.ts -n 4 examples/data_in_module.ts [rows] [columns]
/**
 * Large data that does not travel. What a task is given is sent to its worker, so a table given to
 * every task is sent as often as there are tasks. What is in the scope of the module is there
 * already: each worker has made it (or read it from a file) while it loaded the program, and the
 * tasks need no more than the number of a row.
 *
 * @module
 */

import { map } from "../mod.ts";

const [rows = 2000, columns = 2000] = Deno.args.map(Number);

/** A stand-in for a big file: row after row of whole numbers below 1000. */
const table = Uint32Array.from({ length: rows * columns }, (_, i) => mix(i) % 1000);

function mix(i: number): number {
  return Math.imul(i, 0x9e3779b1) >>> 8;
}

/** The sum of a row of the table. */
export function sumOfRow(row: number): number {
  let sum = 0;
  for (const value of table.subarray(row * columns, (row + 1) * columns)) sum += value;
  return sum;
}

if (import.meta.main) {
  const sums = await map(sumOfRow, Array.from({ length: rows }, (_, row) => row));
  const best = sums.indexOf(Math.max(...sums));
  console.log(`the sum of all rows is ${sums.reduce((a, b) => a + b)}`);
  console.log(`row ${best} has the greatest: ${sums[best]}`);
}
