/**
 * Where zeromq's native addon lies, which has libzmq inside: for the permissions of a process that
 * will load it, and for `wire/libzmq.ts`. Importing this does not load the addon.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import manifest from "npm:zeromq@^6.8/build/manifest.json" with { type: "json" };

/**
 * The folder of the zeromq package that `wire/socket.ts` imports. A process that imports it needs
 * `--allow-ffi=<folder>` and `--allow-read=<folder>,/etc/alpine-release` (the addon's loader looks
 * at that file to tell the C libraries apart, whether it exists or not).
 */
export function zeromqFolder(): string {
  return dirname(buildFolder());
}

// A process with other flags may have the package elsewhere, and is asked by running this.
if (import.meta.main) console.log(zeromqFolder());

/** The addon's files for this operating system and processor; those to be tried first, first. */
export function zeromqLibraries(): string[] {
  const os = Deno.build.os === "windows" ? "win32" : Deno.build.os;
  const arch = Deno.build.arch === "x86_64" ? "x64" : "arm64";
  return Object.entries(manifest)
    .map(([description, file]) => ({ ...JSON.parse(description) as Description, file }))
    .filter((build) => build.os === os && build.arch === arch)
    .sort((a, b) => b.abi - a.abi)
    .map((build) => join(buildFolder(), build.file));
}

/** Of the description of a build in the package's manifest, what matters here. */
interface Description {
  os: string;
  arch: string;
  abi: number;
}

function buildFolder(): string {
  // Finds only what is imported, as the manifest is above.
  return dirname(fileURLToPath(import.meta.resolve("npm:zeromq@^6.8/build/manifest.json")));
}
