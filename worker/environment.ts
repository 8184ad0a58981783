/**
 * What a process is told by its environment. The names and defaults are those of SCOOP's
 * documentation; the ones that begin with SCOOP_ are ours.
 *
 * @module
 */

import { DEFAULT_ADDRESS, nextPort, readAddresses } from "../wire/addresses.ts";
import type { BrokerAddress } from "../wire/addresses.ts";
import { decodeLogWay } from "../telemetry/marks.ts";
import { globalState } from "../futures/global_state.ts";
import type { LogWay } from "../telemetry/marks.ts";
import { LIMITS } from "../wire/limits.ts";
import { checkReach, readWorkerKeys } from "../wire/keys.ts";
import type { WorkerKeys } from "../wire/keys.ts";
import { shareMemory } from "../wire/shared_memory.ts";
import { mayReadVariable, readVariable } from "../wire/variables.ts";
import type { Quota } from "./quota.ts";

/** How this process takes part in a run. */
export interface Environment {
  readonly isOrigin: boolean;
  readonly workerName: string;
  readonly brokerName: string;
  readonly brokerAddress: string;
  readonly metaAddress: string;
  /** The run's secret, empty when it has none. */
  readonly key: string;
  /** The run's keys for encryption; undefined on loopback. */
  readonly keys: WorkerKeys | undefined;
  /** Other brokers of the run, to go to when this one is lost. */
  readonly others: readonly BrokerAddress[];
  /** How long the broker may be away whose connection broke, in milliseconds. */
  readonly brokerGraceMs: number;
  /** Workers planned, 0 when unknown. */
  readonly size: number;
  /** URL of the program's main module, empty when this process is to find out by itself. */
  readonly program: string;
  /** 0 to 2, as of -v and -vv; -1 for quiet. */
  readonly verbosity: number;
  /** What a launcher wants to know of what this process prints. */
  readonly log?: LogWay | undefined;
}

/** Set any of these and the process is part of a run. */
const DECISIVE = ["IS_ORIGIN", "WORKER_NAME", "BROKER_NAME", "BROKER_ADDRESS", "META_ADDRESS"];

/** Every variable a process of a run may read. */
export const VARIABLES: readonly string[] = [
  ...DECISIVE,
  "SCOOP_KEY",
  "SCOOP_KEYS",
  "SCOOP_SIZE",
  "SCOOP_PROGRAM",
  "SCOOP_VERBOSITY",
  "SCOOP_DEBUG",
  "SCOOP_RESUME",
  "SCOOP_MAX_MEMORY",
  "SCOOP_MAX_TASKS",
  "BROKER_ADDRESSES",
  "META_ADDRESSES",
  "SCOOP_BROKER_GRACE",
  "SCOOP_HOST",
  "SCOOP_LOG",
  "SCOOP_SHARED",
  "SCOOP_FOR_DENO",
];

/** Variables that a command sets for Deno's own sake, as SCOOP_FOR_DENO says. */
export const FOR_DENO: readonly string[] = [
  ...["FORCE_COLOR", "NO_COLOR", "DENO_DIR", "NPM_CONFIG_REGISTRY", "JSR_URL"],
];

/**
 * The environment of this process, or undefined when it says nothing of a run.
 *
 * It never prompts: a program started without any permission is simply not part of a run. What it
 * says is taken out of it: a program that a task starts, or the program itself, is no part of the
 * run, least of all under this process's name.
 *
 * @param isWorker the process is one, even if nothing says so
 * @throws {Error} when a variable has a value that means nothing.
 */
export function readEnvironment(isWorker = false): Environment | undefined {
  // Whoever sets one of them anew speaks of another run.
  if (DECISIVE.some((name) => readVariable(name) !== undefined)) taken.clear();
  if (!isWorker && !DECISIVE.some((name) => read(name) !== undefined)) return undefined;
  for (const name of VARIABLES) if (name !== "SCOOP_DEBUG") take(name);
  // Whoever asks later is told the same.
  if (isWorker && !taken.has("IS_ORIGIN")) taken.set("IS_ORIGIN", "0");
  const isOrigin = flag("IS_ORIGIN", true);
  const brokerAddress = read("BROKER_ADDRESS") ?? DEFAULT_ADDRESS;
  const metaAddress = read("META_ADDRESS") ?? nextPort(brokerAddress);
  const encoded = read("SCOOP_KEYS");
  const keys = encoded === undefined ? undefined : readWorkerKeys(encoded);
  const others = readAddresses(read("BROKER_ADDRESSES"), read("META_ADDRESSES"))
    .filter(({ task }) => task !== brokerAddress);
  const all = [{ task: brokerAddress, meta: metaAddress }, ...others];
  checkReach(all.flatMap(({ task, meta }) => [task, meta]), "SCOOP_KEYS", keys);
  const size = wholeNumber("SCOOP_SIZE");
  const log = read("SCOOP_LOG");
  return {
    isOrigin,
    // Every worker but the origin needs a name of its own.
    workerName: read("WORKER_NAME") ?? (isOrigin ? "origin" : `worker-${Deno.pid}`),
    brokerName: read("BROKER_NAME") ?? "broker",
    brokerAddress,
    metaAddress,
    key: read("SCOOP_KEY") ?? "",
    keys,
    others,
    brokerGraceMs: brokerGrace(size > 0),
    size,
    program: read("SCOOP_PROGRAM") ?? "",
    verbosity: wholeNumber("SCOOP_VERBOSITY"),
    ...(log === undefined ? {} : { log: decodeLogWay(log) }),
  };
}

