/** What an Executor passes on, refuses and cancels; prints what came of it. */

import { Executor } from "../../../mod.ts";

export function args(): readonly string[] {
  return Deno.args;
}

export const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

export function* endless(): Generator<number> {
  for (;;) yield 20;
}

if (import.meta.main) {
  const pool = new Executor({ workers: 1 });
  console.log(...await pool.submit(args));
  const outcome = (results: PromiseLike<unknown>) =>
    results.then(() => "all ran", (error: Error) => error.name);
  const all = outcome(pool.map(pause, Array(300).fill(50)));
  const more = outcome(pool.withOptions({ priority: 1 }).map(pause, endless()));
  await pause(300);
  await pool.shutdown({ cancelFutures: true });
  console.log(await all, await more);
  for (const flag of ["--hosts=a", "-n=2", "-b=2", "--tunnel"]) {
    const refused = new Executor({ flags: flag.split("=") });
    console.log(await refused.ready.then(() => "taken", (error: Error) => error.message));
  }
  for (const flags of [["prog.ts"], ["-q", "--"], ["--max-tasks"]]) {
    const refused = new Executor({ flags });
    console.log(await refused.ready.then(() => "taken", (error: Error) => error.message));
  }
  for (const flags of [[5], "x"] as unknown as string[][]) {
    try {
      new Executor({ flags });
    } catch (error) {
      console.log(`${error}`);
    }
  }
  const slow = new Executor({ workers: 1 });
  const nap = outcome(slow.submit(pause, 60_000));
  await slow.ready;
  const began = performance.now();
  const closed = slow.shutdown();
  await slow.shutdown({ cancelFutures: true });
  await closed;
  console.log(await nap, performance.now() - began < 30_000);
  // What the program has given up itself, and looks at only then, was not forgotten.
  const hasty = new Executor({ workers: 1 });
  await hasty.ready;
  const naps = [1, 2, 3].map(() => hasty.submit(pause, 60_000));
  await pause(100);
  await hasty.shutdown({ wait: false });
  console.log(...await Promise.all(naps.map(outcome)));
}
