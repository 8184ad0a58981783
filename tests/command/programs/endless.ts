/** Prints lines until it is stopped. */

import { setTimeout as delay } from "node:timers/promises";
import { map } from "../../../mod.ts";

export async function print(_: unknown): Promise<void> {
  await delay(1);
  console.log("line");
}

function* endless(): Generator<number> {
  for (let i = 0;; i++) yield i;
}

if (import.meta.main) { for await (const _ of map(print, endless())); }
