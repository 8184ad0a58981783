/**
 * The user's program: where it is, which deno.json it belongs to, which local modules it is made
 * of, and whether Deno can load it.
 *
 * @module
 */

import { dirname, join, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { UsageError } from "./usage_error.ts";

/** A program that can be given to `deno run`. */
export interface Program {
  /**
   * What `deno run` is given and a worker imports: a URL, or a `jsr:` or `npm:` specifier. Never a
   * path, in which `deno info` would take `#` and `?` for parts of a URL.
   */
  readonly url: string;
  /** The folders it lies in, links followed and not; none when it is not on this machine. */
  readonly folders: readonly string[];
  /** The host and port it is loaded from, for `--allow-import`; empty when it is local. */
  readonly importHost: string;
}

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

/**
 * Looks at the program the user named.
 *
 * @throws {UsageError} when there is no such file, or it is none that could be run
 */
export function findProgram(name: string, cwd: string = Deno.cwd()): Program {
  if (name === "-") {
    throw new UsageError("a program on standard input cannot reach the workers: save it to a file");
  }
  // What Deno calls the main module of those: file:///home/me/$deno$repl.mts
  if (/\/\$deno\$\w+\.\w+$/.test(name)) {
    throw new UsageError(
      "a program that was typed or piped cannot reach the workers: save it to a file",
    );
  }
  if (/^(jsr|npm):/.test(name)) return { url: name, folders: [], importHost: "" };
  if (/^https?:/.test(name)) {
    if (!URL.canParse(name)) throw new UsageError(`no such program: ${name}`);
    return { url: new URL(name).href, folders: [], importHost: serverOf(name) };
  }
  const path = pathOf(name, cwd);
  checkFile(path, name);
  const folders = [...new Set([dirname(path), dirname(Deno.realPathSync(path))])];
  return { url: pathToFileURL(path).href, folders, importHost: "" };
}

/** The host and port that a URL is loaded from; empty when it is local. */
export function serverOf(url: string): string {
  const { protocol, hostname, port } = new URL(url);
  if (!/^https?:$/.test(protocol)) return "";
  return `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;
}

function pathOf(name: string, cwd: string): string {
  if (!name.startsWith("file:")) return resolve(cwd, name);
  try {
    return fileURLToPath(name);
  } catch {
    throw new UsageError(`no such program: ${name}`);
  }
}

function checkFile(path: string, name: string): void {
  try {
    if (Deno.statSync(path).isDirectory) {
      throw new UsageError(`${name} is a directory: name the program's file`);
    }
    Deno.openSync(path).close();
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      throw new UsageError(`no such program: ${name}`);
    }
    throw new UsageError(`cannot read the program ${name}: ${reasonOf(error)}`);
  }
}

/**
 * The deno.json or deno.jsonc nearest above a folder.
 *
 * @returns its path, or undefined when there is none
 */
export function findConfig(folder: string): string | undefined {
  for (let above = folder;; above = dirname(above)) {
    for (const name of ["deno.json", "deno.jsonc"]) {
      const path = join(above, name);
      try {
        if (Deno.statSync(path).isFile) return path;
      } catch {
        // Not there, or not ours to see: Deno would not find it either.
      }
    }
    if (dirname(above) === above) return undefined;
  }
}

/**
 * The lock file that Deno uses for a program: in it stand the versions of the packages that the
 * origin gets, and workers must get the same.
 *
 * @param config the path of the program's deno.json; only a workspace has its lock file elsewhere
 * @returns its path, or undefined when there is none
 */
export function findLock(config: string): string | undefined {
  const text = Deno.readTextFileSync(config);
  if (/"lock"\s*:\s*false/.test(text)) return undefined;
  const [, named = "deno.lock"] = /"lock"\s*:\s*(?:\{[^}]*?"path"\s*:\s*)?"([^"]+)"/.exec(text) ??
    [];
  const lock = resolve(dirname(config), named);
  if (exists(lock)) return lock;
  const above = findConfig(dirname(dirname(config)));
  if (above === undefined || above === config) return undefined;
  return /"workspace"/.test(Deno.readTextFileSync(above)) ? findLock(above) : undefined;
}

