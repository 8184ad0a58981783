/**
 * The configuration that Deno will look for beside the files of a shipment.
 *
 * @module
 */

import { dirname, join, resolve } from "node:path";
import { UsageError } from "./usage_error.ts";

/** Files that Deno looks for in the folders above a module. */
const NAMES = ["deno.json", "deno.jsonc", "package.json", ".npmrc"];

/**
 * The configuration files that have a say in how the given files are loaded.
 *
 * @param files paths of the modules
 * @param named paths or URLs of what the user named: deno.json, import map
 * @throws {UsageError} when packages come from a node_modules folder, which is not shipped
 */
export function configFiles(
  files: readonly string[],
  named: readonly (string | undefined)[],
): string[] {
  const found = new Set<string>();
  for (const name of named) {
    if (name !== undefined && !/^(https?|data):/.test(name)) found.add(resolve(name));
  }
  const folders = new Set<string>();
  for (const path of [...files, ...found]) {
    for (let folder = dirname(path); !folders.has(folder); folder = dirname(folder)) {
      folders.add(folder);
    }
  }
  for (const folder of folders) {
    for (const name of NAMES) if (isFile(join(folder, name))) found.add(join(folder, name));
  }
  for (const path of [...found]) {
    for (const member of workspaceMembers(path)) {
      for (const name of NAMES.slice(0, 3)) {
        const file = join(dirname(path), member, name);
        if (isFile(file)) found.add(file);
      }
    }
    refuseNodeModules(path);
  }
  return [...found];
}

/** The members of a workspace, which Deno expects to be there. */
function workspaceMembers(path: string): string[] {
  if (!/deno\.jsonc?$/.test(path)) return [];
  const text = Deno.readTextFileSync(path);
  const list = /"workspace"\s*:\s*(?:\{\s*"members"\s*:\s*)?\[([^\]]*)\]/.exec(text)?.[1] ?? "";
  return [...list.matchAll(/"([^"*]+)"/g)].map(([, member]) => member!);
}

function refuseNodeModules(path: string): void {
  if (!path.endsWith("package.json")) return;
  const folder = join(dirname(path), "node_modules");
  if (!isFolder(folder)) return;
  throw new UsageError(
    `${folder} cannot be shipped: let Deno keep packages in its cache ` +
      `("nodeModulesDir": "none" in deno.json, and no node_modules folder)`,
  );
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
