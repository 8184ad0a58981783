/**
 * A program that lets go for a moment after it has submitted its tasks, and then computes for seconds.
 * Prints how much of that time had passed when each of them began: milliseconds.
 *
 * Arguments: bytes that each task is given, and whether a task does so in place of the program.
 */

import { submit } from "../../../mod.ts";
import { spin } from "../../api/programs/checks.ts";

const COMPUTES = 3_000;

export function began(_: string): number {
  return Date.now();
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
  const times = Deno.args[1] === "a task" ? await submit(letGo, bytes) : await letGo(bytes);
  console.log(JSON.stringify(times));
}
