/** Programs to be interrupted; the first argument says what they do about it. */

import { setTimeout as delay } from "node:timers/promises";
import { map, scoop, submit, withOptions } from "../../../mod.ts";

export async function name(_: unknown): Promise<string> {
  await delay(5);
  return scoop.workerName;
}

export async function long(): Promise<void> {
  await delay(600_000);
}

export function loop(_: unknown): never {
  console.log(`${scoop.workerName} loops`);
  for (;;);
}

/** Returns when every one of three workers has executed something. */
async function everyone(): Promise<void> {
  const names = new Set<string>();
  while (names.size < 3) for (const worker of await map(name, Array(20))) names.add(worker);
}

if (import.meta.main) {
  const [what] = Deno.args;
  await everyone();
  if (what === "ignores") {
    Deno.addSignalListener("SIGINT", () => console.log("ignored"));
  } else if (what === "cleans up") {
    Deno.addSignalListener("SIGINT", async () => {
      await delay(50);
      console.log("cleaned up");
      Deno.exit(3);
    });
  }
  if (what === "loops") await withOptions({ chunkSize: 1 }).map(loop, Array(60));
  console.log("waits");
  await submit(long);
}
