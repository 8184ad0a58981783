/**
 * What another host needs to take part in a run when it has nothing but Deno: gathered here, sent
 * through the connection of its agent, unpacked into a folder there.
 *
 * The files are sent as they are and lie to each other as they do here, instead of being bundled
 * into one: a function is recognised by where it is and by its text, and a bundler changes both.
 * With them goes the part of Deno's cache that they need, so nothing is downloaded there.
 *
 * @module
 */

import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { checkNodeModules, configFiles, withRelativeAddresses } from "./ship_config.ts";
import { askCache, askGraph } from "./ship_graph.ts";
import type { Graph } from "./ship_graph.ts";
import { withRelativeImports } from "./ship_imports.ts";
import { packageFiles, systemOf } from "./ship_packages.ts";
import type { Packages, Target } from "./ship_packages.ts";
import { plainModules, webRecords } from "./ship_web.ts";

/** What to gather for. */
export interface Freight {
  /** The Deno to ask. */
  readonly deno: string;
  /** URL of the program's main module. */
  readonly program: string;
  /** URLs of the modules of this library that are started. */
  readonly entries: readonly string[];
  /** What `deno run` is given here that matters for finding modules, `--allow-import` included. */
  readonly flags: readonly string[];
  /** The deno.json and the import map that the flags name, or undefined: paths, or URLs. */
  readonly config: string | undefined;
  readonly importMap: string | undefined;
  /** Paths of further files, which are sent as they are. */
  readonly attached?: readonly string[];
  /** The other host. */
  readonly target: Target;
}

/** A file to be sent. */
export interface ShippedFile {
  /** Below the folder there, with slashes. */
  readonly to: string;
  /** Its path here. */
  readonly from: string;
  /** What it is to hold there, if not what it holds here. */
  readonly text?: string;
}

/** What another host needs. */
export interface Shipment {
  readonly files: readonly ShippedFile[];
  readonly freight: Freight;
  /** The folder of zeromq's package, below the folder there. */
  readonly addon: string;
  /** Its library for the target, below the folder there; several if the C library is unknown. */
  readonly libraries: readonly string[];
  /** Modules of the web that are sent as files too: by URL, what they are below the folder there. */
  readonly copies: ReadonlyMap<string, string>;
}

/**
 * The registry of the packages there. Those of all registries go under the name of one that nobody
 * has, so that no .npmrc, which may hold passwords, has to be sent to tell which package is from
 * which. Deno calls its cache's folder after it, and asks it nothing: `--cached-only`.
 */
const REGISTRY = { url: "https://shipped.invalid/", folder: "cache/npm/shipped.invalid" };

/**
 * Gathers what another host needs: the modules that Deno finds by following imports, their
 * configuration and packages. Other files that the program reads are not found by that.
 *
 * @throws {Error} when Deno cannot tell what the program is made of, a file cannot be read, or
 *   something that is needed was not made for the target
 */
export async function gather(freight: Freight): Promise<Shipment> {
  const { deno, program, entries, config, importMap, attached = [] } = freight;
  const flags = findingFlags(freight);
  const urls = [program, ...entries];
  const [cache, ...graphs] = await Promise.all([
    askCache(deno),
    ...urls.map((url) => askGraph(deno, flags, url)),
  ]);
  const files = new Map<string, ShippedFile>();
  const add = (file: ShippedFile) => void files.set(file.to, file);

  for (const path of attached) add(withText(path, undefined));
  const own = addModules(graphs, cache, add);
  const named = configFiles(own, [config, importMap]);
  const configs = named.filter((name) => !isAddress(name));
  for (const path of configs) {
    add(withText(path, withRelativeAddresses(Deno.readTextFileSync(path), path)));
  }
  const addresses = named.filter((name) => /^https?:/.test(name));
  for (const path of webRecords(cache, graphs, addresses)) {
    add({ to: inCache(cache, path), from: path });
  }

  const { files: packages, addon } = await packagesFor(freight, graphs);
  checkNodeModules(configs, versionsIn(graphs));
  for (const file of packages) add({ ...file, to: `${REGISTRY.folder}/${file.to}` });

  const copies = new Map<string, string>();
  for (const { specifier, local } of graphs.slice(1).flatMap(plainModules)) {
    const { protocol, host, pathname } = new URL(specifier);
    const to = `web/${protocol.slice(0, -1)}/${host.replace(":", "_")}${pathname}`;
    copies.set(specifier, to);
    add({ to, from: local! });
  }
  const place = `${REGISTRY.folder}/${addon}`;
  const all = [...files.values()];
  const libraries = all.map(({ to }) => to)
    .filter((to) => to.startsWith(`${place}/`) && to.endsWith(".node"));
  return { files: all, freight, addon: place, libraries, copies };
}

