/**
 * The npm packages of a shipment: of each the files that may be needed to run it, and the record by
 * which Deno knows what versions there are.
 *
 * @module
 */

import { basename, dirname, join, relative, sep } from "node:path";
import type { Graph, NpmPackage } from "./ship_graph.ts";

/** The kind of host. */
export interface Target {
  /** As in Deno.build. */
  readonly os: string;
  readonly arch: string;
  /** "glibc" or "musl"; undefined, or of no meaning to the system, for whatever there is. */
  readonly libc?: string;
}

/** A file of a package. */
export interface PackageFile {
  /** Below the folder of the registry in Deno's cache, with slashes. */
  readonly to: string;
  /** Its path here. */
  readonly from: string;
  /** What it is to hold there, if not what it holds here. */
  readonly text?: string;
}

/** The packages that a target needs. */
export interface Packages {
  readonly files: readonly PackageFile[];
  /** The folder of zeromq, below the folder of the registry. */
  readonly addon: string;
  /** The target's packages that are not in the cache here, "name@version". */
  readonly missing: readonly string[];
}

/** What a registry's record tells of one version. */
interface VersionRecord {
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
}

/**
 * The packages that the graphs import, and those that they depend on in turn.
 *
 * @throws {Error} when there is no zeromq among them, or it was not built for the target
 */
export function packageFiles(graphs: readonly Graph[], target: Target): Packages {
  const system = systemOf(target);
  const files: PackageFile[] = [];
  const missing: string[] = [];
  const kept = new Map<string, { from: string; versions: Set<string> }>();
  let addon: string | undefined;
  for (const used of packagesOf(graphs)) {
    const { name, version, localPath } = used;
    const to = placeOf(used);
    const from = join(dirname(localPath), "registry.json");
    const record = kept.get(dirname(to)) ?? { from, versions: new Set() };
    kept.set(dirname(to), record);
    record.versions.add(version);
    if (!isMadeFor(readRecord(from).versions[version], system)) continue;
    if (!isFolder(localPath)) {
      missing.push(`${name}@${version}`);
      continue;
    }
    if (name === "zeromq") addon = to;
    const needed = name === "zeromq" ? partsOfZeromq(localPath, target) : () => true;
    for (const path of filesIn(localPath)) {
      const inside = withSlashes(relative(localPath, path));
      if (mayRun(inside) && needed(inside)) files.push({ to: `${to}/${inside}`, from: path });
    }
  }
  for (const [folder, { from, versions }] of kept) {
    files.push({ to: `${folder}/registry.json`, from, text: withVersions(from, versions) });
  }
  if (addon === undefined) throw new Error("cannot tell what to ship: zeromq was not found");
  return { files, addon, missing };
}

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
  // One version of a package may be listed several times, once for each set of its peers.
  return [...new Map([...used.values()].map((one) => [one.localPath, one])).values()];
}

/** Its folder below that of the registry, "@scope/name/1.2.3". */
function placeOf({ name, localPath }: NpmPackage): string {
  // Deno writes a name with capitals in another way, as one part.
  const scope = basename(dirname(dirname(localPath)));
  const isScoped = name.startsWith("@") && scope.startsWith("@");
  return withSlashes(
    join(isScoped ? scope : "", basename(dirname(localPath)), basename(localPath)),
  );
}

/** The words that npm has for a system. */
export function systemOf({ os, arch }: Target): { os: string; cpu: string } {
  return {
    os: os === "windows" ? "win32" : os,
    cpu: ({ x86_64: "x64", aarch64: "arm64" } as Record<string, string>)[arch] ?? arch,
  };
}

/** Whether a package is of use on a system; some are meant for others, and only listed. */
function isMadeFor(record: VersionRecord | undefined, system: { os: string; cpu: string }) {
  const admits = (list: readonly string[] | undefined, word: string) => {
    if (list === undefined || list.length === 0 || list.includes("any")) return true;
    if (list.includes(`!${word}`)) return false;
    return list.includes(word) || list.every((each) => each.startsWith("!"));
  };
  return admits(record?.os, system.os) && admits(record?.cpu, system.cpu);
}

/**
 * Of zeromq's builds, 36 MB together, the one for the target's C library: the newest, which
 * its loader tries first. It asks for less than Deno itself does (glibc 2.25; Deno: 2.27; the older
 * ones were built on a newer system and ask for 2.38), so what can start Deno can load it.
 */
function partsOfZeromq(folder: string, target: Target): (path: string) => boolean {
  const { os, cpu } = systemOf(target);
  const manifest: Record<string, string> = JSON.parse(
    Deno.readTextFileSync(join(folder, "build", "manifest.json")),
  );
  const newest = new Map<string, { abi: number; file: string }>();
  for (const [description, file] of Object.entries(manifest)) {
    const build: { os: string; arch: string; libc: string; abi: number } = JSON.parse(description);
    if (build.os !== os || build.arch !== cpu) continue;
    const known = newest.get(build.libc);
    if (known === undefined || build.abi > known.abi) {
      newest.set(build.libc, { abi: build.abi, file: `build/${file.replaceAll("\\", "/")}` });
    }
  }
  if (newest.size === 0) {
    throw new Error(`zeromq has no build for ${target.os} on ${target.arch}, so it cannot be used`);
  }
  const chosen = newest.get(target.libc ?? "");
  const builds = new Set((chosen ? [chosen] : [...newest.values()]).map(({ file }) => file));
  return (path) =>
    path.startsWith("build/")
      ? path === "build/manifest.json" || builds.has(path)
      : !/^(src|script)\//.test(path);
}

/** Whether a package's file may be needed to run it. */
function mayRun(path: string): boolean {
  // The first is a note of Deno's, left behind each time that it did not run an install script.
  return !/(^\.scripts-warned-\d+|\.([cm]?js|css)\.map|\.md|\.d\.[cm]?ts|\.tsbuildinfo|\.h)$/.test(
    path,
  );
}

function* filesIn(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* filesIn(path);
    else yield path;
  }
}

function readRecord(path: string): { versions: Record<string, VersionRecord> } {
  return JSON.parse(Deno.readTextFileSync(path));
}

/**
 * A registry's record of a package with no other versions than those in use, of which Deno finds
 * the same there as here without being told more.
 */
function withVersions(path: string, kept: ReadonlySet<string>): string {
  const { versions, "dist-tags": tags = {}, time: _, ...rest } = JSON.parse(
    Deno.readTextFileSync(path),
  );
  return JSON.stringify({
    ...rest,
    versions: Object.fromEntries(Object.entries(versions).filter(([key]) => kept.has(key))),
    "dist-tags": Object.fromEntries(
      Object.entries(tags).filter(([, version]) => kept.has(version as string)),
    ),
  });
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

function withSlashes(path: string): string {
  return path.split(sep).join("/");
}
