/**
 * Processes that are measured: started, waited for, and never left behind.
 *
 * @module
 */

import type { Answer, Measured } from "./workload.ts";

/** What to start. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What a process printed, and when it ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Seconds from its start to its end. */
  readonly elapsed: number;
}

/** Milliseconds that a process has to end by itself after SIGTERM. */
const TERMINATE = 3_000;
/** Characters of stderr that a failure shows. */
const SHOWN = 300;

/** A process took longer than it may. */
export class TooLong extends Error {
  /** @param seconds how long it was waited for */
  constructor(readonly seconds: number) {
    super(`took longer than ${seconds} s`);
  }
}

/** Ends what runs now, for a bench that is interrupted. */
let endCurrent: (() => Promise<void>) | undefined;

/** Ends the process that is being measured, if there is one. */
export async function endRunning(): Promise<void> {
  await endCurrent?.();
}

/**
 * Runs a command to its end.
 *
 * @throws {Deno.errors.NotFound} when there is no such command
 * @throws {TooLong} when it takes more than `timeout` milliseconds; it has ended then
 */
export async function run(command: Command, timeout: number): Promise<Ended> {
  const windows = Deno.build.os === "windows";
  const start = performance.now();
  const child = new Deno.Command(command.command, {
    args: [...command.args],
    env: { NO_COLOR: "1", ...command.env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    // The head of a group of its own, so that whatever it started can be ended with it.
    detached: !windows,
  }).spawn();
  const kill = (signal: Deno.Signal) => {
    try {
      Deno.kill(windows ? child.pid : -child.pid, signal);
    } catch {
      // Nothing of it is left.
    }
  };
  const ended = child.status.then((status) => {
    const elapsed = (performance.now() - start) / 1000;
    // Workers that a peer did not end.
    if (!windows) kill("SIGKILL");
    return { code: status.code, elapsed };
  });
  const end = async () => {
    kill("SIGTERM");
    const timer = setTimeout(() => kill("SIGKILL"), TERMINATE);
    await ended;
    clearTimeout(timer);
  };
  endCurrent = end;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end();
  }, timeout);
  try {
    const [{ code, elapsed }, stdout, stderr] = await Promise.all([
      ended,
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    if (late) throw new TooLong(timeout / 1000);
    return { code, elapsed, stdout, stderr };
  } finally {
    clearTimeout(timer);
    endCurrent = undefined;
  }
}

/**
 * Runs a contestant's process and reads the answer on the last line it printed.
 *
 * @throws {TooLong} when it takes more than `timeout` milliseconds
 * @throws {Error} when it fails, or prints no answer
 */
export async function measure(command: Command, timeout: number): Promise<Measured> {
  const { code, stdout, stderr, elapsed } = await run(command, timeout);
  if (code !== 0) throw new Error(`exit code ${code}: ${shorten(stderr)}`);
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  let answer: Answer;
  try {
    answer = JSON.parse(last);
  } catch {
    throw new Error(`no answer, but ${JSON.stringify(shorten(last))}`);
  }
  return { ...answer, elapsed };
}

/** The first line that tells an error, or else how the text ends. */
function shorten(text: string): string {
  const error = /^.*\b\w*Error: .*$/m.exec(text)?.[0];
  const one = (error ?? text).trim().replaceAll(/\s+/g, " ");
  return one.length > SHOWN ? `…${one.slice(-SHOWN)}` : one;
}
