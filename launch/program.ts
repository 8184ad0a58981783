/**
 * The user's program: where it is, and which deno.json, lock file and package.json it belongs to.
 *
 * @module
 */

import { dirname, join, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseJsonc } from "./jsonc.ts";
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
    throw noSuchProgram(name);
  }
}

/** `-N`, for example, takes no value, and the next word is the program's name. */
function noSuchProgram(name: string): UsageError {
  const hint = /^\d+$/.test(name) ? `for ${name} workers: -n ${name}` : "";
  return new UsageError(`no such program: ${name}`, hint);
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
      throw noSuchProgram(name);
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
  return configsAbove(folder).next().value;
}

/** Every deno.json and deno.jsonc above a folder, the nearest first. */
export function* configsAbove(folder: string): Generator<string, undefined> {
  for (let above = folder;; above = dirname(above)) {
    for (const name of ["deno.json", "deno.jsonc"]) {
      const path = join(above, name);
      try {
        if (Deno.statSync(path).isFile) yield path;
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
  const { lock: told } = readConfig(config);
  if (told === false) return undefined;
  const named = typeof told === "string" ? told : (told as { path?: string } | null)?.path;
  const lock = resolve(dirname(config), named ?? "deno.lock");
  if (exists(lock)) return lock;
  const above = findConfig(dirname(dirname(config)));
  if (above === undefined || above === config) return undefined;
  return "workspace" in readConfig(above) ? findLock(above) : undefined;
}

/** What a deno.json says; nothing if it makes no sense, which Deno tells in better words. */
function readConfig(path: string): Record<string, unknown> {
  return tryConfig(path) ?? {};
}

/** The same, but undefined if it makes no sense here: Deno takes more, such as single quotes. */
export function tryConfig(path: string): Record<string, unknown> | undefined {
  try {
    return Object(parseJsonc(Deno.readTextFileSync(path)));
  } catch {
    return undefined;
  }
}

/**
 * What to add to a problem of a program that has a package.json. Its workers start from a module of
 * ours, so Deno looks for that file only where it was told of a deno.json; and where there is a
 * node_modules folder it takes the packages of all modules from there, those of SCOOP's as well,
 * unless it may put what is missing there.
 */
export function packageJsonHint(folder: string): string {
  const file = findPackageJson(folder);
  if (file === undefined) return "";
  return ` (beside ${file} there must be a deno.json with {"nodeModulesDir": "auto"})`;
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
export function findPackageJson(folder: string): string | undefined {
  for (let above = folder;; above = dirname(above)) {
    const file = join(above, "package.json");
    if (exists(file)) return file;
    if (dirname(above) === above) return undefined;
  }
}

/** Whether there is anything at a path. */
export function exists(path: string): boolean {
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
    using file = Deno.openSync(path);
    if (file.statSync().isDirectory) throw new UsageError(`${name} (${option}) is a folder`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
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
