// What Deno's flags have done to every process of the run.

import { map, scoop } from "../../../mod.ts";

export async function seen(_: number): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  const { gc } = globalThis as { gc?: unknown };
  return [scoop.workerName, typeof gc, Deno.env.get("FROM_FILE"), "openKv" in Deno].join(" ");
}

if (import.meta.main) {
  const lines = new Set<string>();
  while (lines.size < scoop.size) {
    for (const line of await map(seen, [1, 2, 3, 4])) lines.add(line);
  }
  console.log([...lines].sort().join("\n"));
}
