/** Whether an Executor keeps the process alive; it is never shut down. */

import { Executor } from "../../../mod.ts";

export const pause = (milliseconds: number) =>
  new Promise<string>((resolve) => setTimeout(resolve, milliseconds, "a result"));

if (import.meta.main) {
  const pool = new Executor({ workers: 1 });
  await pool.ready;
  addEventListener("unload", () => console.log("ends"));
  switch (Deno.args[0]) {
    case "forgotten":
      break;
    case "awaited":
      console.log(await pool.submit(pause, 300));
      break;
    case "ref":
      pool.ref();
      Deno.unrefTimer(setTimeout(() => {
        console.log("still here");
        pool.unref();
      }, 500));
      break;
    case "unref":
      pool.unref();
      pool.submit(pause, 60_000).then(console.log, () => {});
      break;
    case "served":
      Deno.serve({ port: 0, onListen() {} }, () => new Response("")).unref();
      await pool.submit(pause, 1);
  }
}
