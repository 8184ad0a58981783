/** An Executor whose owner is to be looked at from outside; the first argument says what it does. */

import { Executor } from "../../../mod.ts";

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export async function twice(x: number): Promise<number> {
  await pause(5);
  return 2 * x;
}

if (import.meta.main) {
  const [what, ms] = Deno.args;
  const pool = new Executor({ workers: 2 });
  if (what === "starts") await pause(600_000);
  await pool.ready;
  if (what === "blocks") {
    const results = pool.map(twice, Array.from({ length: 400 }, (_, i) => i));
    await pause(300);
    for (const end = performance.now() + Number(ms); performance.now() < end;);
    console.log((await results).length);
    await pool.shutdown();
  } else if (what === "forgets") {
    console.log(await pool.submit(twice, 1));
  } else if (what === "waits") {
    const future = pool.submit(pause, 600_000);
    console.log("waits");
    try {
      await future;
    } catch (error) {
      console.log(String(error));
    }
    console.log(String(await pool.submit(twice, 1).exception()));
    await pool.shutdown();
  }
}
