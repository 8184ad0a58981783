/**
 * An Executor whose workers log into a file, as this process does.
 *
 * @module
 */

import { Executor, scoop } from "../../../mod.ts";

/** Says who works. */
export function work(number: number): number {
  console.log(`printed ${number}`);
  scoop.logger.info("logged {number}", { number });
  return number;
}

if (import.meta.main) {
  const [log] = Deno.args;
  const flags = [`--log=${log}`, "--log-format=json"];
  await using pool = new Executor({ workers: 2, flags });
  await pool.ready;
  scoop.logger.info("the owner is {ready}", { ready: true });
  console.log((await pool.map(work, Array(40).keys())).length);
}
