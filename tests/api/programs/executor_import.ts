/** An Executor whose workers cannot import this program; prints what comes of it. */

import { Executor } from "../../../mod.ts";

export function same(x: number): number {
  return x;
}

const [how] = Deno.args;
if (!import.meta.main) {
  if (how === "throws") throw new TypeError("no settings");
  if (how === "ends") {
    console.error("a setting is missing");
    Deno.exit(3);
  }
  if (how === "needs") Deno.env.get("HOME");
  if (how === "waits") await new Promise(() => {});
  if (how === "computes") { for (;;); }
}

if (import.meta.main) {
  const pool = new Executor({ workers: 2 });
  const early = pool.submit(same, 1);
  const told = (promise: PromiseLike<unknown>) =>
    promise.then(() => "fulfilled", (error: Error) => `${error.name}: ${error.message}`);
  console.log(await told(pool.ready));
  const first = await told(early);
  const all = [pool.submit(same, 2), pool.map(same, [3]), pool.mapReduce(same, same, [4, 5])];
  const later = await Promise.all(all.map(told));
  console.log(later.every((one) => one === first) ? "every task" : [first, ...later].join("\n"));
  await pool.shutdown();
}
