/** Makes an executor wherever it is imported. */

import { Executor } from "../../../mod.ts";

export function task(): number {
  return 1;
}

await using pool = new Executor({ workers: 1 });
if (import.meta.main) {
  try {
    console.log(await pool.submit(task));
  } catch (error) {
    console.log((error as Error).message);
  }
}
