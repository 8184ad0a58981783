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
  const deadly = [
    submit(exits, folder),
    submit(isKilled, folder),
    withOptions({ retries: 0 }).submit(triedOnce, folder),
    submit(cannotRepeat, folder),
  ];
  const halves = await map(half, Array.from({ length: 500 }, (_, i) => i));
  console.log("siblings", halves.length, halves.every((value, i) => value === i / 2));
  for (const [i, name] of ["exits", "isKilled", "triedOnce", "cannotRepeat"].entries()) {
    const error = await deadly[i]!.exception();
    const { message } = error as Error;
    console.log(name, attempts(folder, name), error instanceof WorkerLostError, message);
  }
}