/** Adds the modules of the graphs; returns the paths of those that are files of this host. */
function addModules(
  graphs: readonly Graph[],
  cache: string,
  add: (file: ShippedFile) => void,
): string[] {
  const own = new Set<string>();
  for (const module of graphs.flatMap(({ modules }) => modules)) {
    const { specifier, local } = module;
    if (!local) continue;
    if (!specifier.startsWith("file:")) {
      add({ to: inCache(cache, local), from: local });
      continue;
    }
    const path = fileURLToPath(specifier);
    if (own.has(path)) continue;
    own.add(path);
    add(withText(path, withRelativeImports(module, path)));
  }
  return [...own];
}

function withText(path: string, text: string | undefined): ShippedFile {
  return { to: placed(path), from: path, ...(text === undefined ? {} : { text }) };
}

/** How Deno finds modules for a shipment: as it does here, and packages in its cache alone. */
function findingFlags({ flags }: Freight): string[] {
  const others = flags.filter((flag) => !flag.startsWith("--node-modules-dir"));
  return [...others, "--node-modules-dir=none"];
}

/** The packages; those that are only for hosts of another kind are not in the cache before. */
async function packagesFor(freight: Freight, graphs: readonly Graph[]): Promise<Packages> {
  const { deno, program, target } = freight;
  const packages = packageFiles(graphs, target);
  if (packages.missing.length === 0) return packages;
  const { os, cpu } = systemOf(target);
  const { stderr } = await new Deno.Command(deno, {
    args: [
      ...["install", "--os", os, "--arch", cpu, ...findingFlags(freight)],
      ...["--entrypoint", program, ...freight.entries],
    ],
    env: { NO_COLOR: "1", RUST_BACKTRACE: "0" },
    stdin: "null",
    stdout: "null",
  }).output();
  const again = packageFiles(graphs, target);
  if (again.missing.length === 0) return again;
  const why = new TextDecoder().decode(stderr).split("\n").find((line) =>
    line.startsWith("error:")
  );
  throw new Error(
    `cannot get ${again.missing.join(", ")} for ${target.os} on ${target.arch}` +
      (why === undefined ? "" : `: ${why.slice("error: ".length)}`),
  );
}

/** The versions of each package, by its name. */
function versionsIn(graphs: readonly Graph[]): Map<string, Set<string>> {
  const versions = new Map<string, Set<string>>();
  for (const { name, version } of graphs.flatMap(({ npmPackages }) => Object.values(npmPackages))) {
    versions.set(name, (versions.get(name) ?? new Set()).add(version));
  }
  return versions;
}

/** Where a file of Deno's cache goes. One that lies elsewhere is the program's own. */
function inCache(cache: string, path: string): string {
  const inside = relative(cache, path);
  if (inside.startsWith("..") || isAbsolute(inside)) return placed(path);
  return `cache/${inside.split(sep).join("/")}`;
}

/** Where a file of this host goes: below a folder that stands for the root. */
function placed(path: string): string {
  const parts = resolve(path).split(sep).filter((part) => part !== "");
  // A drive's letter comes without its colon.
  return ["files", ...parts.map((part) => sep === "\\" ? part.replace(":", "") : part)].join("/");
}

function isAddress(name: string): boolean {
  return /^(https?|data):/.test(name);
}

