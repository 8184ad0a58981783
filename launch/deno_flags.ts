/**
 * Deno's own flags, beside those on permissions, that the command takes and passes on to the origin
 * and the workers, here and on other hosts.
 *
 * @module
 */

/** What the user gave of them. */
export interface DenoFlags {
  /** Files of environment variables, as the user named them or as absolute paths. */
  readonly envFiles: readonly string[];
  /** V8's flags, with their dashes. */
  readonly v8Flags: readonly string[];
  /** Bytes that V8's heap may take. */
  readonly heap?: number;
  /** The names of features that Deno calls unstable, for example "kv". */
  readonly unstable: readonly string[];
  /** What is type-checked before the program runs: its own modules, or all; undefined for none. */
  readonly check: "own" | "all" | undefined;
  /** Whether a lock file that is out of date is an error; undefined for what deno.json says. */
  readonly frozen: boolean | undefined;
  /** Whether nothing may be downloaded. */
  readonly cachedOnly: boolean;
  readonly inspect: readonly Inspected[];
}

/** Without any. */
export const NO_DENO_FLAGS: DenoFlags = {
  envFiles: [],
  v8Flags: [],
  unstable: [],
  check: undefined,
  frozen: undefined,
  cachedOnly: false,
  inspect: [],
};

/** A process that a debugger can connect to. */
export interface Inspected {
  readonly flag: InspectFlag;
  /** "origin", "worker-1", … */
  readonly worker: string;
  /** Where it listens for the debugger, on its host. */
  readonly host: string;
  /** 0 for any. */
  readonly port: number;
}

/** Without dashes; they differ in what they wait for. */
export type InspectFlag = "inspect" | "inspect-brk" | "inspect-wait";

/** All of {@link InspectFlag}. */
export const INSPECT_FLAGS: readonly InspectFlag[] = ["inspect", "inspect-brk", "inspect-wait"];

/** What Deno 2.9 takes after `--unstable-`; what another version takes is passed on as well. */
export const UNSTABLE: readonly string[] = [
  "bare-node-builtins",
  "broadcast-channel",
  "bundle",
  "byonm",
  "cron",
  "detect-cjs",
  "ffi",
  "fs",
  "http",
  "kv",
  "lazy-dynamic-imports",
  "lockfile-v5",
  "net",
  "no-legacy-abort",
  "node-globals",
  "npm-lazy-caching",
  "otel",
  "process",
  "raw-imports",
  "sloppy-imports",
  "subdomain-wildcards",
  "temporal",
  "tsgo",
  "unsafe-proto",
  "vsock",
  "webgpu",
  "worker-options",
];

/** The feature that an argument such as `--unstable-kv` names, if it is one. */
export function unstableFeature(arg: string): string | undefined {
  return /^--unstable-([a-z][a-z0-9-]*)$/.exec(arg)?.[1];
}

const WORKER = /^(origin|worker-[1-9]\d*)(?:@|$)/;
const ADDRESS = /^(?:(\[[\da-f:.]+\]|[\w.-]+)?:)?(\d{1,5})$/i;
const HOST = /^(?:localhost|\d+\.\d+\.\d+\.\d+|\[[\da-f:.]+\])$/i;

/** The port of the origin's debugger unless another is named; worker-1 has the next, and so on. */
const INSPECT_PORT = 9229;

/**
 * Reads the value of an inspect flag: `[worker@][host:][port]`, or a worker alone.
 *
 * @param text empty for the flag alone, which means the origin
 * @returns undefined when it makes no sense
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { readInspected } from "./deno_flags.ts";
 * assert.deepEqual(readInspected("inspect", "worker-2@:9000"), {
 *   flag: "inspect",
 *   worker: "worker-2",
 *   host: "127.0.0.1",
 *   port: 9000,
 * });
 * assert.equal(readInspected("inspect", "worker-2")?.port, 9231);
 * ```
 */
export function readInspected(flag: InspectFlag, text: string): Inspected | undefined {
  const [head, worker = "origin"] = WORKER.exec(text) ?? [""];
  const address = text.slice(head.length);
  if (head.endsWith("@") && address === "") return undefined;
  const number = worker === "origin" ? 0 : Number(worker.slice("worker-".length));
  const usual = { flag, worker, host: "127.0.0.1", port: INSPECT_PORT + number };
  if (usual.port > 65_535 && !address.includes(":")) usual.port = 0;
  if (address === "") return usual;
  if (HOST.test(address)) return { ...usual, host: address };
  const [, host = usual.host, port] = ADDRESS.exec(address) ?? [];
  if (port === undefined || Number(port) > 65_535) return undefined;
  return { ...usual, host, port: Number(port) };
}

/**
 * The flags as they were given, for a message; those that a program without Deno cannot heed.
 *
 * @returns names with their dashes
 */
export function namesOf(flags: DenoFlags): string[] {
  return [
    ...(flags.envFiles.length > 0 ? ["--env-file"] : []),
    ...(flags.v8Flags.length > 0 ? ["--v8-flags"] : []),
    ...(flags.heap === undefined ? [] : ["--heap"]),
    ...flags.unstable.map((feature) => `--unstable-${feature}`),
    ...(flags.check === undefined ? [] : ["--check"]),
    ...(flags.frozen === undefined ? [] : ["--frozen"]),
    ...(flags.cachedOnly ? ["--cached-only"] : []),
    ...new Set(flags.inspect.map(({ flag }) => `--${flag}`)),
  ];
}

/**
 * What `deno run` is given for the origin and every worker.
 *
 * @param place where a file of this host is on the host in question
 */
export function runFlags(flags: DenoFlags, place: (path: string) => string): string[] {
  const { heap, v8Flags } = flags;
  const v8 = heap === undefined
    ? v8Flags
    : [...v8Flags, `--max-old-space-size=${Math.floor(heap / 1024 ** 2)}`];
  return [
    ...flags.unstable.map((feature) => `--unstable-${feature}`),
    ...(v8.length > 0 ? [`--v8-flags=${v8.join(",")}`] : []),
    ...flags.envFiles.map((path) => `--env-file=${place(path)}`),
    ...(flags.cachedOnly ? ["--cached-only"] : []),
  ];
}

/** What matters for finding modules, of what `deno info` takes. */
export function findingFlags({ unstable }: DenoFlags): string[] {
  return unstable.map((feature) => `--unstable-${feature}`);
}

/**
 * What `deno run` is given for one process alone.
 *
 * @param name of the process; a replacement, worker-1.2, is inspected where the lost one was
 */
export function inspectFlags({ inspect }: DenoFlags, name: string): string[] {
  return inspect.filter(({ worker }) => worker === name.replace(/\.\d+$/, ""))
    .map(({ flag, host, port }) => `--${flag}=${host}:${port}`);
}
