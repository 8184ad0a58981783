/**
 * A worker that is not the origin: it connects to its broker and executes tasks until the run is
 * over.
 *
 * Usage: `deno run -A worker/main.ts [program.ts [arguments…]]`, with the environment variables of
 * {@link ./environment.ts}. The command starts it without a program and names that in
 * SCOOP_PROGRAM, so that `Deno.args` are the program's own.
 *
 * @module
 */

import { toFileUrl } from "../wire/file_url.ts";
import { lastWords } from "../futures/dropped.ts";
import { indexExports } from "../futures/function_ref.ts";
import { mayRead } from "../futures/module_scan.ts";
import { importModule, program as programModules, setProgram } from "../futures/program.ts";
import { relocated } from "../futures/relocated.ts";
import { provideRuntime, runtime } from "../futures/runtime.ts";
import { getLogger } from "../telemetry/logging.ts";
import { LIMITS } from "../wire/limits.ts";
import { CANNOT_IMPORT } from "../wire/worker_lost.ts";
import type { Welcome } from "../wire/messages.ts";
import { setInterval } from "../wire/timers.ts";
import { readEnvironment, readQuota, restoreVariables, shareMemoryOfRun } from "./environment.ts";
import type { Environment } from "./environment.ts";
import { tellLeftBehind } from "./left_behind.ts";
import { showOutput } from "./log_output.ts";
import { tooLarge } from "./quota.ts";
import type { Quota } from "./quota.ts";
import { WorkerRuntime } from "./runtime.ts";

if (import.meta.main) await main();

async function main(): Promise<void> {
  const environment = settings();
  const { workerName } = environment;
  showOutput(environment);
  const log = getLogger("worker");
  const prepare = async (welcome: Welcome) => {
    const program = environment.program || programArgument() || welcome.program;
    if (program === "") return;
    const { program: main, modules } = welcome;
    setProgram(relocated({ main, modules: [...modules] }, program));
    // What the program finds by it is beside its own main module, on the origin as well.
    Object.defineProperty(Deno, "mainModule", { value: programModules().main, enumerable: true });
    await importWhole(workerName, programModules().main);
    restoreVariables();
    const hopeless = tooLarge(quota);
    if (hopeless !== undefined) giveUp(workerName, hopeless);
    tellLeftBehind(workerName, (text) => network.report(text));
    log.debug("ready for the tasks of {program}", { program });
  };
  shareMemoryOfRun();
  const quota = quotaOrExit();
  const network = new WorkerRuntime(environment, { prepare, quota });
  provideRuntime(() => network);
  // For those who only look whether there is one, such as scatter() in a first task.
  runtime();
  if (environment.size > 0) leaveWithParent(workerName);
  try {
    await network.serve();
    network.drop();
    for (const line of lastWords()) network.report(line);
    Deno.exit(0);
  } catch (error) {
    console.error(`scoop: ${workerName}: ${(error as Error).message}`);
    Deno.exit(1);
  }
}

/**
 * Imports the program. A worker that cannot is of no use: whoever started it hears so from what it
 * writes, and the broker has not been asked for tasks yet.
 */
async function importWhole(workerName: string, main: string): Promise<void> {
  const patience = watchImport(workerName);
  try {
    await indexExports();
    // The others are passed over when they cannot be imported: perhaps nobody needs them.
    if (mayRead(main)) await importModule(main);
  } catch (error) {
    giveUp(workerName, error);
  } finally {
    clearInterval(patience);
  }
}

/** Of time in which this process was stopped or blocked one look counts at most. */
function watchImport(workerName: string) {
  const { importMs, joinLookMs } = LIMITS;
  let looks = 0;
  return setInterval(() => {
    if (++looks * joinLookMs < importMs) return;
    giveUp(
      workerName,
      `its top level has not ended after ${importMs / 1000} s: it awaits what does not come`,
    );
  }, joinLookMs);
}

/** Ends this worker, and tells why: the first line is for whoever started it, too. */
function giveUp(workerName: string, why: unknown): never {
  const shown = why instanceof Error ? Deno.inspect(why, { colors: false }) : String(why);
  // Lines of Deno's own tell nobody anything.
  const text = shown.split("\n").filter((line) => !/^ +at .*\bext:/.test(line)).join("\n");
  console.error(`scoop: ${workerName} ${CANNOT_IMPORT}${text}`);
  Deno.exit(1);
}

/**
 * Whoever launched this process ends it when the run is over, or has somebody do so. Neither is
 * certain when the launcher is killed in the very moment in which it starts a process.
 */
function leaveWithParent(workerName: string): void {
  const parent = Deno.ppid;
  const timer = setInterval(() => {
    if (Deno.ppid === parent) return;
    console.error(`scoop: ${workerName}: whoever launched it is gone`);
    Deno.exit(1);
  }, LIMITS.syncMs);
  Deno.unrefTimer(timer);
}

function settings(): Environment {
  try {
    // Started by hand without a word it is what its file says.
    const environment = readEnvironment(true)!;
    if (!environment.isOrigin) return environment;
    throw new Error(
      "IS_ORIGIN is 1, but this is no program: start the program itself as the origin",
    );
  } catch (error) {
    console.error(`scoop: ${(error as Error).message}`);
    Deno.exit(2);
  }
}

function quotaOrExit(): Quota {
  try {
    return readQuota();
  } catch (error) {
    console.error(`scoop: ${(error as Error).message}`);
    Deno.exit(2);
  }
}

/** The program named on the command line, as a URL; the program's own arguments follow it. */
function programArgument(): string {
  const [program, ...args] = Deno.args;
  if (program === undefined) return "";
  Object.defineProperty(Deno, "args", { value: args, configurable: true });
  return toFileUrl(program);
}
