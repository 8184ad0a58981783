/**
 * The places of a run: its hosts, each with what its processes need to be started there.
 *
 * @module
 */

import { resolve } from "node:path";
import { startProcess } from "./process.ts";
import type { LocalProcess, ProcessSpec, RunningProcess } from "./process.ts";
import { afterProlog } from "./prolog.ts";
import type { Reaper } from "./reaper.ts";
import { flagsHere } from "./setup.ts";
import type { Setup } from "./setup.ts";

/** This host, as it reaches itself. */
export const HERE = "127.0.0.1";

/** What the processes of one host are started with. */
export interface Equipment {
  /** URLs of modules, as they are there. */
  readonly program: string;
  readonly worker: string;
  readonly broker: string;
  /** Flags for the origin and for workers. */
  readonly flags: { readonly origin: readonly string[]; readonly worker: readonly string[] };
  /** Flags for a broker, beside its permissions. */
  readonly brokerFlags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** See {@link ProcessSpec.defaults}. */
  readonly defaults?: Readonly<Record<string, string>>;
}

/** A host on which processes can be started. */
export interface Place {
  readonly host: string;
  readonly here: boolean;
  /** What it calls itself; empty if that is not known. */
  readonly hostname: string;
  readonly equipment: Equipment;
  /** The name or address by which it reaches the launcher's host. */
  readonly launcherHost: string;
  /** The name or address by which others reach it. */
  readonly ownHost: string;
  /** Ports there that lead to addresses of the launcher's host, "127.0.0.1:5555". */
  readonly ports: ReadonlyMap<string, number>;
  /** @throws {Error} when the host is lost */
  start(spec: ProcessSpec): RunningProcess;
  /** The launcher will be silent for a while. */
  pause(): void;
  /** Ends all that is there, and the way to it; it has so many milliseconds for that. */
  close(within: number): Promise<void>;
}

/** What the log calls a host. */
export function hostOf({ hostname, host }: Pick<Place, "hostname" | "host">): string {
  return hostname || host;
}

/** The modules that processes of ours are started from. */
export function modulesOf({ library }: Setup) {
  return {
    worker: `${library}worker/main.ts`,
    broker: `${library}broker/main.ts`,
    agent: `${library}launch/agent.ts`,
  };
}

/**
 * This host.
 *
 * @param onStart told of each process as soon as there is one
 */
export function placeHere(
  setup: Setup,
  host: string,
  reaper: Reaper,
  onStart: (process: LocalProcess) => void = () => {},
): Place {
  const { deno, self, options, program } = setup;
  const prolog = options.prolog && resolve(options.prolog);
  const wrap = prolog ? (words: readonly string[]) => afterProlog(words, prolog) : undefined;
  return {
    host,
    here: true,
    hostname: mayKnowName() ? Deno.hostname() : "",
    equipment: {
      program: program.url,
      worker: modulesOf(setup).worker,
      broker: modulesOf(setup).broker,
      flags: self === undefined ? flagsHere(setup) : { origin: [], worker: [] },
      brokerFlags: ["--no-config", "--no-lock"],
      env: {},
    },
    start(spec) {
      const process = startProcess(spec, self ?? [deno], wrap);
      reaper.watch(process.pid);
      process.swept.then(() => reaper.forget(process.pid));
      onStart(process);
      return process;
    },
    launcherHost: HERE,
    ownHost: HERE,
    ports: new Map(),
    pause() {},
    close: () => Promise.resolve(),
  };
}

/** An Executor's program may not. */
function mayKnowName(): boolean {
  return Deno.permissions.querySync({ name: "sys", kind: "hostname" }).state === "granted";
}
