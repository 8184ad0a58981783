/** Tasks that kill whatever worker they are tried on, among many that do not. */

import { map, submit, task, withOptions, WorkerLostError } from "../../../mod.ts";
import { attempt, attempts, die } from "./deadly.ts";

export function exits(folder: string): void {
  attempt(folder, "exits");
  die("exit");
}

export function isKilled(folder: string): void {
  attempt(folder, "isKilled");
  die("kill");
}

export function triedOnce(folder: string): void {
  attempt(folder, "triedOnce");
  die("kill");
}

export const cannotRepeat = task(function cannotRepeat(folder: string): void {
  attempt(folder, "cannotRepeat");
  die("exit");
}, { idempotent: false });

export function half(x: number): number {
  return x / 2;
}

if (import.meta.main) {
  const folder = Deno.args[0]!;
  const deadly = {
    exits: () => submit(exits, folder),
    isKilled: () => submit(isKilled, folder),
    triedOnce: () => withOptions({ retries: 0 }).submit(triedOnce, folder),
    cannotRepeat: () => submit(cannotRepeat, folder),
  };
  // One after the other, so that none is lost with the worker that another has killed.
  for (const [name, start] of Object.entries(deadly)) {
    const future = start();
    const halves = await map(half, Array.from({ length: 500 }, (_, i) => i));
    const error = await future.exception();
    const siblings = halves.filter((value, i) => value === i / 2).length;
    const { message } = error as Error;
    console.log(name, attempts(folder, name), siblings, error instanceof WorkerLostError, message);
  }
}
