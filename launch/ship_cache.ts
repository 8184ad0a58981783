/**
 * The part of Deno's cache that the modules of a shipment need.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";

/** What `deno info --json` tells of a module, as far as it is used here. */
export interface GraphModule {
  readonly specifier: string;
  /** Where the module's text is. */
  readonly local?: string | null;
  readonly npmPackage?: string;
  readonly dependencies?: readonly {
    /** As it stands in the text, and where. */
    readonly specifier: string;
    readonly code?: { readonly specifier?: string; readonly span?: Span };
  }[];
}

/** A piece of a module's text, counted in lines and characters from 0. */
export interface Span {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

/** What `deno info --json` tells of a module and all it imports. */
export interface Graph {
  readonly modules: readonly GraphModule[];
  readonly redirects: Readonly<Record<string, string>>;
  readonly npmPackages: Readonly<Record<string, NpmPackage>>;
}

interface NpmPackage {
  readonly name: string;
  readonly version: string;
  readonly dependencies: readonly string[];
  readonly registryUrl: string;
  readonly localPath: string;
}

/** A file of the cache. */
export interface CachedFile {
  readonly from: string;
  /** What to send instead of what it holds. */
  readonly text?: string;
}

/**
 * The npm packages in use and the records by which Deno finds them and modules of the web.
 *
 * @throws {Error} when there is no zeromq among the packages, or it has no build for the target
 */
export function cacheFiles(
  denoDir: string,
  graphs: readonly Graph[],
  target: { readonly os: string; readonly arch: string },
): { packages: CachedFile[]; addon: string; registry: string } {
  const used = packagesOf(graphs);
  const zeromq = used.find(({ name }) => name === "zeromq");
  if (zeromq === undefined) throw new Error("cannot tell what to ship: zeromq was not found");
  const files: CachedFile[] = [];
  const versions = new Map<string, Set<string>>();
  for (const { name, version, localPath } of used) {
    const wanted = name === "zeromq" ? buildsFor(target) : () => true;
    for (const path of filesIn(localPath)) {
      if (runs(path) && wanted(path.slice(localPath.length + 1))) files.push({ from: path });
    }
    const record = join(localPath, "..", "registry.json");
    const known = versions.get(record) ?? new Set();
    versions.set(record, known.add(version));
  }
  for (const [record, kept] of versions) {
    files.push({ from: record, text: withVersions(Deno.readTextFileSync(record), kept) });
  }
  for (const path of recordsOfWeb(denoDir, graphs)) files.push({ from: path });
  return { packages: files, addon: zeromq.localPath, registry: zeromq.registryUrl };
}

/** The packages that the graphs import, and those that they depend on in turn. */
function packagesOf(graphs: readonly Graph[]): NpmPackage[] {
  const used = new Map<string, NpmPackage>();
  for (const { modules, npmPackages } of graphs) {
    const queue = modules.flatMap(({ npmPackage }) => npmPackage ?? []);
    for (const key of queue) {
      const found = npmPackages[key];
      if (found === undefined || used.has(key)) continue;
      used.set(key, found);
      queue.push(...found.dependencies);
    }
  }
  return [...used.values()];
}

/** Of zeromq's builds, 36 MB together, only those for one system are needed. */
function buildsFor({ os, arch }: { os: string; arch: string }): (path: string) => boolean {
  const system = os === "windows" ? "win32" : os;
  const processor = arch === "x86_64" ? "x64" : "arm64";
  return (path) => {
    const parts = path.split(/[\\/]/);
    if (parts[0] === "src" || parts[0] === "script") return false;
    if (parts[0] !== "build" || parts.length === 2) return true;
    return parts[1] === system && parts[2] === processor;
  };
}

/** Whether a package's file may be needed to run it. */
function runs(path: string): boolean {
  return !/\.(map|md|d\.[cm]?ts|tsbuildinfo)$/.test(path);
}

function* filesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* filesIn(path);
    else yield path;
  }
}

/** A registry's record of a package, with no other versions than those in use. */
function withVersions(text: string, kept: ReadonlySet<string>): string {
  const { name, versions, "dist-tags": tags = {} } = JSON.parse(text);
  return JSON.stringify({
    name,
    versions: Object.fromEntries(Object.entries(versions).filter(([key]) => kept.has(key))),
    "dist-tags": Object.fromEntries(
      Object.entries(tags).filter(([, version]) => kept.has(version as string)),
    ),
  });
}

/** Records of addresses that lead to others, and of the packages of jsr:. */
function recordsOfWeb(denoDir: string, graphs: readonly Graph[]): string[] {
  const urls = new Set<string>();
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
  return [...urls].map((url) => cachePath(denoDir, url)).filter((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

/** Where Deno keeps what it got from an address (measured with Deno 2.9). */
function cachePath(denoDir: string, url: string): string {
  const { protocol, hostname, port, pathname, search } = new URL(url);
  const hash = createHash("sha256").update(pathname + search).digest("hex");
  const host = port === "" ? hostname : `${hostname}_PORT${port}`;
  return join(denoDir, "remote", protocol.slice(0, -1), host, hash);
}
