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

import { main } from "./launch/launch.ts";
import { isSelfMade } from "./launch/self_command.ts";

export { main };

if (import.meta.main) {
  // A compiled command, where there is no Deno, starts itself again as the program's processes.
  const program = isSelfMade() ? Deno.env.get("SCOOP_PROGRAM") : undefined;
  if (program === undefined) Deno.exit(await main(Deno.args));
  const { environmentOrExit, runFromDisk } = await import("./launch/self.ts");
  await runFromDisk(program, environmentOrExit()!);
}