/**
 * How long a broker that was started by hand may be away, in milliseconds: somebody may start it
 * again. A launcher sees to its own.
 */
function brokerGrace(isLaunched: boolean): number {
  const seconds = read("SCOOP_BROKER_GRACE") ?? "";
  if (seconds === "") return isLaunched ? 0 : LIMITS.brokerBackMs;
  if (/^\d{1,9}(\.\d+)?$/.test(seconds)) return 1000 * Number(seconds);
  throw new Error(`SCOOP_BROKER_GRACE must be a number of seconds, 0 or more, got "${seconds}"`);
}

/** Shares memory with the other processes of the run, if its launcher has made a place for that. */
export function shareMemoryOfRun(): void {
  const folder = take("SCOOP_SHARED");
  if (folder !== undefined) shareMemory(folder);
}

/**
 * Deno has seen what the command has set for it, to be coloured or to find its packages. What
 * programs see that a task starts is what was there before.
 */
export function restoreVariables(): void {
  const told = read("SCOOP_FOR_DENO");
  if (told === undefined) return;
  for (const [name, value] of Object.entries(parsed(told))) {
    if (!FOR_DENO.includes(name) || !mayReadVariable(name)) continue;
    if (typeof value === "string") Deno.env.set(name, value);
    else Deno.env.delete(name);
  }
}

/** @throws {Error} when a command cannot have set it */
function parsed(told: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(told));
  } catch {
    throw new Error(`SCOOP_FOR_DENO is for the command to set, got "${told}"`);
  }
}

/**
 * What this worker may use before it is replaced.
 *
 * @throws {Error} when a variable has a value that means nothing.
 */
export function readQuota(): Quota {
  const most = (name: string) => {
    const value = read(name) ?? "";
    if (value === "") return Infinity;
    if (/^[1-9]\d{0,14}$/.test(value)) return Number(value);
    throw new Error(`${name} must be a whole number, 1 or more, got "${value}"`);
  };
  return { maxMemory: most("SCOOP_MAX_MEMORY"), maxTasks: most("SCOOP_MAX_TASKS") };
}

/** What was taken out of the environment, by whichever copy of this library. */
const taken = globalState("environment", () => new Map<string, string>());

function read(name: string): string | undefined {
  return readVariable(name) ?? taken.get(name);
}

/** Reads a variable, and takes it out of the environment, which every program started inherits. */
function take(name: string): string | undefined {
  const value = readVariable(name);
  if (value !== undefined) taken.set(name, value);
  if (mayReadVariable(name)) Deno.env.delete(name);
  return taken.get(name);
}

/**
 * The file in which the program's results are kept, or undefined for none. It is no affair of the
 * programs that tasks start.
 */
export function resultFile(): string | undefined {
  return take("SCOOP_RESUME");
}

function flag(name: string, otherwise: boolean): boolean {
  const value = read(name);
  if (value === undefined) return otherwise;
  if (value === "1" || value === "0") return value === "1";
  throw new Error(`${name} must be 1 or 0, got "${value}"`);
}

function wholeNumber(name: string): number {
  const value = read(name) ?? "0";
  if (/^-?\d{1,9}$/.test(value)) return Number(value);
  throw new Error(`${name} must be a whole number, got "${value}"`);
}

/**
 * This host's name, as whoever started this process says, who may know it; without that word, and
 * where this process may not know it, "localhost".
 */
export function hostname(): string {
  const told = read("SCOOP_HOST");
  if (told !== undefined) return told;
  return Deno.permissions.querySync({ name: "sys", kind: "hostname" }).state === "granted"
    ? Deno.hostname()
    : "localhost";
}
