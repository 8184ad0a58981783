/**
 * The configuration that Deno will look for beside the files of a shipment.
 *
 * @module
 */

import { dirname, join, posix, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/** Files that Deno looks for in the folders above a module. */
const NAMES = ["deno.json", "deno.jsonc", "package.json"];

/**
 * The configuration files that have a say in how the given files are loaded.
 *
 * @param files paths of the modules
 * @param named paths or URLs of what the user named: deno.json, import map
 * @returns paths and URLs
 */
export function configFiles(
  files: readonly string[],
  named: readonly (string | undefined)[],
): string[] {
  const found = new Set<string>();
  for (const name of named) {
    if (name !== undefined) found.add(isAddress(name) ? name : resolve(name));
  }
  const folders = new Set<string>();
  for (const path of [...files, ...found]) {
    if (isAddress(path)) continue;
    for (let folder = dirname(path); !folders.has(folder); folder = dirname(folder)) {
      folders.add(folder);
    }
  }
  for (const folder of folders) addPresent(found, folder);
  for (const path of found) {
    if (isAddress(path)) continue;
    const text = Deno.readTextFileSync(path);
    for (const member of workspaceMembers(text)) addPresent(found, join(dirname(path), member));
    const [, importMap] = /"importMap"\s*:\s*"([^"]+)"/.exec(text) ?? [];
    if (importMap === undefined) continue;
    found.add(isAddress(importMap) ? importMap : resolve(dirname(path), importMap));
  }
  return [...found];
}

function addPresent(found: Set<string>, folder: string): void {
  for (const name of NAMES) if (isFile(join(folder, name))) found.add(join(folder, name));
}

/** The members of a workspace that are named one by one, which Deno expects to be there. */
function workspaceMembers(text: string): string[] {
  const lists = text.matchAll(
    /"(?:workspaces?|links|patch)"\s*:\s*(?:\{\s*"members"\s*:\s*)?\[([^\]]*)\]/g,
  );
  return [...lists].flatMap(([, list]) => [...list!.matchAll(/"([^"*]+)"/g)]).map(([, name]) =>
    name!
  );
}

/**
 * A deno.json or an import map with its addresses of files made relative, since the folders from
 * the root are others on another host.
 *
 * @param path of the file
 * @returns undefined when it has no such address
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { withRelativeAddresses } from "./ship_config.ts";
 * const text = '{ "imports": { "x/": "file:///opt/x/", "y": "./y.ts" } }';
 * assert.equal(
 *   withRelativeAddresses(text, "/home/me/deno.json"),
 *   '{ "imports": { "x/": "../../opt/x/", "y": "./y.ts" } }',
 * );
 * ```
 */
export function withRelativeAddresses(text: string, path: string): string | undefined {
  const written = text.replaceAll(
    /(:\s*)"((?:file:\/\/)?\/[^"\\\n]*)"(?!\s*:)/g,
    (all, before: string, address: string) => {
      const url = URL.parse(address, "file:///");
      const isFile = url?.protocol === "file:" && url.hostname === "";
      return isFile ? `${before}"${relativeAddress(url.href, path)}"` : all;
    },
  );
  return written === text ? undefined : written;
}

/** The way to a module from a file that imports it, as it has to stand there. */
export function relativeAddress(url: string, importer: string): string {
  const to = new URL(url).pathname;
  const way = posix.relative(posix.dirname(pathToFileURL(importer).pathname), to);
  const end = to.endsWith("/") && way !== "" ? "/" : "";
  return (way === ".." || way.startsWith("../") ? way : `./${way}`) + end;
}

/** The version of a package.json's package in the node_modules folder beside it, if it is there. */
function installedVersion(packageJson: string, name: string): string | undefined {
  const path = join(dirname(packageJson), "node_modules", name, "package.json");
  return isFile(path) ? JSON.parse(Deno.readTextFileSync(path)).version : undefined;
}

/**
 * Packages go from Deno's cache, not from a node_modules folder; they had better be the same.
 *
 * @param configs paths of configuration files
 * @param shipped the versions that are sent, by the packages' names
 * @throws {Error} when another version of a package is in a node_modules folder
 */
export function checkNodeModules(
  configs: readonly string[],
  shipped: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  for (const path of configs) {
    if (!path.endsWith("package.json")) continue;
    const { dependencies = {} } = JSON.parse(Deno.readTextFileSync(path));
    for (const name of Object.keys(dependencies)) {
      const sent = shipped.get(name);
      const installed = installedVersion(path, name);
      if (!sent || installed === undefined || sent.has(installed)) continue;
      throw new Error(
        `${name} ${installed} is in ${join(dirname(path), "node_modules")}, but Deno's cache has ` +
          `${[...sent].join(", ")}, which would be shipped: name the version in ${path}`,
      );
    }
  }
}

function isAddress(name: string): boolean {
  return /^(https?|data):/.test(name);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
