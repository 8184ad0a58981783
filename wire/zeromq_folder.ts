/**
 * Where zeromq's native addon lies, for the permissions of a process that will load it.
 *
 * @module
 */

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
// Nothing of it is used: importing it puts zeromq among the modules that `import.meta.resolve`
// can find on disk, and unlike importing zeromq itself it does not load the addon.
import "npm:zeromq@^6.8/package.json" with { type: "json" };

/**
 * The folder of the zeromq package that `wire/socket.ts` imports. A process that imports it needs
 * `--allow-ffi=<folder>` and `--allow-read=<folder>,/etc/alpine-release` (the addon's loader looks
 * at that file to tell the C libraries apart, whether it exists or not).
 */
export function zeromqFolder(): string {
  return dirname(fileURLToPath(import.meta.resolve("npm:zeromq@^6.8/package.json")));
}
