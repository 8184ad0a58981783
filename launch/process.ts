/**
 * One process of the run: started, its output passed on, and ended.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import { setTimeout } from "../wire/timers.ts";
import { howEnded } from "../wire/worker_lost.ts";
import { onlyChanges, watchProcess } from "./memory_watch.ts";
import { forwardLines } from "./output.ts";
import type { LineOptions, Output } from "./output.ts";

/** What to start: Deno with some arguments. */
export interface ProcessSpec {
  readonly name: string;
  /** What comes after `deno`. */
  readonly args: readonly string[];
  /** Added to the environment that is there. */
  readonly env: Readonly<Record<string, string>>;
  /** Those of these that a host does not set itself are added too; for other hosts. */
  readonly defaults?: Readonly<Record<string, string>> | undefined;
  /** "inherit" for the launcher's own, "piped" for what is given to {@link RunningProcess.tell}. */
  readonly stdin: "inherit" | "piped" | "null";
  /** Niceness, -20 to 19; unix only. */
  readonly nice?: number | undefined;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly lines: LineOptions;
  /** Somebody wants to know how much memory it uses. */
  readonly memory?: MemorySpec | undefined;
}

/** See {@link ProcessSpec.memory}. */
export interface MemorySpec {
  /** Bytes that it may use; small changes below that are not told. */
  readonly limit: number;
  /** Told in bytes, again and again. */
  tell(bytes: number): void;
}

/** How a process ended. */
export interface Exit {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  /** Why nobody knows more, when its host was lost. */
  readonly reason?: string;
  /** Whether it has ended with its host, or with the way to it. */
  readonly away?: boolean;
}

/** A process that was started, here or on another host. */
export interface RunningProcess {
  readonly name: string;
  /** Its number, if it is on this host. */
  readonly pid?: number;
  /** `performance.now()` when it was started. */
  readonly since: number;
  /** How it ended, as soon as it has. */
  readonly exited: Promise<Exit>;
  /** Fulfilled when it has ended and all it printed was handed over. */
  readonly drained: Promise<void>;
  /** Fulfilled when it has ended, and so has what it started itself. */
  readonly swept: Promise<void>;
  /** True until it has ended. */
  alive(): boolean;
  /** Sends a signal to it and to what it started itself; nothing happens when that has ended. */
  kill(signal: Deno.Signal): void;
  /** Writes to its standard input if that is "piped". */
  tell(text: string): void;
}

/** The command line that starts `command` with a niceness. */
export function niced(
  command: readonly string[],
  nice: number | undefined,
): readonly [string, ...string[]] {
  const all = nice === undefined ? command : ["nice", "-n", String(nice), ...command];
  return all as [string, ...string[]];
}

/** A process on this machine. */
export interface LocalProcess extends RunningProcess {
  readonly pid: number;
  /** It does not keep this process alive, nor does what it prints. */
  unref(): void;
}

/**
 * Starts a process in a session of its own. So a Ctrl-C in the terminal reaches the launcher only,
 * which passes it on once and to whom it wants (measured: such a process can still read from the
 * terminal).
 *
 * @param deno the command before `spec.args`, with its own first arguments
 * @param wrap makes another command of the whole one
 * @throws {Deno.errors.NotFound} when there is no such command
 */
export function startProcess(
  spec: ProcessSpec,
  deno: readonly string[],
  wrap: (command: readonly string[]) => readonly string[] = (command) => command,
): LocalProcess {
  const since = performance.now();
  const [command, ...args] = niced(wrap([...deno, ...spec.args]), spec.nice);
  const child = new Deno.Command(command, {
    args,
    env: { ...spec.env },
    stdin: spec.stdin,
    stdout: "piped",
    stderr: "piped",
    detached: Deno.build.os !== "windows",
  }).spawn();
  let alive = true;
  const exited = child.status.then((status) => {
    alive = false;
    return status;
  });
  const drained = Promise.all([
    forwardLines(child.stdout, spec.stdout, spec.lines, exited),
    forwardLines(child.stderr, spec.stderr, spec.lines, exited),
    exited,
  ]).then(() => {});
  if (spec.memory !== undefined) {
    watchProcess(child.pid, exited, onlyChanges(spec.memory.limit, spec.memory.tell));
  }
  let left = true;
  const swept = exited.then(() => sweepGroup(child.pid)).then(() => void (left = false));
  const writer = spec.stdin === "piped" ? child.stdin.getWriter() : undefined;
  return {
    name: spec.name,
    pid: child.pid,
    since,
    exited,
    drained,
    swept,
    alive: () => alive,
    kill: (signal) => void (left && killGroup(child.pid, signal, alive)),
    // Who does not read any more has ended, and that is told by `exited`.
    tell: (text) => void writer?.write(new TextEncoder().encode(text)).catch(() => {}),
    unref: () => child.unref(),
  };
}

/** Signals that mean something to one process; others, which do not know them, would die of them. */
const FOR_ONE: readonly Deno.Signal[] = ["SIGUSR1", "SIGUSR2"];

/**
 * Sends a signal to a process started in a session of its own, and to those it started.
 *
 * @param alive whether the process itself lives: its number alone may be another's afterwards
 * @returns whether there was anybody to send it to
 */
export function killGroup(pid: number, signal: Deno.Signal, alive = true): boolean {
  // The group first; the process alone while it has not become the head of one, or on Windows.
  const alone = Deno.build.os === "windows" || FOR_ONE.includes(signal);
  const group = alone ? [] : [-pid];
  for (const target of alive ? [...group, pid] : group) {
    try {
      Deno.kill(target, signal);
      return true;
    } catch {
      // No such group, or it has ended between two lines of ours.
    }
  }
  return false;
}

/**
 * Ends what a process has left behind that has just ended by itself: programs that tasks had
 * started. As long as one of them lives, no other process gets the group's number; so the first
 * look, at once, decides whether there is a group.
 */
export async function sweepGroup(pid: number): Promise<void> {
  if (!killGroup(pid, "SIGTERM", false)) return;
  // One that was stopped hears of it only so.
  killGroup(pid, "SIGCONT", false);
  for (let waited = 0; waited < LIMITS.sweepMs; waited += LIMITS.sweepLookMs) {
    await new Promise((resolve) => setTimeout(resolve, LIMITS.sweepLookMs));
    if (!killGroup(pid, "SIGCONT", false)) return;
  }
  killGroup(pid, "SIGKILL", false);
}

/**
 * How a process ended, in words: "exit code 1", "signal SIGKILL".
 *
 * @param words what it wrote last on stderr, if that is known
 */
export function describeExit(exit: Exit, words = ""): string {
  return exit.reason ??
    howEnded(exit.signal ? `signal ${exit.signal}` : `exit code ${exit.code}`, words);
}

/**
 * Waits for processes to end, and for what they started, and sees to it that they do.
 *
 * @param leave milliseconds they have to end by themselves
 * @param terminate milliseconds they have after SIGTERM, and again after SIGKILL
 */
export async function endAll(
  processes: readonly RunningProcess[],
  leave: number,
  terminate: number,
): Promise<void> {
  const ended = Promise.all(processes.map((process) => process.swept));
  if (await within(ended, leave)) return;
  for (const process of processes) process.kill("SIGTERM");
  if (await within(ended, terminate)) return;
  for (const process of processes) process.kill("SIGKILL");
  await within(ended, terminate);
}

/** Waits for a promise so many milliseconds at most; true when it was fulfilled. */
export async function within(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const result = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return result;
}
