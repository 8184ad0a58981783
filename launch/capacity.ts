/**
 * Whether a host has room for so many workers: its memory, and what its system allows a process to
 * open and a user to start. Told before anything starts, since otherwise the first that fails is
 * whatever happened to come last.
 *
 * Only what is certain to be needed counts, so what passes may still be too much for a program that
 * needs a lot itself.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import { UsageError } from "./usage_error.ts";

/** What is left of a host; undefined where nobody knows, or nothing is the limit. */
export interface Room {
  /** Bytes, swap among them. */
  readonly memory: number | undefined;
  /** Files that the process which starts the others may have open. */
  readonly files: number | undefined;
  /** Processes and threads. */
  readonly threads: number | undefined;
  readonly processors: number;
}

/** What a run needs of a host. */
export interface Need {
  /** Workers there. */
  readonly workers: number;
  /** Those, wherever they are, that connect to a broker in the process which starts the others. */
  readonly connected: number;
  /** Further brokers, and connections to other hosts, of that process. */
  readonly others: number;
}

/**
 * What is missing.
 *
 * @param whose for the message: "this machine", "it"
 * @returns one line that says what is needed and what is there; undefined when all is well
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { shortage } from "./capacity.ts";
 * const room = { memory: 1e9, files: undefined, threads: undefined, processors: 2 };
 * const need = { workers: 1000, connected: 1000, others: 0 };
 * assert.match(shortage(need, room, "it")!, /^1,000 workers are too many for it: 32 GB of memory/);
 * ```
 */
export function shortage(need: Need, room: Room, whose: string): string | undefined {
  const wanted = amounts(need, room.processors);
  const missing: string[] = [];
  if (wanted.memory > (room.memory ?? Infinity)) {
    missing.push(`${bytes(wanted.memory)} of memory, of which ${bytes(room.memory!)} are free`);
  }
  if (wanted.files > (room.files ?? Infinity)) {
    missing.push(`${count(wanted.files)} open files, and the limit is ${count(room.files!)}`);
  }
  if (wanted.threads > (room.threads ?? Infinity)) {
    missing.push(
      `${count(wanted.threads)} threads, of which ${count(room.threads!)} may be started`,
    );
  }
  if (missing.length === 0) return undefined;
  const most = mostWorkers(need, room);
  const advice = most > 0 ? `at most ${count(most)} fit` : "not even one fits";
  return `${count(need.workers)} ${need.workers === 1 ? "worker is" : "workers are"} too many ` +
    `for ${whose}: ${missing.join("; ")}; ${advice}`;
}

function amounts({ workers, connected, others }: Need, processors: number) {
  return {
    memory: workers * LIMITS.workerBytes,
    files: LIMITS.launcherFiles + workers * LIMITS.startedFiles +
      connected * LIMITS.connectedFiles + others * LIMITS.otherFiles,
    // V8 has a thread for each further processor, 16 at most.
    threads: workers * (LIMITS.workerThreads + Math.min(Math.max(processors - 1, 1), 16)),
  };
}

/** How many workers fit where all else stays as it is. */
function mostWorkers(need: Need, room: Room): number {
  const elsewhere = need.connected === 0 ? 0 : Math.max(0, need.connected - need.workers);
  const fits = (workers: number) => {
    const connected = need.connected === 0 ? 0 : workers + elsewhere;
    const wanted = amounts({ ...need, workers, connected }, room.processors);
    return wanted.memory <= (room.memory ?? Infinity) && wanted.files <= (room.files ?? Infinity) &&
      wanted.threads <= (room.threads ?? Infinity);
  };
  let [least, most] = [0, need.workers];
  while (most - least > 1) {
    const middle = Math.floor((least + most) / 2);
    if (fits(middle)) least = middle;
    else most = middle;
  }
  return least;
}

/**
 * Refuses a run that this host has no room for.
 *
 * @throws {UsageError} with what {@link shortage} says
 */
export function checkRoomHere(need: Need, room: Room = roomHere()): void {
  const line = shortage(need, room, "this machine");
  if (line !== undefined) throw new UsageError(line);
}

/** What is left of this host, as far as its system says so. */
export function roomHere(): Room {
  const processors = navigator.hardwareConcurrency;
  const unknown = { memory: undefined, files: undefined, threads: undefined, processors };
  // Deno lets only those look who may do everything, and would ask others in the terminal.
  if (Deno.build.os !== "linux" || !mayDoEverything()) return unknown;
  const limits = read("/proc/self/limits");
  const groups = controlGroups();
  return {
    memory: least([
      systemMemory(),
      ...groups.map(({ kind, folder }) => kind === "memory" ? groupMemory(folder) : undefined),
    ]),
    files: number(/^Max open files +(\d+)/m.exec(limits)?.[1]),
    threads: least([
      systemThreads(),
      userThreads(number(/^Max processes +(\d+)/m.exec(limits)?.[1])),
      ...groups.map(({ kind, folder }) => kind === "pids" ? groupThreads(folder) : undefined),
    ]),
    processors,
  };
}

