/** Ends as the first argument says. */

import { setTimeout as delay } from "node:timers/promises";
import { submit } from "../../../mod.ts";

export function fails(): never {
  throw new RangeError("a task's mistake");
}

const [how] = Deno.args;
if (how === "throws at import") throw new TypeError("at the top");

if (import.meta.main) {
  console.log(await submit(Math.hypot, 3, 4));
  switch (how) {
    case "exit 7":
      Deno.exit(7);
      break;
    case "exit code 5":
      Deno.exitCode = 5;
      break;
    case "throws":
      throw new RangeError("a mistake");
    case "rejects":
      Promise.reject(new RangeError("a mistake"));
      await delay(60_000);
      break;
    case "task fails":
      await submit(fails);
      break;
    case "nobody looks":
      submit(fails);
      await delay(300);
      break;
    case "timer":
      setTimeout(() => console.log("later"), 200);
  }
}
