/**
 * Everything that is known before the first process is started: the program, the flags its
 * processes need, where the output goes.
 *
 * @module
 */

import { zeromqFolder } from "../wire/zeromq_folder.ts";
import { VARIABLES } from "../worker/environment.ts";
import type { RunOptions } from "./options.ts";
import { createOutput } from "./output.ts";
import type { Output } from "./output.ts";
import { permissionArguments } from "./permissions.ts";
import {
  findConfig,
  findLock,
  findProgram,
  hasNodeModules,
  inspectProgram,
  namedFile,
  nodeModulesFlags,
  packageJsonHint,
  pathsToRead,
  reasonOf,
  serverOf,
} from "./program.ts";
import type { Program } from "./program.ts";
import { isSelfMade, selfCommand } from "./self_command.ts";
import { UsageError } from "./usage_error.ts";

/** See the module's text. */
export interface Setup {
  readonly options: RunOptions;
  readonly program: Program;
  /** The Deno to run the program with here. */
  readonly deno: string;
  /** For a program that is its own command: the words that start it. */
  readonly self: readonly string[] | undefined;
  /** URLs of the program's other local modules. */
  readonly modules: readonly string[];
  /** The program's deno.json and import map, as paths or URLs. */
  readonly config: string | undefined;
  readonly importMap: string | undefined;
  /** A copy of the program's lock file, if it has one. */
  readonly lock: string | undefined;
  /** URL of the folder of this library that workers are started from. */
  readonly library: string;
  /** The folder of zeromq's addon as its processes find it here. */
  readonly addon: string;
  /** Paths that its processes must be allowed to read. */
  readonly paths: readonly string[];
  readonly colours: Readonly<Record<string, string>>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborted when nobody reads the output any more. */
  readonly readerGone: AbortSignal;
}

/** Where this copy of the library is. */
const ownLibrary = import.meta.resolve("../");

/** The Deno that runs this command, or the one on the PATH for a compiled one. */
function ownDeno(): string {
  return isSelfMade() ? "deno" : Deno.execPath();
}

async function runs(command: string): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}

/**
 * Looks at the program and whatever else the options name.
 *
 * @throws {UsageError} when the user has named something that is not there
 * @throws {Error} when the program cannot be loaded
 */
export async function prepare(options: RunOptions): Promise<Setup> {
  const program = findProgram(options.program);
  if (options.nice !== undefined && Deno.build.os === "windows") {
    throw new UsageError("--nice needs a unix system");
  }
  const config = options.config
    ? namedFile(options.config, "--config")
    : findConfig(program.folders[0] ?? Deno.cwd());
  const importMap = options.importMap && namedFile(options.importMap, "--import-map");
  const reader = new AbortController();
  const outputs = openOutputs(options, () => reader.abort());
  const deno = options.denoExecutable ?? ownDeno();
  const lock = copyLock(config, program);
  const partial = { options, program, deno, self: undefined, config, importMap, lock };
  if (isSelfMade() && options.denoExecutable === undefined && !await runs(deno)) {
    // Without any Deno, a compiled command is the program's processes itself.
    return { ...prepareSelf({ ...options, program: program.url }, selfCommand()), ...outputs };
  }
  const [inspection, known] = await Promise.all([inspect(partial), findAddon(partial, ownLibrary)]);
  if (inspection.problem !== undefined) {
    const folder = config ? undefined : program.folders[0];
    throw new Error(inspection.problem + (folder ? packageJsonHint(folder) : ""));
  }
  const library = isSelfMade() ? inspection.library ?? ownLibrary : ownLibrary;
  const addon = library === ownLibrary ? known : await findAddon(partial, library);
  return {
    ...partial,
    library,
    addon,
    modules: inspection.modules,
    paths: pathsToRead(program, inspection.files),
    colours: colours(options),
    ...outputs,
    readerGone: reader.signal,
  };
}

/** The same for a program that is its own command, and brings all that its processes need. */
export function prepareSelf(options: RunOptions, self: readonly string[]): Setup {
  const reader = new AbortController();
  const outputs = openOutputs(options, () => reader.abort());
  return {
    options,
    program: { url: options.program, folders: [], importHost: "" },
    deno: "",
    self,
    modules: [],
    config: undefined,
    importMap: undefined,
    lock: undefined,
    library: ownLibrary,
    addon: "",
    paths: [],
    colours: colours(options),
    ...outputs,
    readerGone: reader.signal,
  };
}

/** The part of a setup that the finding of modules depends on. */
type Finding = Pick<Setup, "options" | "program" | "deno" | "config" | "importMap" | "lock">;

/**
 * Flags on the finding of modules. The origin gets those that the user gave; to the workers, which
 * start from a module of ours, Deno must be told what it would find beside the program.
 *
 * @param place where a file of this host is on the host in question
 */
export function moduleFlags(
  { options, program, config, importMap }: Finding,
  place: (path: string) => string,
): { origin: string[]; worker: string[] } {
  const given: string[] = [];
  if (options.config && config) given.push("--config", place(config));
  if (importMap) given.push("--import-map", place(importMap));
  const [folder] = program.folders;
  if (folder) given.push(...nodeModulesFlags(folder, config));
  // For an address on the web Deno itself looks for no deno.json.
  const found = config && !program.importHost ? ["--config", place(config)] : ["--no-config"];
  return { origin: given, worker: [...given, ...(options.config ? [] : found), "--no-lock"] };
}