function mayDoEverything(): boolean {
  const names = ["read", "write", "net", "env", "run", "ffi", "sys"] as const;
  return names.every((name) => Deno.permissions.querySync({ name }).state === "granted");
}

function systemMemory(): number | undefined {
  const text = read("/proc/meminfo");
  const [free, swap] = ["MemAvailable", "SwapFree"].map((name) =>
    number(new RegExp(`^${name}: +(\\d+) kB`, "m").exec(text)?.[1])
  );
  return free === undefined ? undefined : (free + (swap ?? 0)) * 1024;
}

/** Of the whole system, or of what a container takes for it. */
function systemThreads(): number | undefined {
  const most = least(
    ["pid_max", "threads-max"].map((name) => number(read(`/proc/sys/kernel/${name}`))),
  );
  const used = number(/^\S+ \S+ \S+ \d+\/(\d+)/.exec(read("/proc/loadavg"))?.[1]);
  return most === undefined ? undefined : Math.max(0, most - (used ?? 0));
}

/** Of this user, whom the limit counts with all that is theirs. It does not hold for root. */
function userThreads(limit: number | undefined): number | undefined {
  const own = uidOf("self");
  if (limit === undefined || own === undefined || own === "0") return undefined;
  let used = 0;
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name) || uidOf(name) !== own) continue;
    used += number(/^Threads:\s+(\d+)/m.exec(read(`/proc/${name}/status`))?.[1]) ?? 0;
  }
  return Math.max(0, limit - used);
}

function uidOf(process: string): string | undefined {
  return /^Uid:\s+(\d+)/m.exec(read(`/proc/${process}/status`))?.[1];
}

/** A folder that tells of a control group this process is in. */
interface ControlGroup {
  readonly kind: "memory" | "pids";
  readonly folder: string;
}

/** The groups from the innermost out, whether each kind has its own or all are in one. */
function controlGroups(): ControlGroup[] {
  const found: ControlGroup[] = [];
  for (const line of read("/proc/self/cgroup").split("\n")) {
    const [, kinds, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    for (const kind of ["memory", "pids"] as const) {
      if (kinds !== "" && !kinds!.split(",").includes(kind)) continue;
      const top = kinds === "" ? "/sys/fs/cgroup" : `/sys/fs/cgroup/${kind}`;
      let inside = path;
      while (inside !== "") {
        found.push({ kind, folder: `${top}${inside}` });
        inside = inside === "/" ? "" : inside.slice(0, inside.lastIndexOf("/")) || "/";
      }
    }
  }
  return found;
}

/** What a control group has left, which is more than it says: files that were read can go. */
function groupMemory(folder: string): number | undefined {
  const limit = number(read(`${folder}/memory.max`)) ??
    number(read(`${folder}/memory.limit_in_bytes`));
  const used = number(read(`${folder}/memory.current`)) ??
    number(read(`${folder}/memory.usage_in_bytes`));
  if (limit === undefined || used === undefined) return undefined;
  const files = [...read(`${folder}/memory.stat`).matchAll(/^(?:in)?active_file (\d+)$/gm)];
  const kept = files.reduce((sum, [, size]) => sum + Number(size), 0);
  return Math.max(0, limit - Math.max(0, used - kept));
}

function groupThreads(folder: string): number | undefined {
  const limit = number(read(`${folder}/pids.max`));
  if (limit === undefined) return undefined;
  return Math.max(0, limit - (number(read(`${folder}/pids.current`)) ?? 0));
}

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    // Another system's, or a process that has ended.
    return "";
  }
}

/** A text such as "max" or "unlimited" is no number, nor is what old systems say in its place. */
function number(text: string | undefined): number | undefined {
  const value = /^\d+$/.test(text?.trim() ?? "") ? Number(text) : NaN;
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

function least(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function count(value: number): string {
  return value.toLocaleString("en");
}

/** "3.2 TB": two digits are enough to know what is meant. */
function bytes(value: number): string {
  const units = ["kB", "MB", "GB", "TB", "PB"];
  let size = value / 1000;
  while (size >= 1000 && units.length > 1) {
    size /= 1000;
    units.shift();
  }
  return `${size < 10 ? size.toFixed(1) : count(Math.round(size))} ${units[0]}`;
}
