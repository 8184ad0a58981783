/**
 * Logs and prints, in the program and in its tasks, some of which take turns in one process.
 *
 * @module
 */

import { map, scoop, submit } from "../../../mod.ts";

const ROUNDS = 40;

/** Says something at each step, while others do so. */
export async function speak(number: number): Promise<string> {
  for (let round = 0; round < ROUNDS; round++) {
    console.log(`out ${number}/${round}`);
    console.error(`err ${number}/${round}\nsecond line of ${number}`);
    scoop.logger.info("info {number}/{round}", { number, round });
    // A task that waits for another lets others begin.
    if (round % 8 === 0) await submit(rest, number);
  }
  return scoop.workerName;
}

/** Takes a moment. */
export async function rest(number: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 3));
  return number;
}

/** Returns at once: many of these share a message, and a turn. */
export function say(number: number): string {
  console.log(`said ${number}`);
  return scoop.workerName;
}

/** One record of each level. */
export function levels(): void {
  scoop.logger.debug("a debug record");
  scoop.logger.info("an info record");
  scoop.logger.warning("a warning of {what}", { what: "this", extra: [1, { two: 2n }] });
  scoop.logger.error("an error: {error}", { error: new RangeError("out of it") });
  scoop.logger.getChild("part").fatal("a fatal record");
}

if (import.meta.main) {
  console.log("the program begins");
  levels();
  await submit(levels);
  if (Deno.args[0] !== "levels") {
    const names = await map(speak, Array(12).keys());
    const others = await map(say, Array(300).keys());
    console.log(`workers: ${[...new Set([...names, ...others])].sort().join(" ")}`);
  }
  console.log("the program ends");
}
