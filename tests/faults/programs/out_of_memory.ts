/** A task that takes more memory than its process may have. */

import { submit, withOptions, WorkerLostError } from "../../../mod.ts";

export function hungry(): number {
  const hoard: number[][] = [];
  for (;;) hoard.push(Array.from({ length: 100_000 }, Math.random));
}

export function modest(): string {
  return "well";
}

if (import.meta.main) {
  const keepAlive = setInterval(() => {}, 1000);
  const future = withOptions({ retries: 0 }).submit(hungry);
  // Not awaited as a future of ours: so the origin stays busy, and a worker has to do it.
  await new Promise<void>((resolve) => future.addDoneCallback(() => resolve()));
  const error = await future.exception();
  console.log(error instanceof WorkerLostError, (error as Error).message);
  console.log(await submit(modest));
  clearInterval(keepAlive);
}
