/**
 * What Deno finds a program's modules by, and the flags that tell it so.
 *
 * @module
 */

import { findingFlags } from "./deno_flags.ts";
import type { DenoFlags } from "./deno_flags.ts";
import { permissionArguments } from "./permissions.ts";
import type { Permissions } from "./permissions.ts";
import { nodeModulesFlags, serverOf } from "./program.ts";
import type { Program } from "./program.ts";

/** See the module's text. */
export interface Finding {
  readonly options: FindingOptions;
  readonly program: Program;
  /** The Deno to run the program with here. */
  readonly deno: string;
  /** The program's deno.json and import map, as paths or URLs. */
  readonly config: string | undefined;
  readonly importMap: string | undefined;
  /** A copy of the program's lock file, if it has one. */
  readonly lock: string | undefined;
}

/** What the user said of it. */
export interface FindingOptions {
  /** As the user named them. */
  readonly config: string | undefined;
  readonly importMap: string | undefined;
  readonly denoFlags: DenoFlags;
  readonly permissions: Permissions;
}

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

/** What Deno has to be told when it is asked what the program is made of. */
export function askingFlags(finding: Finding): string[] {
  const { options, lock } = finding;
  const { frozen } = options.denoFlags;
  // What deno.json says of the lock file counts, unless the user says otherwise.
  const free = frozen === false && lock !== undefined ? ["--frozen=false"] : [];
  return [...moduleFlagsHere(finding).worker, ...importFlags(finding), ...free];
}

/** Permissions to import, which Deno needs to look at a program as well. */
export function importFlags({ options, program }: Pick<Finding, "options" | "program">): string[] {
  return permissionArguments(options.permissions, {
    read: [],
    ffi: [],
    env: [],
    import: importHosts(program),
  }).filter((flag) => /^--(allow|deny)-import/.test(flag));
}

/** The servers that the program and this library are loaded from. */
export function importHosts(program: Program): string[] {
  return [program.importHost, serverOf(import.meta.url)].filter((host) => host !== "");
}
