/**
 * Module graphs, as Deno tells them, for gathering what another host needs.
 *
 * @module
 */

import { readGraph } from "./inspection.ts";

/** A module, as far as it is used here. */
export interface GraphModule {
  readonly specifier: string;
  readonly kind?: string;
  readonly mediaType?: string;
  readonly error?: string;
  /** Where the module's text is on this host. */
  readonly local?: string | null;
  readonly npmPackage?: string;
  readonly dependencies?: {
    /** As it stands in the text. */
    specifier: string;
    isDynamic?: boolean;
    code?: { specifier?: string; error?: string; span?: Span };
  }[];
}

/** A piece of a module's text, counted in lines and characters from 0. */
export interface Span {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

/** An npm package in use. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** Keys of other packages. */
  readonly dependencies: readonly string[];
  /** Its folder, which is not there when the package is for another kind of system. */
  readonly localPath: string;
}

/** A module and all that it imports, the imports that it may come to while it runs as well. */
export interface Graph {
  readonly roots: readonly string[];
  readonly modules: readonly GraphModule[];
  /** From addresses and ranges of versions to what they lead to. */
  readonly redirects: Readonly<Record<string, string>>;
  readonly npmPackages: Readonly<Record<string, NpmPackage>>;
}

/**
 * Asks Deno what a module is made of. Whatever is missing in Deno's cache is there afterwards.
 *
 * @param flags as for `deno run`, those that matter for finding modules
 * @throws {Error} with the reason in one line when the module cannot be loaded
 */
export async function askGraph(
  deno: string,
  flags: readonly string[],
  url: string,
): Promise<Graph> {
  const graph: Graph = await info(deno, [...flags, url]);
  const { problem } = readGraph(graph.roots[0]!, graph.modules, graph.redirects);
  if (problem !== undefined) throw new Error(problem);
  return graph;
}

/** Asks Deno for the folder of its cache. */
export async function askCache(deno: string): Promise<string> {
  const { denoDir }: { denoDir: string } = await info(deno, []);
  return denoDir;
}

async function info<T>(deno: string, args: readonly string[]): Promise<T> {
  const { success, stdout, stderr } = await new Deno.Command(deno, {
    args: ["info", "--json", ...args],
    env: { NO_COLOR: "1", RUST_BACKTRACE: "0" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  if (success) return JSON.parse(text.decode(stdout));
  const lines = text.decode(stderr).trim().split("\n");
  const line = lines.find((line) => line.startsWith("error:")) ?? lines[0];
  throw new Error(`cannot tell what to ship: ${line?.replace(/^error: /, "")}`);
}
