#!/usr/bin/env -S deno run -A
/**
 * The command: runs a program that uses SCOOP's futures on many processes.
 *
 * ```sh
 * deno run -A cli.ts -n 4 program.ts
 * ```
 *
 * @module
 */

import { lookEarly } from "./launch/early_look.ts";
import { isSelfMade } from "./launch/self_command.ts";

/**
 * The command.
 *
 * @returns its exit code: the program's own; 128 + n when signal n ended the program or the
 *   command; 75 when --drain has ended it; 74 when the program has ended with 0 and some of its
 *   output could not be written; 2 when the input makes no sense; 1 when the run cannot be started
 */
export async function main(args: readonly string[]): Promise<number> {
  lookEarly(args);
  // Loaded while another Deno looks at the program.
  const command = await import("./launch/launch.ts");
  return await command.main(args);
}

if (import.meta.main) {
  // A compiled command, where there is no Deno, starts itself again as the program's processes.
  const program = isSelfMade() ? Deno.env.get("SCOOP_PROGRAM") : undefined;
  if (program === undefined) Deno.exit(await main(Deno.args));
  const { environmentOrExit, runFromDisk } = await import("./launch/self.ts");
  await runFromDisk(program, environmentOrExit()!);
}
