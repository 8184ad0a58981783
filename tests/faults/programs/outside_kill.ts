/**
 * Says which process runs its one long task, so that it can be killed from outside; the second
 * attempt is short.
 */

import { setTimeout as delay } from "node:timers/promises";
import { scoop, submit } from "../../../mod.ts";
import { attempt } from "./deadly.ts";

export async function long(folder: string): Promise<string> {
  const tried = attempt(folder, "long");
  if (tried === 1) {
    console.log(`task on ${scoop.workerName}`);
    await delay(600_000);
  }
  return `attempt ${tried}`;
}

export async function name(): Promise<string> {
  // Long enough for every worker to get one.
  await delay(20);
  return scoop.workerName;
}

if (import.meta.main) {
  const keepAlive = setInterval(() => {}, 1000);
  const future = submit(long, Deno.args[0]!);
  // Not awaited as a future of ours: so the origin stays busy, and a worker has to do it.
  await new Promise<void>((resolve) => future.addDoneCallback(() => resolve()));
  console.log(await future);
  // The replacement joins when it is ready.
  for (;;) {
    const names = await Promise.all(Array.from({ length: 6 }, () => submit(name)));
    const replacement = names.find((name) => name.endsWith(".2"));
    if (replacement === undefined) continue;
    console.log(`${replacement} of ${scoop.size}`);
    break;
  }
  clearInterval(keepAlive);
}
