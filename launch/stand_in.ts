/**
 * What stands for this library while Deno is asked what a program is made of. Its modules are known,
 * and there are so many of them that Deno took 71 ms to answer for a small program, and takes 12
 * without: a tenth of the time from the command to its end.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { namesOf } from "./deno_flags.ts";
import type { Finding } from "./finding.ts";
import { configsAbove, exists, findPackageJson, tryConfig } from "./program.ts";

/** In a deno.json: what a map of imports given beside it would take the place of, or spoil. */
const DECIDES = ["imports", "scopes", "importMap", "links", "patch", "lock", "nodeModulesDir"];

/**
 * Flags that have Deno leave the library alone; undefined where it might find anything else otherwise
 * than without them: the user has a say in how modules are found.
 *
 * @param library URL of the library's folder
 */
export function standInFlags(
  { program, importMap, options }: Finding,
  library: string,
): string[] | undefined {
  const [folder] = program.folders;
  if (folder === undefined || importMap !== undefined) return undefined;
  // On the web it would have to be fetched first.
  if (!library.startsWith("file:")) return undefined;
  if (options.config !== undefined || namesOf(options.denoFlags).length > 0) return undefined;
  if (findPackageJson(folder) !== undefined) return undefined;
  const decides = (config: string) => {
    // It decides where this library's packages come from as well.
    if (exists(join(dirname(config), ".npmrc"))) return true;
    const settings = tryConfig(config);
    return settings === undefined || DECIDES.some((name) => name in settings);
  };
  if (configsAbove(folder).some(decides)) return undefined;
  // A file: with a map in an address Deno 2.9.6 panics where there is a workspace.
  return ["--import-map", fileURLToPath(`${library}launch/stand_in.json`)];
}

/** What a process must be allowed to read of it; nothing where it is on the web. */
export function foldersOf(library: string): string[] {
  return library.startsWith("file:") ? [fileURLToPath(library).replace(/[\\/]$/, "")] : [];
}
