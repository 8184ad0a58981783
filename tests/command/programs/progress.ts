/**
 * Takes a while, and prints meanwhile. The arguments are how many tasks there are, and how the program
 * prints (in lines, in parts of lines, or not at all) or ends.
 */

import { setTimeout as delay } from "node:timers/promises";
import { mapAsCompleted, mapSettled } from "../../../mod.ts";

export async function slow(x: number): Promise<number> {
  await delay(100);
  return x;
}

export async function odd(x: number): Promise<number> {
  await delay(100);
  if (x % 2 === 1) throw new RangeError(`${x} is odd`);
  return x;
}

if (import.meta.main) {
  const [tasks, how] = [Number(Deno.args[0]), Deno.args[1]];
  const encoder = new TextEncoder();
  const write = (text: string) => void Deno.stdout.writeSync(encoder.encode(text));
  const inputs = Array.from({ length: tasks }, (_, i) => i);
  const others = how === "two functions" ? mapSettled(odd, inputs) : undefined;
  let n = 0;
  for await (const _ of mapAsCompleted(slow, inputs)) {
    n++;
    if (how === "lines") console.log(`result ${n}`);
    if (how === "parts") {
      if (n % 10 === 5) write(`results ${n}`);
      else if (n % 10 === 0) write(` to ${n}\n`);
    }
    if (how === "errors") console.error(`result ${n}`);
  }
  if (how === "exits") Deno.exit(5);
  await others;
  console.log("the end");
}
