/** An Executor that keeps the results of calls with large arrays. Arguments: its file, and marks. */

import { Executor } from "../../../mod.ts";

const [file, marks] = Deno.args as [string, string];
const LENGTH = 100_000;

export function total(array: Float64Array): number {
  Deno.writeTextFileSync(marks, "x", { append: true });
  return array.reduce((sum, x) => sum + x, 0);
}

if (import.meta.main) {
  await using pool = new Executor({ workers: 1, flags: ["-A", "--resume", file] });
  const arrays = [0, 3, 6].map((x) => new Float64Array(LENGTH).fill(x));
  console.log((await pool.map(total, arrays)).join());
}
