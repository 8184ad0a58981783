/** Three tasks that always kill their worker, at the same time. */

import { submit } from "../../../mod.ts";
import { attempt, attempts, die } from "./deadly.ts";

export function exits(folder: string): void {
  attempt(folder, "exits");
  die("exit");
}

export function isKilled(folder: string): void {
  attempt(folder, "isKilled");
  die("kill");
}

export function alsoExits(folder: string): void {
  attempt(folder, "alsoExits");
  die("exit");
}

if (import.meta.main) {
  const folder = Deno.args[0]!;
  const keepAlive = setInterval(() => {}, 1000);
  const all = [submit(exits, folder), submit(isKilled, folder), submit(alsoExits, folder)];
  // Not awaited as futures of ours: so the origin stays busy, and workers have to do it.
  await Promise.all(all.map((f) => new Promise<void>((done) => f.addDoneCallback(() => done()))));
  for (const [i, name] of ["exits", "isKilled", "alsoExits"].entries()) {
    const { message } = (await all[i]!.exception()) as Error;
    console.log(name, attempts(folder, name), message);
  }
  clearInterval(keepAlive);
}
