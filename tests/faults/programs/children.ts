/** Tasks that start other programs, which stay; the first argument says how it ends. */

import { submit, withOptions } from "../../../mod.ts";

/** Starts a program that stays, and waits for it. */
export async function wait(): Promise<void> {
  const child = new Deno.Command("sleep", { args: ["600"], stdout: "null" }).spawn();
  console.log("started");
  await child.status;
}

/** Starts a program that stays, and never comes back. */
export function hang(): never {
  new Deno.Command("sleep", { args: ["600"], stdout: "null" }).spawn();
  for (;;);
}

if (import.meta.main) {
  const [how] = Deno.args;
  if (how === "timeout") {
    const future = withOptions({ timeout: 500, retries: 0 }).submit(hang);
    // Not awaited, which would let this program take the task itself.
    while (!future.done()) await new Promise((resolve) => setTimeout(resolve, 20));
    console.log(((await future.exception()) as Error).name);
  } else {
    for (let i = 0; i < 6; i++) submit(wait).then(() => {}, () => {});
    if (how === "waits") await new Promise((resolve) => setTimeout(resolve, 600_000));
    // Until it is told to end.
    else await Deno.stdin.read(new Uint8Array(1));
    console.log("ends");
    if (how === "fails") throw new Error("a mistake of the program");
    Deno.exit(0);
  }
}