/** The same for this host, where the program's lock file is. */
export function moduleFlagsHere(finding: Finding): { origin: string[]; worker: string[] } {
  const { origin, worker } = moduleFlags(finding, (path) => path);
  const { lock } = finding;
  if (lock === undefined) return { origin, worker };
  return { origin, worker: [...worker.filter((flag) => flag !== "--no-lock"), "--lock", lock] };
}

/**
 * A copy of the program's lock file, so that workers get the very packages the origin gets. Deno
 * would write into the file itself what only the workers load, which is none of the program's.
 */
function copyLock(config: string | undefined, program: Program): string | undefined {
  if (config === undefined || /^(https?|data):/.test(config) || program.importHost) {
    return undefined;
  }
  const lock = findLock(config);
  if (lock === undefined) return undefined;
  // The owner of an Executor need not be allowed to write; its workers go without one then.
  if (Deno.permissions.querySync({ name: "write" }).state !== "granted") return undefined;
  const copy = Deno.makeTempFileSync({ prefix: "scoop-", suffix: ".lock" });
  addEventListener("unload", () => {
    try {
      Deno.removeSync(copy);
    } catch {
      // Somebody has cleaned up.
    }
  });
  Deno.copyFileSync(lock, copy);
  return copy;
}

/**
 * Permissions for the origin and the workers on a host.
 *
 * @param addon the folder of zeromq's addon there
 * @param paths what they must be allowed to read there beside it
 */
export function permissions({ options, program }: Setup, addon: string, paths: readonly string[]) {
  return permissionArguments(options.permissions, {
    read: [...paths, addon, "/etc/alpine-release"],
    ffi: [addon],
    env: VARIABLES,
    import: importHosts(program),
  });
}

/** Permissions and flags for this host. */
export function flagsHere(setup: Setup): { origin: string[]; worker: string[] } {
  const { origin, worker } = moduleFlagsHere(setup);
  const allowed = permissions(setup, setup.addon, setup.paths);
  return { origin: [...allowed, ...origin], worker: [...allowed, ...worker] };
}

/** Flags that have nothing to do with the host. */
export function commonFlags({ options }: Setup, name: string): string[] {
  return [
    // Deno would warn, once in every folder, that zeromq's install script was not run.
    ...(options.verbosity > 1 ? [] : ["--quiet"]),
    ...(options.profile === undefined ? [] : [
      "--cpu-prof",
      `--cpu-prof-dir=${options.profile}`,
      `--cpu-prof-name=${name}.cpuprofile`,
    ]),
  ];
}

/** The servers that the program and this library are loaded from. */
function importHosts(program: Program): string[] {
  return [program.importHost, serverOf(import.meta.url)].filter((host) => host !== "");
}

/** Permissions to import, which Deno needs to look at a program as well. */
export function importFlags({ options, program }: Pick<Setup, "options" | "program">): string[] {
  return permissionArguments(options.permissions, {
    read: [],
    ffi: [],
    env: [],
    import: importHosts(program),
  }).filter((flag) => /^--(allow|deny)-import/.test(flag));
}

async function inspect(finding: Finding) {
  const { program, deno } = finding;
  const { worker } = moduleFlagsHere(finding);
  try {
    return await inspectProgram(deno, program.url, [...worker, ...importFlags(finding)]);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "not found" : reasonOf(error);
    throw new UsageError(`cannot run Deno as ${deno}: ${why}`);
  }
}

/** Asks Deno where the addon is, unless it can only be where it is for this process. */
async function findAddon(finding: Finding, library: string): Promise<string> {
  const { program: { folders: [folder] }, config, deno } = finding;
  const local = folder !== undefined && hasNodeModules(folder, config);
  if (!local && library === ownLibrary) return zeromqFolder();
  const { worker } = moduleFlagsHere(finding);
  const module = `${library}wire/zeromq_folder.ts`;
  const { stdout } = await new Deno.Command(deno, {
    args: ["run", "-A", "--quiet", ...worker, module],
    stdin: "null",
    stderr: "null",
  }).output();
  // Whatever is wrong, the inspection tells it.
  return new TextDecoder().decode(stdout).trim() || zeromqFolder();
}

function openOutputs(options: RunOptions, onClosed: () => void) {
  if (options.log === undefined) {
    return { stdout: createOutput(Deno.stdout, onClosed), stderr: createOutput(Deno.stderr) };
  }
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(options.log, { write: true, create: true, truncate: true });
  } catch (error) {
    throw new UsageError(`cannot write to ${options.log} (--log): ${reasonOf(error)}`);
  }
  const output = createOutput(file, (error) => {
    console.error(`scoop: cannot write to ${options.log} any more: ${reasonOf(error)}`);
  });
  return { stdout: output, stderr: output };
}

/** Deno colours what goes to a terminal; what goes to us is on its way to one, or is not. */
function colours(options: RunOptions): Record<string, string> {
  if (Deno.env.get("FORCE_COLOR")) return {};
  if (options.log !== undefined) return { NO_COLOR: "1" };
  return Deno.stdout.isTerminal() && !Deno.noColor ? { FORCE_COLOR: "1" } : {};
}