/**
 * What to add to a problem of a program without a deno.json: its workers start from a module of
 * ours, so Deno looks for the program's package.json only where it was told of a deno.json.
 */
export function packageJsonHint(folder: string): string {
  const file = findPackageJson(folder);
  return file ? ` (workers see ${file} only if a deno.json, {} will do, is beside it)` : "";
}

/**
 * What Deno has to be told when there is a package.json without a node_modules folder: otherwise it
 * looks for npm packages in that folder only, for those of SCOOP as well, and finds none.
 *
 * @param config the path of the program's deno.json, whose own word on the matter counts
 */
export function nodeModulesFlags(folder: string, config: string | undefined): string[] {
  const file = findPackageJson(folder);
  if (file === undefined || exists(join(dirname(file), "node_modules"))) return [];
  const local = config !== undefined && exists(config);
  if (local && /"nodeModulesDir"/.test(Deno.readTextFileSync(config))) return [];
  return ["--node-modules-dir=none"];
}

/**
 * True when a program's packages may lie in a node_modules folder, those of this library among
 * them.
 *
 * @param config the path of the program's deno.json
 */
export function hasNodeModules(folder: string, config: string | undefined): boolean {
  const file = findPackageJson(folder);
  if (file !== undefined && exists(join(dirname(file), "node_modules"))) return true;
  const local = config !== undefined && exists(config);
  return local && /"nodeModulesDir"/.test(Deno.readTextFileSync(config));
}

/** The package.json nearest above a folder. */
function findPackageJson(folder: string): string | undefined {
  for (let above = folder;; above = dirname(above)) {
    const file = join(above, "package.json");
    if (exists(file)) return file;
    if (dirname(above) === above) return undefined;
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * The absolute path of a file that an option names; a URL stays as it is.
 *
 * @throws {UsageError} when there is no such file
 */
export function namedFile(name: string, option: string, cwd: string = Deno.cwd()): string {
  if (/^(https?|data):/.test(name)) return name;
  const path = pathOf(name, cwd);
  try {
    Deno.openSync(path).close();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new UsageError(`no such file: ${name} (${option})`);
    }
    throw new UsageError(`cannot read ${name} (${option}): ${reasonOf(error)}`);
  }
  return path;
}

/** The system's reason for an error, without Deno's details on the call: "Permission denied". */
export function reasonOf(error: unknown): string {
  const { message } = error as Error;
  return /^(.*?) \(os error \d+\)/s.exec(message)?.[1]?.replace(/^.*': /s, "") ?? message;
}

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
 * @throws {Deno.errors.NotFound} when there is no such executable
 * @throws {Error} when it cannot be run, or is no Deno
 */
export async function inspectProgram(
  deno: string,
  url: string,
  flags: readonly string[],
): Promise<Inspection> {
  const { code, stdout, stderr } = await new Deno.Command(deno, {
    args: ["info", "--json", ...flags, url],
    env: { NO_COLOR: "1", RUST_BACKTRACE: "0" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  if (code !== 0) return failed(firstError(text.decode(stderr)));
  let graph;
  try {
    graph = JSON.parse(text.decode(stdout));
  } catch {
    throw new Error("it does not answer as Deno does");
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
  const provided = [...seen].find((url) => url.endsWith("/worker/provide.ts"));
  return {
    modules: local.filter((url) => url !== main),
    files,
    library: provided?.slice(0, -"worker/provide.ts".length),
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

/** More files than this are named by their folders, since a command line has its limits. */
const MOST_FILES = 64;

/**
 * The paths that a worker must be allowed to read to load the program: the program's folders, and
 * the files that lie outside of them.
 */
export function pathsToRead(program: Program, files: readonly string[]): string[] {
  const outside = files.map((url) => fileURLToPath(url)).filter((path) =>
    !program.folders.some((folder) => path.startsWith(folder.endsWith(sep) ? folder : folder + sep))
  );
  const named = outside.length > MOST_FILES ? outside.map((path) => dirname(path)) : outside;
  return [...new Set([...program.folders, ...named])];
}
