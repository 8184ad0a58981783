/**
 * Looking at processes, for tests.
 *
 * @module
 */

import assert from "node:assert/strict";

/** True while a process runs; one that has ended and was not yet waited for does not run. */
export function isAlive(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return stat[stat.lastIndexOf(")") + 2] !== "Z";
  } catch {
    if (Deno.build.os === "linux") return false;
  }
  return new Deno.Command("kill", { args: ["-0", String(pid)], stderr: "null" }).outputSync()
    .success;
}

/** Waits until something is so; fails when it is not so in 20 s, which is to say never. */
export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !condition(); i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert(condition(), `never true: ${condition}`);
}
