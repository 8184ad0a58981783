/**
 * A look at the program before it runs: Deno is asked what it is made of, and whether it can be
 * loaded.
 *
 * @module
 */

import { isModuleOf } from "../futures/own_modules.ts";
import { zeromqFolder } from "../wire/zeromq_folder.ts";
import { askingFlags, moduleFlagsHere } from "./finding.ts";
import type { Finding, FindingOptions } from "./finding.ts";
import { inspectProgram } from "./inspection.ts";
import type { Inspection } from "./inspection.ts";
import { copyLock } from "./lock_copy.ts";
import {
  findConfig,
  findProgram,
  hasNodeModules,
  namedFile,
  packageJsonHint,
  pathsToRead,
  reasonOf,
} from "./program.ts";
import { isSelfMade } from "./self_command.ts";
import { foldersOf, standInFlags } from "./stand_in.ts";
import { UsageError } from "./usage_error.ts";
import { vet, VetError } from "./vet.ts";

/** What the user said of the program. */
export interface LookOptions extends FindingOptions {
  /** As the user named it. */
  readonly program: string;
  /** Undefined for the one that runs this command. */
  readonly denoExecutable: string | undefined;
}

/** What is looked at, and how. */
export type Subject = Omit<Finding, "lock">;

/** A look that has begun. */
export interface Look {
  readonly finding: Finding;
  /** @throws {Error} when the program cannot be loaded */
  readonly found: Promise<Found>;
  /**
   * Ends the look and removes the copy of the lock file, which otherwise is there as long as this
   * process.
   */
  release(): Promise<void>;
}

/** What Deno has said. */
export interface Found {
  /** URL of the folder of this library that workers are started from. */
  readonly library: string;
  /** The folder of zeromq's addon as the program's processes find it here. */
  readonly addon: string;
  /** URLs of the program's other local modules. */
  readonly modules: readonly string[];
  /** Paths that its processes must be allowed to read. */
  readonly paths: readonly string[];
}

/** Where this copy of the library is. */
export const ownLibrary = import.meta.resolve("../");

/**
 * What is to be looked at.
 *
 * @throws {UsageError} when the user has named something that is not there
 */
export function subjectOf(options: LookOptions): Subject {
  const program = findProgram(options.program);
  return {
    options,
    program,
    deno: options.denoExecutable ?? ownDeno(),
    config: options.config
      ? namedFile(options.config, "--config")
      : findConfig(program.folders[0] ?? Deno.cwd()),
    importMap: options.importMap && namedFile(options.importMap, "--import-map"),
  };
}

/** The Deno that runs this command, or the one on the PATH for a compiled one. */
function ownDeno(): string {
  if (isSelfMade()) return "deno";
  const path = Deno.execPath();
  // Whoever may run "deno" may not run what a link of that name leads to.
  const may = (command: string) =>
    Deno.permissions.querySync({ name: "run", command }).state === "granted";
  return !may(path) && may("deno") ? "deno" : path;
}

/** Begins to look. */
export async function beginLook(subject: Subject): Promise<Look> {
  const copy = await copyLock(subject.config, subject.program);
  const finding = { ...subject, lock: copy?.path };
  const asking = new AbortController();
  const found = find(finding, asking.signal);
  // Whoever asked for it is told, unless nobody wants to know any more.
  found.catch(() => {});
  return {
    finding,
    found,
    async release() {
      asking.abort();
      await copy?.remove();
    },
  };
}

/** Asks Deno for what the program is made of, and where this library's parts are. */
async function find(finding: Finding, signal: AbortSignal): Promise<Found> {
  const { program, config } = finding;
  const [inspection, known] = await Promise.all([
    inspect(finding, signal),
    findAddon(finding, ownLibrary),
  ]);
  const { problem, modules, files } = inspection;
  if (problem !== undefined) {
    const [folder] = program.folders;
    const isAboutPackages = config === undefined || problem.includes("node_modules directory");
    throw new Error(problem + (folder && isAboutPackages ? packageJsonHint(folder) : ""));
  }
  const library = isSelfMade() ? inspection.library ?? ownLibrary : ownLibrary;
  const addon = library === ownLibrary ? known : await findAddon(finding, library);
  // With a stand-in nobody has seen that these are of the library.
  const isTheirs = (url: string) => !isModuleOf(library, url);
  return {
    ...{ library, addon, modules: modules.filter(isTheirs) },
    // The library by its folder: it has so many files that those of others would be named so as well.
    paths: [...pathsToRead(program, files.filter(isTheirs)), ...foldersOf(library)],
  };
}

async function inspect(finding: Finding, signal: AbortSignal): Promise<Inspection> {
  const { program, deno, options } = finding;
  const flags = askingFlags(finding);
  try {
    // First: it may be what keeps anything from being downloaded.
    await vet({ deno, program: program.url, flags: options.denoFlags, finding: flags });
    const standIn = isSelfMade() ? undefined : standInFlags(finding, ownLibrary);
    if (standIn !== undefined) {
      const quick = await inspectProgram(deno, program.url, [...flags, ...standIn], signal)
        .catch(() => undefined);
      // Whatever is wrong is told as the user would meet it.
      if (quick !== undefined && quick.problem === undefined) return quick;
    }
    return await inspectProgram(deno, program.url, flags, signal);
  } catch (error) {
    if (error instanceof VetError && error.isOfOneModule) {
      // This says where as well.
      const inspection = await inspectProgram(deno, program.url, flags, signal);
      if (inspection.problem !== undefined) return inspection;
    }
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
