/**
 * Who runs where. From a list of hosts to a list of processes, and what each is told; nothing is
 * started here.
 *
 * @module
 */

import type { BrokerAddress } from "../wire/addresses.ts";
import { LIMITS } from "../wire/limits.ts";
import type { Share } from "./hosts.ts";
import { UsageError } from "./usage_error.ts";

/** A worker's process. */
export interface PlannedProcess {
  /** "origin", "worker-1", … */
  readonly name: string;
  readonly host: string;
  readonly origin: boolean;
  /** Its broker's place in the plan. */
  readonly broker: number;
}

/**
 * A broker. The first is on the launcher's host, wherever the workers are; if it is the only one, in
 * the launcher's process.
 */
export interface PlannedBroker {
  /** "broker", "broker-2", … */
  readonly name: string;
  /** The host of its first worker. */
  readonly host: string;
}

/** All processes of a run; the origin comes first and is on the first host. */
export interface Plan {
  /** Number of workers, the origin among them. */
  readonly size: number;
  readonly processes: readonly PlannedProcess[];
  readonly brokers: readonly PlannedBroker[];
}

/**
 * Gives every worker its host, its name and its broker. The origin is a worker like the others, so
 * hosts for N workers make N processes. Neighbours share a broker, and each broker has as many
 * workers as the others, give or take one.
 *
 * @param brokers how many
 * @throws {UsageError} when there are fewer workers than brokers
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { makePlan } from "./plan.ts";
 * const plan = makePlan([{ host: "127.0.0.1", workers: 2 }]);
 * assert.deepEqual(plan.processes.map((process) => process.name), ["origin", "worker-1"]);
 * ```
 */
export function makePlan(shares: readonly Share[], brokers = 1): Plan {
  const size = shares.reduce((sum, { workers }) => sum + workers, 0);
  if (brokers > size) {
    const workers = size === 1 ? "1 worker" : `${size} workers`;
    throw new UsageError(`${brokers} brokers are too many for ${workers}: each needs one`);
  }
  const hosts = shares.flatMap(({ host, workers }) => new Array<string>(workers).fill(host));
  const processes = hosts.map((host, i): PlannedProcess => ({
    name: i === 0 ? "origin" : `worker-${i}`,
    host,
    origin: i === 0,
    broker: Math.floor(i * brokers / size),
  }));
  return {
    size,
    processes,
    brokers: Array.from({ length: brokers }, (_, i) => ({
      name: i === 0 ? "broker" : `broker-${i + 1}`,
      host: processes.find(({ broker }) => broker === i)!.host,
    })),
  };
}

/**
 * The plan in words, a line for each host.
 *
 * @param reach how a host is reached: "here", "by ssh"
 * @param atLauncher whether the brokers after the first are on the launcher's host too
 */
export function describePlan(
  { size, processes, brokers }: Plan,
  reach: (host: string) => string,
  atLauncher: boolean,
): string {
  const hosts = [...new Set(processes.map(({ host }) => host))];
  const rows = [["host", "reached", "workers", "broker"]];
  for (const host of hosts) {
    const mine = processes.filter((process) => process.host === host);
    const names = mine.map(({ broker }) => brokers[broker]!.name);
    rows.push([host, reach(host), ranges(mine), [...new Set(names)].join(", ")]);
  }
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  const table = rows.map((row) => row.map((cell, i) => cell.padEnd(widths[i]!)).join("  ").trim());
  const places = brokers.map(({ name, host }, i) => {
    if (brokers.length === 1) return `${name} in this command`;
    return `${name} ${atLauncher || i === 0 ? "on this host" : `on ${host}`}`;
  });
  const count = describeSize(size);
  return [`${count}; ${places.join(", ")}`, ...table].join("\n") + "\n";
}

/** "1 worker, the origin". */
export function describeSize(size: number): string {
  return size === 1 ? "1 worker, the origin" : `${size} workers, the origin among them`;
}

