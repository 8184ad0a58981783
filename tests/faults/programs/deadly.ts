/**
 * Tasks that end the process they run in. A task finds in a folder of its own how often it has been
 * tried, since nothing else outlives its process.
 *
 * @module
 */

import { readdirSync } from "node:fs";

/** The ways a task ends its process. */
export type Way = "exit" | "kill";

/** Notes one more attempt of `task` in `folder`; returns how many there have been. */
export function attempt(folder: string, task: string | number): number {
  Deno.writeTextFileSync(`${folder}/${task}.${crypto.randomUUID()}`, "");
  return attempts(folder, task);
}

/** How often `task` has been tried. */
export function attempts(folder: string, task: string | number): number {
  return readdirSync(folder).filter((name) => name.startsWith(`${task}.`)).length;
}

/** Ends this process. */
export function die(way: Way): never {
  if (way === "exit") Deno.exit(7);
  Deno.kill(Deno.pid, "SIGKILL");
  throw new Error("survived");
}
