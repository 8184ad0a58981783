/**
 * Everything that is known before the first process is started: the program, the flags its
 * processes need, where the output goes.
 *
 * @module
 */

import { isEmbedded } from "../futures/program.ts";
import { cLibraryFile } from "../wire/c_library.ts";
import { LOOPBACK_PERMISSION } from "../wire/loopback.ts";
import { permissionOf } from "../wire/unix_path.ts";
import { FOR_DENO, VARIABLES } from "../worker/environment.ts";
import { basename, dirname, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { inspectFlags, namesOf, runFlags } from "./deno_flags.ts";
import type { DenoFlags } from "./deno_flags.ts";
import { takeEarlyLook } from "./early_look.ts";
import { importHosts, moduleFlagsHere } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { beginLook, ownLibrary, subjectOf } from "./look.ts";
import type { Found } from "./look.ts";
import type { RunOptions } from "./options.ts";
import { openOutputs } from "./outputs.ts";
import type { Outputs } from "./outputs.ts";
import { permissionArguments } from "./permissions.ts";
import { processorProfile } from "./profile_folder.ts";
import { resultPath } from "./resume_options.ts";
import { sharedFolderName } from "./run_folder.ts";
import { namedFile } from "./program.ts";
import type { Program } from "./program.ts";
import { isSelfMade, selfCommand } from "./self_command.ts";
import { UsageError } from "./usage_error.ts";

/** See the module's text. */
export interface Setup extends Finding, Found, Outputs {
  readonly options: RunOptions;
  /** For a program that is its own command: the words that start it. */
  readonly self: readonly string[] | undefined;
  /** Removes the copy of the lock file, which otherwise is there as long as this process. */
  release(): Promise<void>;
  /** The folder in which its processes share memory, if they are to. */
  readonly shared: string | undefined;
  /** The paths of its brokers' sockets, known when it has a folder. */
  readonly sockets: readonly string[];
  readonly colours: Readonly<Record<string, string>>;
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
  const subject = { ...subjectOf(options), options };
  if (options.nice !== undefined && Deno.build.os === "windows") {
    throw new UsageError("--nice needs a unix system");
  }
  refuseProgramAsLog(subject.program, options.log);
  const outputs = outputsFor(options);
  const isAlone = async () =>
    isSelfMade() && options.denoExecutable === undefined && !await runs(subject.deno);
  if (isEmbedded() || await isAlone()) {
    // Without any Deno, a compiled command is the program's processes itself; and a compiled program
    // that has an Executor has modules that no Deno finds.
    refuseDenoFlags(options);
    // The report is made without; what Deno would measure is left out.
    const needed = neededDeno({ ...options, profile: undefined });
    if (needed !== undefined) {
      const why = isEmbedded() ? "a compiled program runs without" : "none was found on the PATH";
      throw new UsageError(`${needed} needs Deno, and ${why}`);
    }
    const { program } = subject;
    return { ...prepareSelf({ ...options, program: program.url }, selfCommand()), ...outputs };
  }
  const look = await takeEarlyLook(subject) ?? await beginLook(subject);
  try {
    const found = await look.found;
    refuseDenied(options, subject.program, found);
    return {
      ...subject,
      ...found,
      lock: look.finding.lock,
      self: undefined,
      colours: colours(options),
      shared: sharedFolder(options),
      sockets: [],
      release: () => look.release(),
      ...outputs,
    };
  } catch (error) {
    await look.release();
    throw error;
  }
}

/** A dry run touches nothing. */
function outputsFor(options: RunOptions): Outputs {
  return openOutputs(options.dryRun ? { ...options, log: undefined } : options);
}

/** The file of `--log` is emptied. */
function refuseProgramAsLog({ url }: Program, log: string | undefined): void {
  if (log === undefined || !url.startsWith("file:")) return;
  const real = (path: string) => {
    try {
      return Deno.realPathSync(path);
    } catch {
      return undefined;
    }
  };
  const file = real(log);
  if (file === undefined || file !== real(fileURLToPath(url))) return;
  throw new UsageError(`--log ${log} is the program: name another file`);
}

/** A path that is denied is so for our processes as well, and they have to load the program. */
function refuseDenied(
  { permissions }: RunOptions,
  { url, folders }: Program,
  { paths, addon }: Found,
): void {
  const denied = permissions.get("deny-read");
  if (denied === undefined || denied === true) return;
  const program = url.startsWith("file:") ? [fileURLToPath(url)] : [];
  const needed = [...program, ...paths.filter((path) => !folders.includes(path)), addon];
  for (const path of denied) {
    const above = resolve(path);
    const within = above.endsWith(sep) ? above : above + sep;
    const covered = needed.find((one) => one === above || one.startsWith(within));
    if (covered === undefined) continue;
    throw new UsageError(`--deny-read=${path} covers ${covered}, which every process has to read`);
  }
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
  const outputs = outputsFor(options);
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
    sockets: [],
    paths: [],
    colours: colours(options),
    release: () => Promise.resolve(),
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

/**
 * Permissions for the origin and for the workers on a host: the origin keeps the results.
 *
 * @param addon the folder of zeromq's addon there
 * @param paths what they must be allowed to read there beside it
 * @param libraries what they may call beside the addon
 */
export function permissions(
  { options, program, sockets }: Setup,
  addon: string,
  paths: readonly string[],
  libraries: readonly string[] = [],
): { origin: string[]; worker: string[] } {
  // In Deno's cache the versions are beside each other, and the program's lock file may name
  // another than this command got.
  const above = dirname(addon);
  const folder = basename(above) === "zeromq" ? above : addon;
  const needs = {
    read: [...paths, folder, "/etc/alpine-release", ...sockets],
    write: sockets,
    ffi: [folder, ...libraries],
    env: [...VARIABLES, ...FOR_DENO],
    // Deno knows no escape for a comma in a list.
    net: [LOOPBACK_PERMISSION, ...sockets.filter((path) => !path.includes(",")).map(permissionOf)],
    import: importHosts(program),
  };
  const kept = options.resume === undefined ? [] : [options.resume];
  return {
    origin: permissionArguments(options.permissions, {
      ...needs,
      read: [...needs.read, ...kept],
      write: [...needs.write, ...kept],
    }),
    worker: permissionArguments(options.permissions, needs),
  };
}

/** Permissions and flags for this host. */
export function flagsHere(setup: Setup): { origin: string[]; worker: string[] } {
  const { origin, worker } = moduleFlagsHere(setup);
  const { denoFlags } = setup.options;
  // Sockets within this host take nothing else.
  const library = setup.sockets.length > 0 ? cLibraryFile() : undefined;
  const libraries = library === undefined ? [] : [library];
  const allowed = permissions(setup, setup.addon, setup.paths, libraries);
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
      `--cpu-prof-name=${processorProfile(name)}`,
    ]),
  ];
}

/** Deno colours what goes to a terminal; what goes to us is on its way to one, or is not. */
function colours(options: RunOptions): Record<string, string> {
  if (Deno.env.get("FORCE_COLOR")) return {};
  // Of the user's wish other hosts know only so.
  if (options.log !== undefined || Deno.noColor) return { NO_COLOR: "1" };
  return Deno.stdout.isTerminal() ? { FORCE_COLOR: "1" } : {};
}

/** Options that only Deno could heed, or the brokers of other hosts. */
const NEED_DENO = [
  "hosts",
  "hostfile",
  "brokers",
  "path",
  "ship",
  "tunnel",
  "config",
  "importMap",
  "denoExecutable",
  "profile",
] as const satisfies (keyof RunOptions)[];

/** The first of these that has been given, as it is written: `--import-map`. */
export function neededDeno(options: RunOptions): string | undefined {
  const isGiven = (value: unknown) =>
    Array.isArray(value) ? value.length > 0 : Boolean(value) && value !== 1;
  const name = NEED_DENO.find((name) => isGiven(options[name]));
  return name && `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
