/**
 * Modules of the web in a shipment.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Graph, GraphModule } from "./ship_graph.ts";

/**
 * Files of the cache that tell where addresses lead to, and of the packages of jsr: which versions
 * and which files they have. The modules' own files are told by the graphs.
 *
 * @param named addresses of further files in use, of import maps for example
 * @returns paths
 */
export function webRecords(
  cache: string,
  graphs: readonly Graph[],
  named: readonly string[],
): string[] {
  const urls = new Set(named);
  for (const { modules, redirects } of graphs) {
    for (const url of Object.keys(redirects)) if (/^https?:/.test(url)) urls.add(url);
    for (const { specifier } of modules) {
      const [, base, name, version] =
        /^(https?:\/\/.*?\/)(@[^/]+\/[^/@]+)\/(\d[^/]*)\//.exec(specifier) ?? [];
      if (base === undefined) continue;
      urls.add(`${base}${name}/meta.json`);
      urls.add(`${base}${name}/${version}_meta.json`);
    }
  }
  return [...urls].map((url) => cachePath(cache, url)).filter((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      // Some only look like addresses of jsr:.
      return false;
    }
  });
}

/** Where Deno keeps what it got from an address (measured with Deno 2.9). */
function cachePath(cache: string, url: string): string {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const hash = createHash("sha256").update(pathname + search).digest("hex");
  const host = port === "" ? hostname : `${hostname}_PORT${port}`;
  return join(cache, "remote", protocol.slice(0, -1), host, hash);
}

/**
 * The modules of a graph whose main module is on the web, if they can be run from plain files: what
 * is loaded with it lies on the web as well, and is no package. The agent has to be such a module,
 * since the process that loads it was started before there was a cache.
 *
 * @returns nothing when they cannot
 */
export function plainModules({ roots, modules, redirects }: Graph): GraphModule[] {
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const found = new Set<GraphModule>();
  const queue = [...roots];
  for (const asked of queue) {
    if (asked.startsWith("node:")) continue;
    const module = bySpecifier.get(redirects[asked] ?? asked);
    if (!module?.local || !/^https?:/.test(module.specifier)) return [];
    if (found.has(module)) continue;
    found.add(module);
    for (const { code, isDynamic } of module.dependencies ?? []) {
      if (code?.specifier && !isDynamic) queue.push(code.specifier);
    }
  }
  return [...found];
}
