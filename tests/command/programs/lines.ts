/** Prints many lines from tasks, on both streams; the first argument is how many tasks do. */

import { setTimeout as delay } from "node:timers/promises";
import { map, scoop } from "../../../mod.ts";

/** Lines of very different lengths, some written in several pieces. */
export function print(task: number): void {
  const encoder = new TextEncoder();
  for (let i = 0; i < 500; i++) {
    const line = `${task}/${i} ${"-".repeat((i * 37) % 300)}|`;
    if (i % 100 !== 0) console.log(line);
    else {for (const piece of [line.slice(0, 2), line.slice(2), "\n"]) {
        Deno.stdout.writeSync(encoder.encode(piece));
      }}
  }
  console.error(`task ${task} has printed`);
}

export async function present(_: unknown): Promise<string> {
  await delay(5);
  console.log("present");
  return scoop.workerName;
}

if (import.meta.main) {
  const here = new Set<string>();
  while (here.size < scoop.size) for (const name of await map(present, Array(20))) here.add(name);
  const tasks = Number(Deno.args[0]);
  await map(print, Array.from({ length: tasks }, (_, i) => i));
  console.log("end");
}
