/** For ever, the names of workers that have done a task. */

import { mapAsCompleted, scoop } from "../../../mod.ts";

/** Takes a while, and says where. */
export async function name(_: number): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  return scoop.workerName;
}

function* always() {
  for (let i = 0;; i++) yield i;
}

if (import.meta.main) {
  for await (const who of mapAsCompleted(name, always())) console.log(who);
}
