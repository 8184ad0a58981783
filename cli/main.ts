/**
 * The command under a name of its own: it runs a program that uses SCOOP's futures on many
 * processes.
 *
 * ```sh
 * deno run -A jsr:@scoop/cli -n 4 prog.ts
 * deno install -g -A -n scoop jsr:@scoop/cli
 * ```
 *
 * All of it is in `@scoop/futures`, which programs import as well. When this is published, Deno
 * writes `jsr:@scoop/futures@^<version>/cli` in place of the name below.
 *
 * @module
 */

import { main } from "@scoop/futures/cli";

export { main };

if (import.meta.main) Deno.exit(await main(Deno.args));
