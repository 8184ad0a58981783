/** Tasks that wait for their own tasks in a way the library cannot see. */

import { map, submit } from "../../../mod.ts";

export function leaf(x: number): number {
  return x + 1;
}

export async function waits(x: number): Promise<number> {
  const future = submit(leaf, x);
  return await new Promise((resolve) => {
    future.addDoneCallback(() => future.result().then(resolve));
  });
}

if (import.meta.main) console.log((await map(waits, [1, 2, 3])).join());
