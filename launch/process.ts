/**
 * One process of the run: started, its output passed on, and ended.
 *
 * @module
 */

import { forwardLines } from "./output.ts";
import type { LineOptions, Output } from "./output.ts";

/** What to start. */
export interface ProcessSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the launcher's own environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: "inherit" | "null";
  /** Niceness, -20 to 19; unix only. */
  readonly nice?: number | undefined;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly lines: LineOptions;
}

/** A process that was started. */
export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  /** `performance.now()` when it was started. */
  readonly since: number;
  /** How it ended, as soon as it has. */
  readonly exited: Promise<Deno.CommandStatus>;
  /** Fulfilled when it has ended and all it printed was handed over. */
  readonly drained: Promise<void>;
  /** True until it has ended. */
  alive(): boolean;
  /** Sends a signal to it and to what it started itself; nothing happens if it has ended. */
  kill(signal: Deno.Signal): void;
}

/**
 * Starts a process in a session of its own. So a Ctrl-C in the terminal reaches the launcher only,
 * which passes it on once and to whom it wants (measured: such a process can still read from the
 * terminal).
 *
 * @throws {Deno.errors.NotFound} when there is no such command
 */
export function startProcess(spec: ProcessSpec): RunningProcess {
  const since = performance.now();
  const niced = spec.nice !== undefined;
  const child = new Deno.Command(niced ? "nice" : spec.command, {
    args: niced ? ["-n", String(spec.nice), spec.command, ...spec.args] : [...spec.args],
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
  return {
    name: spec.name,
    pid: child.pid,
    since,
    exited,
    drained,
    alive: () => alive,
    kill: (signal) => void (alive && killGroup(child.pid, signal)),
  };
}

function killGroup(pid: number, signal: Deno.Signal): void {
  // The group first; the process alone while it has not become the head of one, or on Windows.
  for (const target of Deno.build.os === "windows" ? [pid] : [-pid, pid]) {
    try {
      return Deno.kill(target, signal);
    } catch {
      // No such group, or it has ended between two lines of ours.
    }
  }
}

/** How a process ended, in words: "exit code 1", "signal SIGKILL". */
export function describeExit(status: Deno.CommandStatus): string {
  return status.signal ? `signal ${status.signal}` : `exit code ${status.code}`;
}

/**
 * Waits for processes to end, and sees to it that they do.
 *
 * @param leave milliseconds they have to end by themselves
 * @param terminate milliseconds they have after SIGTERM, and again after SIGKILL
 */
export async function endAll(
  processes: readonly RunningProcess[],
  leave: number,
  terminate: number,
): Promise<void> {
  const ended = Promise.all(processes.map((process) => process.exited));
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
