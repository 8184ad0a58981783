/** Reaches for what a program has to be allowed to; the arguments say what and where. */

import { setTimeout as delay } from "node:timers/promises";
import { map, scoop } from "../../../mod.ts";

/** What came of it, and where that was. */
export async function reach(what: string, where: string): Promise<[string, string]> {
  await delay(5);
  try {
    return [scoop.workerName, await tryTo(what, where)];
  } catch (error) {
    return [scoop.workerName, `${(error as Error).name}: ${(error as Error).message}`];
  }
}

async function tryTo(what: string, where: string): Promise<string> {
  switch (what) {
    case "read":
      return await Deno.readTextFile(where);
    case "write":
      return `${await Deno.writeTextFile(where, "written")}`;
    case "net":
      return await (await fetch(where)).text();
    case "listen":
      return `${Deno.listen({ hostname: "127.0.0.1", port: Number(where) }).close()}`;
    case "env":
      return `${Deno.env.get(where)}`;
    case "run":
      return `${(await new Deno.Command(where, { args: ["hello"] }).output()).code}`;
    default:
      throw new Error(`cannot ${what}`);
  }
}

if (import.meta.main) {
  const [what, where] = Deno.args;
  const seen = new Map<string, string>();
  while (seen.size < 2) {
    for (const [name, result] of await map(reach, Array(10).fill(what), Array(10).fill(where))) {
      seen.set(name, result);
    }
  }
  for (const name of [...seen.keys()].sort()) console.log(`${name} ${seen.get(name)}`);
}
