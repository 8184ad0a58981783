/**
 * Everything that is known before the first process is started: the program, the flags its
 * processes need, where the output goes.
 *
 * @module
 */

import { LOOPBACK_PERMISSION } from "../wire/loopback.ts";
import { zeromqFolder } from "../wire/zeromq_folder.ts";
import { VARIABLES } from "../worker/environment.ts";
import { basename, dirname } from "node:path";
import { findingFlags, inspectFlags, namesOf, runFlags } from "./deno_flags.ts";
import { resultPath } from "./resume_options.ts";
import { copyLock } from "./lock_copy.ts";
import type { DenoFlags } from "./deno_flags.ts";
import type { RunOptions } from "./options.ts";
import { openOutputs } from "./outputs.ts";
import type { Outputs } from "./outputs.ts";
import { permissionArguments } from "./permissions.ts";
import { sharedFolderName } from "./run_folder.ts";
import {
  findConfig,
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
import { vet, VetError } from "./vet.ts";

/** See the module's text. */
export interface Setup extends Outputs {
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
  /** Removes that copy, which otherwise is there as long as this process. */
  release(): Promise<void>;
  /** URL of the folder of this library that workers are started from. */
  readonly library: string;
  /** The folder of zeromq's addon as its processes find it here. */
  readonly addon: string;
  /** The folder in which they share memory, if they are to. */
  readonly shared: string | undefined;
  /** Paths that its processes must be allowed to read. */
  readonly paths: readonly string[];
  readonly colours: Readonly<Record<string, string>>;
}

/** Where this copy of the library is. */
const ownLibrary = import.meta.resolve("../");

/** The Deno that runs this command, or the one on the PATH for a compiled one. */
function ownDeno(): string {
  if (isSelfMade()) return "deno";
  const path = Deno.execPath();
  // Whoever may run "deno" may not run what a link of that name leads to.
  const may = (command: string) =>
    Deno.permissions.querySync({ name: "run", command }).state === "granted";
  return !may(path) && may("deno") ? "deno" : path;
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
export async function prepare(given: RunOptions): Promise<Setup> {
  const options = {
    ...given,
    denoFlags: withFiles(given.denoFlags),
    resume: resultPath(given.resume),
  };
  const program = findProgram(options.program);
  if (options.nice !== undefined && Deno.build.os === "windows") {
    throw new UsageError("--nice needs a unix system");
  }
  const config = options.config
    ? namedFile(options.config, "--config")
    : findConfig(program.folders[0] ?? Deno.cwd());
  const importMap = options.importMap && namedFile(options.importMap, "--import-map");
  const outputs = openOutputs(options);
  const deno = options.denoExecutable ?? ownDeno();
  const copy = await copyLock(config, program);
  const lock = copy?.path;
  const partial = { options, program, deno, self: undefined, config, importMap, lock };
  if (isSelfMade() && options.denoExecutable === undefined && !await runs(deno)) {
    // Without any Deno, a compiled command is the program's processes itself.
    refuseDenoFlags(options);
    return { ...prepareSelf({ ...options, program: program.url }, selfCommand()), ...outputs };
  }
  const release = copy?.remove ?? nothingToRelease;
  try {
    return {
      ...partial,
      ...await find(partial),
      colours: colours(options),
      shared: sharedFolder(options),
      release,
      ...outputs,
    };
  } catch (error) {
    await release();
    throw error;
  }
}

const nothingToRelease = () => Promise.resolve();

/** Asks Deno for what the program is made of, and where this library's parts are. */
async function find(partial: Finding): Promise<Found> {
  const { program, config } = partial;
  const [inspection, known] = await Promise.all([look(partial), findAddon(partial, ownLibrary)]);
  const { problem, modules, files } = inspection;
  if (problem !== undefined) {
    const folder = config ? undefined : program.folders[0];
    throw new Error(problem + (folder ? packageJsonHint(folder) : ""));
  }
  const library = isSelfMade() ? inspection.library ?? ownLibrary : ownLibrary;
  const addon = library === ownLibrary ? known : await findAddon(partial, library);
  return { library, addon, modules, paths: pathsToRead(program, files) };
}

function withFiles(flags: DenoFlags): DenoFlags {
  return { ...flags, envFiles: flags.envFiles.map((file) => localFile(file, "--env-file")) };
}

/** As {@link namedFile}, for what cannot be an address on the web. */
function localFile(name: string, option: string): string {
  if (/^(https?|data):/.test(name)) throw new UsageError(`${option} takes a file, not ${name}`);
  return namedFile(name, option);
}

/**
 * Where there is no Deno, nobody can heed its flags.
 *
 * @throws {UsageError} naming the first of those that were given
 */
export function refuseDenoFlags({ denoFlags }: RunOptions): void {
  const [flag] = namesOf(denoFlags);
  if (flag === undefined) return;
  throw new UsageError(
    `${flag} is for Deno, and a compiled program runs without: run the program itself, where ` +
      "Deno is installed",
  );
}

/** The same for a program that is its own command, and brings all that its processes need. */
export function prepareSelf(given: RunOptions, self: readonly string[]): Setup {
  const options = { ...given, resume: resultPath(given.resume) };
  const outputs = openOutputs(options);
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
    shared: sharedFolder(options),
    paths: [],
    colours: colours(options),
    release: nothingToRelease,
    ...outputs,
  };
}

/**
 * Where large data is kept for all processes. Not with `--resume`, which has to look at all that calls
 * are given; nor where they may not load the library that opens the files.
 */
function sharedFolder({ resume, permissions }: RunOptions): string | undefined {
  return resume !== undefined || permissions.has("deny-ffi") ? undefined : sharedFolderName();
}

/** The part of a setup that the finding of modules depends on. */
type Finding = Pick<Setup, "options" | "program" | "deno" | "config" | "importMap" | "lock">;

/** The part that comes of it. */
type Found = Pick<Setup, "library" | "addon" | "modules" | "paths">;

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
  given.push(...findingFlags(options.denoFlags));
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
 * Permissions for the origin and for the workers on a host: the origin keeps the results.
 *
 * @param addon the folder of zeromq's addon there
 * @param paths what they must be allowed to read there beside it
 */
export function permissions(
  { options, program }: Setup,
  addon: string,
  paths: readonly string[],
): { origin: string[]; worker: string[] } {
  // In Deno's cache the versions are beside each other, and the program's lock file may name
  // another than this command got.
  const above = dirname(addon);
  const folder = basename(above) === "zeromq" ? above : addon;
  const needs = {
    read: [...paths, folder, "/etc/alpine-release"],
    ffi: [folder],
    env: VARIABLES,
    net: [LOOPBACK_PERMISSION],
    import: importHosts(program),
  };
  const kept = options.resume === undefined ? [] : [options.resume];
  return {
    origin: permissionArguments(options.permissions, {
      ...needs,
      read: [...needs.read, ...kept],
      write: kept,
    }),
    worker: permissionArguments(options.permissions, needs),
  };
}

/** Permissions and flags for this host. */
export function flagsHere(setup: Setup): { origin: string[]; worker: string[] } {
  const { origin, worker } = moduleFlagsHere(setup);
  const { denoFlags } = setup.options;
  const allowed = permissions(setup, setup.addon, setup.paths);
  const both = passedFlags(denoFlags, (path) => path);
  // The copy is for workers to write into, whatever deno.json says of the lock file.
  const free = setup.lock === undefined ? [] : ["--frozen=false"];
  return {
    origin: [...allowed.origin, ...both, ...frozenFlags(denoFlags), ...origin],
    worker: [...allowed.worker, ...both, ...free, ...worker],
  };
}

/** For the origin, which has the program's lock file. */
export function frozenFlags({ frozen }: DenoFlags): string[] {
  return frozen === undefined ? [] : [`--frozen=${frozen}`];
}

/** Deno's flags for the origin and the workers that are not on the finding of modules. */
export function passedFlags(flags: DenoFlags, place: (path: string) => string): string[] {
  return runFlags({ ...flags, unstable: [] }, place);
}

/** What is logged, as -v counts it: a file has room for what would be too much on a terminal. */
export function loudness({ verbosity, log }: Pick<RunOptions, "verbosity" | "log">): number {
  return log !== undefined && verbosity === 0 ? 1 : verbosity;
}

/** Flags that have nothing to do with the host. */
export function commonFlags({ options }: Setup, name: string): string[] {
  const inspected = inspectFlags(options.denoFlags, name);
  return [
    // Deno would warn, once in every folder, that zeromq's install script was not run. But it would
    // not say where a debugger can connect either.
    ...(options.verbosity > 1 || inspected.length > 0 ? [] : ["--quiet"]),
    ...inspected,
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

/** What Deno has to be told when it is asked what the program is made of. */
export function askingFlags(finding: Finding): string[] {
  const { options, lock } = finding;
  const { frozen } = options.denoFlags;
  // What deno.json says of the lock file counts, unless the user says otherwise.
  const free = frozen === false && lock !== undefined ? ["--frozen=false"] : [];
  return [...moduleFlagsHere(finding).worker, ...importFlags(finding), ...free];
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

async function look(finding: Finding) {
  const { program, deno, options } = finding;
  const flags = askingFlags(finding);
  try {
    // First: it may be what keeps anything from being downloaded.
    await vet({ deno, program: program.url, flags: options.denoFlags, finding: flags });
    return await inspectProgram(deno, program.url, flags);
  } catch (error) {
    if (error instanceof VetError || error instanceof UsageError) throw error;
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

/** Deno colours what goes to a terminal; what goes to us is on its way to one, or is not. */
function colours(options: RunOptions): Record<string, string> {
  if (Deno.env.get("FORCE_COLOR")) return {};
  if (options.log !== undefined) return { NO_COLOR: "1" };
  return Deno.stdout.isTerminal() && !Deno.noColor ? { FORCE_COLOR: "1" } : {};
}