/** "origin, worker-1 to worker-3". */
function ranges(processes: readonly PlannedProcess[]): string {
  const workers = processes.filter(({ origin }) => !origin).map(({ name }) => name);
  const origin = workers.length < processes.length ? ["origin"] : [];
  if (workers.length <= 2) return [...origin, ...workers].join(", ");
  return [...origin, `${workers[0]} to ${workers.at(-1)}`].join(", ");
}

/** The name of the worker that takes a lost one's place: worker-1, worker-1.2, worker-1.3, … */
export function replacementName(name: string): string {
  const [, first, number] = /^(.*?)(?:\.(\d+))?$/.exec(name)!;
  return `${first}.${Number(number ?? 1) + 1}`;
}

/**
 * Milliseconds to wait before a lost worker is replaced, so that one that cannot live does not
 * keep the machine busy with starting.
 *
 * @param before the wait before the lost worker itself was started, 0 for the first in its place
 * @param lived how many milliseconds it lived
 */
export function replacementDelay(before: number, lived: number): number {
  if (before === 0 || lived >= LIMITS.soundAfterMs) return LIMITS.replaceFirstMs;
  return Math.min(before * 2, LIMITS.replaceMostMs);
}

/** What a process of a run is told about it. */
export interface RunFacts {
  readonly brokerName: string;
  /** The broker's addresses as that process reaches them. */
  readonly taskAddress: string;
  readonly metaAddress: string;
  /** Where to go when that is lost, as the process reaches them. */
  readonly others: readonly BrokerAddress[];
  /** The run's secret. */
  readonly key: string;
  /** Its keys for encryption, as the environment has them; empty for none. */
  readonly keys: string;
  /** Number of workers, the origin among them. */
  readonly size: number;
  /** URL of the program's main module, as it is there. */
  readonly program: string;
  /** What the process's host calls itself, if that is known. */
  readonly host?: string;
  /** -1 quiet, 0 as usual, 1 or 2. */
  readonly verbosity: number;
  /** Whether errors show the lines of this library too. */
  readonly debug: boolean;
  /** What processes are asked to tell of what they print, as the environment has it. */
  readonly log?: string;
  /** What was in variables that are set for Deno's sake, as the environment has it. */
  readonly forDeno?: string;
  /** The folder of the memory that all processes share. */
  readonly shared?: string | undefined;
  /** The file in which the origin keeps results. */
  readonly resume?: string | undefined;
  /** Bytes and tasks after which a worker is replaced. */
  readonly maxMemory?: number | undefined;
  readonly maxTasks?: number | undefined;
}

/** The environment variables that make a process part of a run. */
export function environment(
  facts: RunFacts,
  process: { readonly name: string; readonly origin: boolean },
): Record<string, string> {
  return {
    IS_ORIGIN: process.origin ? "1" : "0",
    WORKER_NAME: process.name,
    BROKER_NAME: facts.brokerName,
    BROKER_ADDRESS: facts.taskAddress,
    META_ADDRESS: facts.metaAddress,
    // Empty, as what follows, for those who might have inherited others.
    BROKER_ADDRESSES: facts.others.map(({ task }) => task).join(),
    META_ADDRESSES: facts.others.map(({ meta }) => meta).join(),
    // A broker that is lost is not started again.
    SCOOP_BROKER_GRACE: "0",
    SCOOP_KEY: facts.key,
    SCOOP_KEYS: facts.keys,
    SCOOP_SIZE: String(facts.size),
    SCOOP_PROGRAM: facts.program,
    SCOOP_HOST: facts.host ?? "",
    SCOOP_VERBOSITY: String(facts.verbosity),
    SCOOP_DEBUG: facts.debug ? "1" : "0",
    SCOOP_LOG: facts.log ?? "",
    SCOOP_SHARED: facts.shared ?? "",
    SCOOP_FOR_DENO: facts.forDeno ?? "",
    SCOOP_RESUME: process.origin ? facts.resume ?? "" : "",
    SCOOP_MAX_MEMORY: String(facts.maxMemory ?? ""),
    SCOOP_MAX_TASKS: String(facts.maxTasks ?? ""),
  };
}
