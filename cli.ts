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

export { main };

if (import.meta.main) Deno.exit(await main(Deno.args));
