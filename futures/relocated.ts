/**
 * The same program in another folder, as on another host.
 *
 * @module
 */

import { posix } from "node:path";
import type { ProgramModules } from "./module_scan.ts";

/**
 * The modules of a program whose main module has another address here: they lie where they lie
 * from its main module, since that is how it imports them.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { relocated } from "./relocated.ts";
 * const there = { main: "file:///a/prog.ts", modules: ["file:///a/lib/x.ts", "file:///b/y.ts"] };
 * assert.deepEqual(relocated(there, "file:///tmp/c/prog.ts").modules, [
 *   "file:///tmp/c/lib/x.ts",
 *   "file:///tmp/b/y.ts",
 * ]);
 * ```
 */
export function relocated(program: ProgramModules, main: string): ProgramModules {
  const isFile = (url: string) => url.startsWith("file:");
  if (main === program.main || !isFile(main) || !isFile(program.main)) {
    return { main, modules: program.modules };
  }
  const folder = posix.dirname(new URL(program.main).pathname);
  const modules = program.modules.map((url) =>
    isFile(url) ? new URL(posix.relative(folder, new URL(url).pathname), main).href : url
  );
  return { main, modules };
}
