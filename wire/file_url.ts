/**
 * Paths and URLs of modules.
 *
 * @module
 */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** The URL of a module named on a command line: a path of this machine, or a URL already. */
export function toFileUrl(name: string): string {
  // A Windows drive letter is no scheme.
  if (/^[a-z][a-z0-9+.-]+:/i.test(name)) return name;
  return pathToFileURL(resolve(name)).href;
}
