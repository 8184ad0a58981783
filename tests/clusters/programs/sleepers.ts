/** Who has done how many of the tasks; more tasks than anybody could do alone in the time. */

import { map, scoop } from "../../../mod.ts";

/** Takes a while, and says where. */
export async function where(_: number): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  return scoop.workerName;
}

if (import.meta.main) {
  const [tasks] = Deno.args;
  console.log("it begins");
  const names = await map(where, Array.from({ length: Number(tasks) }, (_, i) => i));
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  console.log(JSON.stringify(Object.fromEntries([...counts].sort())));
}
