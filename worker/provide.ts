/**
 * Decides which runtime a program gets: that of a worker when its environment says so, else the one
 * that runs everything in process.
 *
 * @module
 */

import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { indexExports } from "../futures/function_ref.ts";
import { hasOwned } from "../futures/owners.ts";
import { ownMain, setProgram } from "../futures/program.ts";
import { relocated } from "../futures/relocated.ts";
import { existingRuntime, provideRuntime, runtime } from "../futures/runtime.ts";
import type { Runtime } from "../futures/runtime.ts";
import type { Welcome } from "../wire/messages.ts";
import { endWithoutTeardown, isInTest } from "./end.ts";
import { readEnvironment, readQuota, restoreVariables } from "./environment.ts";
import { resultFile, shareMemoryOfRun } from "./environment.ts";
import type { Environment } from "./environment.ts";
import { guardOrigin } from "./exit_guard.ts";
import { tellLeftByTasks } from "./left_behind.ts";
import { releaseLeftOpen } from "./left_open.ts";
import { showOutput } from "./log_output.ts";
import { openResultsOrExit } from "./results.ts";
import { WorkerRuntime } from "./runtime.ts";

provideRuntime(create);
// When this module was imported by a worker's own entry, that has seen to all this already.
const launched = existingRuntime() === undefined ? environmentOrExit() : undefined;
if (launched !== undefined) showOutput(launched);
// A program that was launched will want its broker. It begins when there is a connection, or none after
// a moment: one that computes for seconds then would not be connected until it lets go.
if (launched?.isOrigin) {
  // The other modules are there when this goes on.
  await null;
  await (runtime() as WorkerRuntime).tried;
}

function environmentOrExit(): Environment | undefined {
  try {
    const environment = readEnvironment();
    if (environment !== undefined) restoreVariables();
    return environment;
  } catch (error) {
    console.error(`scoop: ${(error as Error).message}`);
    Deno.exit(2);
  }
}

function create(): Runtime {
  const environment = readEnvironment();
  setProgram({ main: ownMain(), modules: [] });
  if (environment === undefined) {
    const results = openResultsOrExit(resultFile());
    const alone = new WorkerRuntime(undefined, { prepare, begins: sayHowToLaunch, results });
    tellLeftByTasks((text) => alone.report(text));
    releaseLeftOpen();
    indexExports();
    return alone;
  }
  // With nobody else there is nothing to pass on.
  if (environment.size !== 1) shareMemoryOfRun();
  // A task that uses too much memory costs its process: the program's own must not be that.
  const handsOver = environment.isOrigin && environment.size > 1 &&
    readQuota().maxMemory < Infinity;
  const results = environment.isOrigin ? openResultsOrExit(resultFile()) : undefined;
  const network = new WorkerRuntime(environment, { prepare, handsOver, results });
  endWithoutTeardown();
  if (environment.isOrigin) {
    guardOrigin();
    tellLeftByTasks((text) => network.report(text));
    releaseLeftOpen();
  }
  return network;
}

/** Told with the first task: a program that only shares something with an Executor needs no hint. */
function sayHowToLaunch(): void {
  if (hasOwned()) return;
  runtime().report(`running in this process only; to use all cores: ${remedy()}`);
}

async function prepare({ program, modules }: Welcome): Promise<void> {
  if (program !== "") setProgram(relocated({ main: program, modules }, ownMain()));
  await indexExports();
}

/** What Deno calls a program that was typed, or came some other way than from a file. */
const NO_FILE = /\/\$deno\$\w+\.\w+$|\.ipynb$/;

/** How to get workers. */
function remedy(): string {
  if (NO_FILE.test(ownMain())) {
    return "save the program to a file, which workers can import its functions from";
  }
  return isInTest() ? "make an Executor in the test, which has workers of its own" : launchLine();
}

function launchLine(): string {
  const here = new URL("../cli.ts", import.meta.url);
  const command = here.protocol === "file:" ? shortest(here.href) : "jsr:@scoop/cli";
  const [cli, program] = [command, shortest(ownMain())].map(forShell);
  return `deno run -A ${cli} -n ${navigator.hardwareConcurrency} ${program}`;
}

/** A word as one would type it. */
function forShell(word: string): string {
  if (Deno.build.os === "windows") return /\s/.test(word) ? `"${word}"` : word;
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A module as one would name it here: its path from the current folder if that is shorter. */
function shortest(module: string): string {
  if (!module.startsWith("file:")) return module;
  const path = fileURLToPath(module);
  try {
    const short = relative(Deno.cwd(), path);
    return short.length < path.length ? short : path;
  } catch {
    // There is no permission to know the current folder.
    return path;
  }
}
