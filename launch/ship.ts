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

import { isAbsolute, join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { cacheFiles } from "./ship_cache.ts";
import type { Graph } from "./ship_cache.ts";
import { withRelativeImports } from "./ship_imports.ts";
import { configFiles } from "./ship_config.ts";

/** What to gather for. */
export interface Freight {
  /** The Deno to ask. */
  readonly deno: string;
  /** URL of the program's main module. */
  readonly program: string;
  /** URLs of the modules of this library that are started. */
  readonly entries: readonly string[];
  /** What `deno run` is given here that matters for finding modules. */
  readonly flags: readonly string[];
  /** The program's deno.json and its import map, if it has any: paths, or URLs. */
  readonly config: string | undefined;
  readonly importMap: string | undefined;
  /** As in Deno.build, of the other host. */
  readonly target: { readonly os: string; readonly arch: string };
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
  /** Where npm packages come from: the cache is organised by that. */
  readonly registry: string;
}

/**
 * Gathers what another host needs.
 *
 * @throws {Error} when Deno cannot tell what the program is made of, or a file cannot be read
 */
export async function gather(freight: Freight): Promise<Shipment> {
  const { deno, program, entries, flags, config, importMap } = freight;
  const [cache, ...graphs] = await Promise.all([
    ask<{ denoDir: string }>(deno, []),
    ...[program, ...entries].map((url) => ask<Graph>(deno, [...flags, url])),
  ]);
  const files = new Map<string, ShippedFile>();
  const add = (file: ShippedFile) => void files.set(file.to, file);
  const own = new Set<string>();
  const texts = new Map<string, string>();
  for (const module of graphs.flatMap(({ modules }) => modules)) {
    const { specifier, local } = module;
    if (!local) continue;
    if (specifier.startsWith("file:")) {
      const path = fileURLToPath(specifier);
      own.add(path);
      const text = withRelativeImports(module, path);
      if (text !== undefined) texts.set(path, text);
    } else add({ to: inCache(cache.denoDir, local), from: local });
  }
  for (const path of configFiles([...own], [config, importMap])) own.add(path);
  for (const path of own) {
    const text = texts.get(path);
    add({ to: placed(path), from: path, ...(text === undefined ? {} : { text }) });
  }
  const { packages, addon, registry } = cacheFiles(cache.denoDir, graphs, freight.target);
  for (const { from, text } of packages) {
    const to = inCache(cache.denoDir, from);
    add(text === undefined ? { to, from } : { to, from, text });
  }
  return {
    files: [...files.values()],
    freight,
    addon: inCache(cache.denoDir, addon),
    registry,
  };
}

async function ask<T>(deno: string, args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await new Deno.Command(deno, {
    args: ["info", "--json", ...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (code !== 0) {
    throw new Error(`cannot tell what to ship: ${decoder.decode(stderr).trim().split("\n")[0]}`);
  }
  return JSON.parse(decoder.decode(stdout));
}

/** Where a file of Deno's cache goes. One that lies elsewhere is the program's own. */
function inCache(denoDir: string, path: string): string {
  const inside = relative(denoDir, path);
  if (inside.startsWith("..") || isAbsolute(inside)) return placed(path);
  return `cache/${inside.split(sep).join("/")}`;
}

/** Where a file of this host goes: below a folder that stands for the root. */
function placed(path: string): string {
  return `files/${path.replaceAll("\\", "/").replace(/^\/+/, "").replace(/^([A-Za-z]):/, "$1")}`;
}

/**
 * A shipment in one piece: compressed with gzip, a line of JSON with the files' names and lengths,
 * then their bytes.
 */
export async function pack({ files }: Shipment): Promise<Uint8Array> {
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
 * Unpacks a shipment into a folder that is there. It runs on the other host before anything else
 * is there, so it must not use anything but Deno.
 *
 * @throws {Error} when the bytes are no whole shipment, or a name leads out of the folder
 */
export async function unpack(bytes: Uint8Array, folder: string): Promise<void> {
  let all: Uint8Array;
  try {
    const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream()
      .pipeThrough(new DecompressionStream("gzip"));
    all = new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw new Error("the shipment is damaged or not complete");
  }
  let at = all.indexOf(10) + 1;
  const index: [name: string, length: number][] = JSON.parse(
    new TextDecoder().decode(all.subarray(0, at)),
  );
  const whole = index.reduce((sum, [, length]) => sum + length, at);
  if (whole !== all.length) throw new Error("the shipment is damaged or not complete");
  const made = new Set<string>();
  for (const [name, length] of index) {
    const parts = name.split("/");
    if (parts.some((part) => part === "" || part === "." || part === ".." || part.includes("\\"))) {
      throw new Error(`the shipment has a file that leads out of its folder: ${name}`);
    }
    const parent = [folder, ...parts.slice(0, -1)].join("/");
    if (!made.has(parent)) await Deno.mkdir(parent, { recursive: true, mode: 0o700 });
    made.add(parent);
    await Deno.writeFile(`${folder}/${name}`, all.subarray(at, at + length));
    at += length;
  }
}

/** How processes are started from an unpacked shipment. */
export interface ShippedRun {
  readonly env: Readonly<Record<string, string>>;
  /** For `deno run`, the origin's and the workers'. */
  readonly flags: readonly string[];
  /** Path of zeromq's package there. */
  readonly addon: string;
  /** A module's URL there. */
  place(url: string): string;
}

/** How processes are started from a shipment that lies in `folder`. */
export function shippedRun(
  { freight, addon, registry }: Shipment,
  folder: string,
): ShippedRun {
  const { config, importMap } = freight;
  const path = (name: string) => /^(https?|data):/.test(name) ? name : join(folder, placed(name));
  return {
    env: {
      DENO_DIR: `${folder}/cache`,
      NPM_CONFIG_REGISTRY: registry,
      // Where modules of jsr: come from is a part of their names in the cache.
      ...(Deno.env.get("JSR_URL") ? { JSR_URL: Deno.env.get("JSR_URL")! } : {}),
    },
    flags: [
      "--cached-only",
      "--no-lock",
      ...(config === undefined ? ["--no-config"] : ["--config", path(config)]),
      ...(importMap === undefined ? [] : ["--import-map", path(importMap)]),
      ...freight.flags.filter((flag) => flag.startsWith("--node-modules-dir")),
    ],
    addon: `${folder}/${addon}`,
    place: (url) => url.startsWith("file:") ? pathToFileURL(path(fileURLToPath(url))).href : url,
  };
}