/**
 * A shipment in one piece: compressed with gzip, a line of JSON with the files' names and lengths,
 * then their bytes.
 */
export async function pack({ files }: Pick<Shipment, "files">): Promise<Uint8Array> {
  const encoder = new TextEncoder();
  const contents = await Promise.all(
    files.map(({ from, text }) =>
      text === undefined ? Deno.readFile(from) : Promise.resolve(encoder.encode(text))
    ),
  );
  const index = files.map(({ to }, i) => [to, contents[i]!.length]);
  const parts = [encoder.encode(JSON.stringify(index) + "\n"), ...contents];
  const stream = new Blob(parts).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Unpacks a shipment into an empty folder. It runs on the other host before anything else is there,
 * and only its text gets there, so it must not use anything but what Deno has.
 *
 * @throws {Error} when the bytes are no whole shipment, or a name leads out of the folder
 */
export async function unpack(bytes: Uint8Array, folder: string): Promise<void> {
  let all: Uint8Array;
  let at: number;
  let index: [name: string, length: number][];
  try {
    const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream()
      .pipeThrough(new DecompressionStream("gzip"));
    all = new Uint8Array(await new Response(stream).arrayBuffer());
    at = all.indexOf(10) + 1;
    index = JSON.parse(new TextDecoder().decode(all.subarray(0, at)));
    const whole = index.reduce((sum, [, length]) => sum + length, at);
    if (whole !== all.length || index.some(([, length]) => length < 0)) throw new Error();
  } catch {
    throw new Error("the shipment is damaged or not complete");
  }
  const separators = Deno.build.os === "windows" ? /[/\\:]/ : /\//;
  const made = new Set<string>();
  for (const [name, length] of index) {
    const parts = name.split("/");
    if (parts.some((part) => ["", ".", ".."].includes(part) || separators.test(part))) {
      throw new Error(`the shipment has a file that leads out of its folder: ${name}`);
    }
    const parent = [folder, ...parts.slice(0, -1)].join("/");
    if (!made.has(parent)) await Deno.mkdir(parent, { recursive: true, mode: 0o700 });
    made.add(parent);
    const contents = all.subarray(at, at + length);
    await Deno.writeFile(`${folder}/${name}`, contents, { createNew: true, mode: 0o600 });
    at += length;
  }
}

/** How processes are started from an unpacked shipment. */
export interface ShippedRun {
  readonly env: Readonly<Record<string, string>>;
  /** For `deno run`, the origin's and the workers'; permissions are not among them. */
  readonly flags: readonly string[];
  /** Path of zeromq's package there. */
  readonly addon: string;
  /** A module's URL there. */
  place(url: string): string;
  /** A file's path there. */
  pathOf(path: string): string;
}

/** How processes are started from a shipment that lies in `folder`. */
export function shippedRun(
  { freight, addon, copies }: Shipment,
  folder: string,
): ShippedRun {
  const jsr = Deno.env.get("JSR_URL");
  const path = (name: string) => isAddress(name) ? name : join(folder, placed(name));
  return {
    env: {
      DENO_DIR: `${folder}/cache`,
      NPM_CONFIG_REGISTRY: REGISTRY.url,
      // Where modules of jsr: come from is a part of their names in the cache.
      ...(jsr ? { JSR_URL: jsr } : {}),
    },
    flags: [
      ...["--cached-only", "--no-lock", "--node-modules-dir=none"],
      ...configFlags(freight.flags, path),
    ],
    addon: `${folder}/${addon}`,
    pathOf: path,
    place(url) {
      const copy = copies.get(url);
      if (copy !== undefined) return pathToFileURL(join(folder, copy)).href;
      return url.startsWith("file:") ? pathToFileURL(path(fileURLToPath(url))).href : url;
    },
  };
}

/** Of the flags here, those that name files or forbid to look for them. */
function configFlags(flags: readonly string[], path: (name: string) => string): string[] {
  return flags.flatMap((flag, i) => {
    if (flag === "--no-config") return [flag];
    return flag === "--config" || flag === "--import-map" ? [flag, path(flags[i + 1]!)] : [];
  });
}
