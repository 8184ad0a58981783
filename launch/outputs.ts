/**
 * Where the output of a run goes: the command's own streams, or the file of `--log`. What cannot be
 * written there, on a full disk for example, is told once, and fails the run; a reader that has gone
 * away ends it.
 *
 * @module
 */

import type { LogFormat } from "../telemetry/log_entry.ts";
import { createLogFile } from "./log_file.ts";
import type { LogFile, StreamOutputs } from "./log_file.ts";
import { createOutput } from "./output.ts";
import type { Output, Sink } from "./output.ts";
import { reasonOf } from "./program.ts";
import { Screen, stderrTerminal } from "./screen.ts";
import { UsageError } from "./usage_error.ts";

/** The exit code of a run whose output is not complete: EX_IOERR of BSD's sysexits.h. */
export const OUTPUT_LOST = 74;

/** See the module's text. */
export interface Outputs {
  readonly stdout: Output;
  readonly stderr: Output;
  /** The terminal that stderr is, if it is one. */
  readonly screen: Screen | undefined;
  /** Where what a process prints goes; without --log to the same as that of all. */
  outputsOf(process: string, host: string): StreamOutputs;
  /** The file of --log. */
  readonly log: LogFile | undefined;
  /** Tells whoever started the command what has gone wrong; the log has it as well. */
  tell(text: string): void;
  /** Aborted when nobody reads the output any more. */
  readonly readerGone: AbortSignal;
  /** True when something could not be written where it belongs. */
  outputLost(): boolean;
}

/** How they are opened. */
export interface OutputOptions {
  /** The file of `--log`, which is emptied, for both streams. */
  readonly log: string | undefined;
  readonly logFormat: LogFormat;
}

/**
 * Opens them.
 *
 * @throws {UsageError} when it cannot be written to
 */
export function openOutputs({ log, logFormat }: OutputOptions): Outputs {
  const reader = new AbortController();
  let lost = false;
  const own = {
    readerGone: reader.signal,
    outputLost: () => lost,
  };
  // Nobody could be told of it but by the exit code.
  const onStderrBroken = (error: Error) => {
    if (!isReaderGone(error, 2)) lost = true;
    return undefined;
  };
  if (log !== undefined) {
    const file = openLog(log);
    let instead: Sink | undefined = Deno.stderr;
    const output = createOutput(file, (error) => {
      lost = true;
      if (instead === undefined) return undefined;
      say(`cannot write to ${log} (--log): ${reasonOf(error)}; the rest goes to standard error`);
      const sink = instead;
      instead = undefined;
      return sink;
    });
    const place = { process: "launcher", host: ownHost() };
    const logFile = createLogFile(output, logFormat, place);
    const { outputsOf } = logFile;
    const tell = (text: string) => {
      const [time, level, source] = [Date.now(), "error", "scoop.launch"];
      logFile.take({ time, level, source, text: text.replaceAll("\n", " | ") });
      say(text);
    };
    const screen = undefined;
    return {
      ...own,
      screen,
      ...outputsOf(place.process, place.host),
      log: logFile,
      outputsOf,
      tell,
    };
  }
  const terminal = stderrTerminal();
  const screen = terminal && new Screen(terminal);
  const on = (sink: Sink & { isTerminal(): boolean }) =>
    screen !== undefined && sink.isTerminal() ? screen.around(sink) : sink;
  const stderr = createOutput(on(Deno.stderr), onStderrBroken);
  const stdout = createOutput(on(Deno.stdout), (error) => {
    if (isReaderGone(error, 1)) {
      reader.abort();
      return undefined;
    }
    lost = true;
    const text = `${unwritable(error)}; the program goes on, and what it prints there is lost`;
    // Among the lines of all others, of which it must not cut one.
    void stderr.write(new TextEncoder().encode(`scoop: ${text}\n`), reader);
    return undefined;
  });
  const outputs = { stdout, stderr };
  // Not among the lines that show how far the run has come.
  const above = (text: string) =>
    void stderr.write(new TextEncoder().encode(`scoop: ${text}\n`), above);
  const tell = screen === undefined ? say : above;
  return { ...own, screen, ...outputs, log: undefined, outputsOf: () => outputs, tell };
}

/** An Executor's program may not know it. */
function ownHost(): string {
  const { state } = Deno.permissions.querySync({ name: "sys", kind: "hostname" });
  return state === "granted" ? Deno.hostname() : "localhost";
}

function openLog(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { write: true, create: true, truncate: true });
  } catch (error) {
    throw new UsageError(`cannot write to ${path} (--log): ${reasonOf(error)}`);
  }
}

/**
 * True when an error says that nobody reads a stream: a pipe's reader has gone, or a terminal. That
 * is no terminal any more then; but it is no file either.
 *
 * @param descriptor 1 for stdout, 2 for stderr
 */
function isReaderGone(error: Error, descriptor: 1 | 2): boolean {
  if (error instanceof Deno.errors.BrokenPipe) return true;
  const EIO = /\(os error 5\)/;
  return EIO.test(error.message) && !isFile(`/dev/fd/${descriptor}`);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function unwritable(error: Error): string {
  return `cannot write to standard output: ${reasonOf(error)}`;
}

/** Writes a line to stderr. Deno's own way would throw where that cannot be written. */
export function say(text: string): void {
  try {
    console.error(`scoop: ${text}`);
  } catch {
    // There is nobody else to tell.
  }
}

/**
 * Prints a text of the command's own, such as what `--help` asks for.
 *
 * @returns the exit code
 */
export async function print(text: string): Promise<number> {
  let code = 0;
  const stdout = createOutput(Deno.stdout, (error) => {
    if (isReaderGone(error, 1)) return undefined;
    code = OUTPUT_LOST;
    say(unwritable(error));
    return undefined;
  });
  await stdout.write(new TextEncoder().encode(text), print);
  await stdout.flush();
  return code;
}
