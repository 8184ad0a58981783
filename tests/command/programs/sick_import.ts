/** A program that workers cannot import. */

import { map } from "../../../mod.ts";

export async function slow(x: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 60_000));
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
  await map(slow, Array(1000).keys());
}
