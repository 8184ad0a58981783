/**
 * A program that lets go for a moment after it has submitted its tasks, and then computes for seconds.
 * Prints how much of that time had passed when each of them began: milliseconds.
 *
 * Arguments: bytes that each task is given, and whether a task does so in place of the program.
 */

import { map, scoop, submit } from "../../../mod.ts";
import { spin } from "../../api/programs/checks.ts";

const COMPUTES = 4_000;

export function began(_: string): number {
  return Date.now();
}

export async function whoIsHere(_: number): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return scoop.workerName;
}

/** What a task spawns stays with it as long as nobody is there who would miss it. */
async function untilAllAreHere(): Promise<void> {
  const here = new Set<string>();
  for (let round = 0; round < 200 && here.size < scoop.size; round++) {
    for await (const name of map(whoIsHere, [1, 2, 3, 4, 5, 6, 7, 8])) here.add(name);
  }
}

export async function letGo(bytes: number): Promise<number[]> {
  const tasks = Array.from({ length: 2 }, () => submit(began, "x".repeat(bytes)));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const since = Date.now();
  spin(COMPUTES);
  return (await Promise.all(tasks)).map((at) => at - since);
}

if (import.meta.main) {
  const bytes = Number(Deno.args[0]);
  if (Deno.args[1] === "a task") await untilAllAreHere();
  const times = Deno.args[1] === "a task" ? await submit(letGo, bytes) : await letGo(bytes);
  console.log(JSON.stringify(times));
}
