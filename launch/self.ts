/**
 * A program that is its own command, as a compiled one: started by a user it launches a run whose
 * processes are itself again, started with the environment of a worker.
 *
 * Importing this, before the program, has the program's `startup` wait for {@link runSelf}.
 *
 * @module
 */

import { embedProgram, fixProgram } from "../futures/program.ts";
import { runtime } from "../futures/runtime.ts";
import { deferredStartup } from "../futures/startup.ts";
import { describeError } from "../wire/error_values.ts";
import { readEnvironment } from "../worker/environment.ts";
import type { Environment } from "../worker/environment.ts";
import "../worker/provide.ts";
import { selfCommand } from "./self_command.ts";

type Exports = Readonly<Record<string, unknown>>;

deferredStartup().on = true;

/**
 * A compiled program: launches a run, or is the origin or a worker of one, as the environment says.
 *
 * @param main URL of the program's main module
 * @param modules exports of the program's modules by URL, all of them imported by now
 */
export async function runSelf(
  main: string,
  modules: Readonly<Record<string, Exports>>,
): Promise<void> {
  embedProgram(main, modules);
  const environment = environmentOrExit();
  if (environment !== undefined) return await take(main, environment);
  const { mainSelf } = await import("./launch.ts");
  Deno.exit(await mainSelf(Deno.args, main, selfCommand()));
}

/** The compiled command, started again as the origin or a worker of a program on disk. */
export async function runFromDisk(main: string, environment: Environment): Promise<void> {
  fixProgram({ main, modules: [] });
  try {
    await import(main);
  } catch (error) {
    if (environment.isOrigin) throw error;
    // The origin tells it whole, and each of the others in a line.
    const [line] = describeError(error).split("\n", 1);
    console.error(`scoop: ${environment.workerName}: cannot import ${main}: ${line}`);
    Deno.exit(1);
  }
  await take(main, environment);
}

/** Takes part in a run. */
async function take(main: string, environment: Environment): Promise<void> {
  const { call } = deferredStartup();
  if (call === undefined) {
    console.error(`scoop: ${main} calls no startup(main), where such a program begins`);
    Deno.exit(2);
  }
  if (environment.isOrigin) return void await call();
  try {
    await runtime().serve();
    Deno.exit(0);
  } catch (error) {
    console.error(`scoop: ${environment.workerName}: ${(error as Error).message}`);
    Deno.exit(1);
  }
}

/** What this process is told of a run, if anything. */
export function environmentOrExit(): Environment | undefined {
  try {
    return readEnvironment();
  } catch (error) {
    console.error(`scoop: ${(error as Error).message}`);
    Deno.exit(2);
  }
}
