/** Ends when every worker has done something, and tells who they are. */

import { map, scoop } from "../../../mod.ts";

export async function name(_: number): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 30));
  return scoop.workerName;
}

if (import.meta.main) {
  const seen = new Set<string>();
  while (seen.size < scoop.size) {
    for (const one of await map(name, Array(2 * scoop.size).fill(0))) seen.add(one);
  }
  console.log([...seen].sort().join(" "));
}
