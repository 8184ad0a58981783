/** Ends while its workers are busy, one of them for ever; the first argument says how. */

import { withOptions } from "../../../mod.ts";

export function loop(_: unknown): never {
  console.log("loops");
  for (;;);
}

if (import.meta.main) {
  const futures = [1, 2].map((i) => withOptions({ retries: 0 }).submit(loop, i));
  // Until both run on workers the program awaits nothing of ours, so that the origin begins none.
  while (!futures.every((future) => future.running())) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  if (Deno.args[0] === "exit") Deno.exit(4);
  if (Deno.args[0] === "throw") throw new RangeError("enough");
  console.log("the end");
}
