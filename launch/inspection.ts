/**
 * What Deno knows of a program before it runs: which local modules it is made of, and whether it can
 * be loaded.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { isModuleOf } from "../futures/own_modules.ts";

/** What Deno knows of a program before it runs. */
export interface Inspection {
  /** URLs of the local modules that are loaded with the program, itself not among them. */
  readonly modules: readonly string[];
  /** URLs of all local files that are loaded with it, data files too. */
  readonly files: readonly string[];
  /** Where the program's own copy of this library is, if it imports one. */
  readonly library: string | undefined;
  /** One line that says why the program cannot be loaded, or undefined. */
  readonly problem: string | undefined;
}

const NO_DENO = "it does not answer as Deno does";

/** A module in what `deno info --json` prints, as far as it is used here. */
interface ModuleInfo {
  specifier: string;
  kind?: string;
  mediaType?: string;
  error?: string;
  dependencies?: {
    specifier: string;
    isDynamic?: boolean;
    code?: { specifier?: string; error?: string; span?: { start: Position } };
  }[];
}
interface Position {
  line: number;
  character: number;
}

/**
 * Asks Deno what the program is made of.
 *
 * @param deno the Deno executable
 * @param flags what `deno run` will be given that matters for finding modules
 * @param signal ends the asking
 * @throws {Deno.errors.NotFound} when there is no such executable
 * @throws {Error} when it cannot be run, or is no Deno
 */
export async function inspectProgram(
  deno: string,
  url: string,
  flags: readonly string[],
  signal?: AbortSignal,
): Promise<Inspection> {
  const { code, stdout, stderr } = await new Deno.Command(deno, {
    args: ["info", "--json", ...flags, url],
    env: { NO_COLOR: "1", RUST_BACKTRACE: "0" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal,
  }).output();
  const text = new TextDecoder();
  if (code !== 0) {
    const said = text.decode(stderr);
    if (!/^error: /m.test(said)) throw new Error(NO_DENO);
    return failed(firstError(said));
  }
  let graph;
  try {
    graph = JSON.parse(text.decode(stdout));
  } catch {
    throw new Error(NO_DENO);
  }
  return readGraph(graph.roots[0], graph.modules, graph.redirects ?? {});
}

/**
 * Follows a module graph from its root. What is only imported as a type, or only by `import()`
 * when the program gets there, is not loaded with the program: its absence is no error, and its
 * top level is not to be run ahead of time.
 *
 * @param root the specifier of the program's main module
 */
export function readGraph(
  root: string,
  modules: readonly ModuleInfo[],
  redirects: Readonly<Record<string, string>>,
): Inspection {
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const files: string[] = [];
  const local: string[] = [];
  const seen = new Set<string>();
  const main = redirects[root] ?? root;
  const queue: { specifier: string; from: string }[] = [{ specifier: main, from: "" }];
  for (const { specifier: asked, from } of queue) {
    const specifier = redirects[asked] ?? asked;
    const module = bySpecifier.get(specifier);
    if (!module || seen.has(specifier)) continue;
    seen.add(specifier);
    if (module.error) return failed(oneLine(module.error, from));
    if (specifier.startsWith("file:")) files.push(specifier);
    if (belongsTo(main, specifier) && module.kind === "esm" && module.mediaType !== "Json") {
      local.push(specifier);
    }
    for (const { code, isDynamic } of module.dependencies ?? []) {
      if (!code || isDynamic) continue;
      const place = `${specifier}:${position(code.span?.start)}`;
      if (code.error) return failed(oneLine(code.error, place));
      if (code.specifier) queue.push({ specifier: code.specifier, from: place });
    }
  }
  // A program may have a file of that name as well; one with both is a copy of this library.
  const library = [...seen].filter((url) => url.endsWith("/worker/provide.ts"))
    .map((url) => url.slice(0, -"worker/provide.ts".length))
    .find((folder) => seen.has(`${folder}futures/own_modules.ts`));
  const isOurs = (url: string) => library !== undefined && isModuleOf(library, url);
  return {
    modules: local.filter((url) => url !== main && !isOurs(url)),
    files,
    library,
    problem: undefined,
  };
}

/** Files are the program's own; of a program on the web, what lies on the same server. */
function belongsTo(main: string, specifier: string): boolean {
  if (specifier.startsWith("file:")) return true;
  return /^https?:/.test(main) && URL.parse(specifier)?.origin === new URL(main).origin;
}

function failed(problem: string): Inspection {
  return { modules: [], files: [], library: undefined, problem };
}

/** The first line of Deno's message and where it happened. */
function oneLine(message: string, from: string): string {
  const [first = "", ...more] = message.split("\n");
  const place = more.findLast((line) => /^\s+at /.test(line))?.trim().slice("at ".length) ?? from;
  if (!place || first.includes(place)) return withPaths(first);
  return withPaths(`${first.replace(/\.$/, "")} at ${place}`);
}

/** What Deno says when it cannot even begin, for example because deno.json is broken: one line. */
export function firstError(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  const line = lines.find((line) => line.startsWith("error:")) ?? lines[0] ?? "deno info failed";
  const cause = lines[lines.indexOf("Caused by:") + 1];
  const why = lines.includes("Caused by:") && cause ? ` ${cause}` : "";
  return withPaths(line.replace(/^error: /, "") + why);
}

function position(at: Position | undefined): string {
  return at ? `${at.line + 1}:${at.character + 1}` : "1:1";
}

/** File URLs read better as paths, and can be opened by clicking on them. */
function withPaths(text: string): string {
  return text.replaceAll(/file:\/\/\/[^\s"']*/g, (url) => {
    const [, address = url, place = ""] = /^(.*?)((?::\d+){0,2})$/.exec(url)!;
    try {
      return fileURLToPath(address) + place;
    } catch {
      return url;
    }
  });
}
