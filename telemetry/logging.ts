/**
 * Our log. Library code logs through {@link getLogger} and stays silent until a program configures
 * LogTape; the command does so with {@link configureLogging}.
 *
 * @module
 */

import {
  configureSync,
  getLogger as getLogTapeLogger,
  type Logger,
  type LogLevel,
  type LogRecord,
} from "npm:@logtape/logtape@^2.4.0";

export type { Logger };

/** The category all of ours lie under, for a program that wants to see or silence them. */
const ROOT = "scoop";

/** A logger of ours; `getLogger("broker")` has the category `["scoop", "broker"]`. */
export function getLogger(category: string | readonly string[]): Logger {
  return getLogTapeLogger([ROOT, ...(typeof category === "string" ? [category] : category)]);
}

/** What to log, and where. */
export interface LoggingOptions {
  /** Below 0 nothing, 0 warnings and errors, 1 information as well, 2 and above everything. */
  verbosity: number;
  /** The file to add to instead of writing to stderr. */
  file?: string;
  /** Who is speaking, when it is not the command itself; for example "worker-1". */
  name?: string;
  /** Takes the finished lines, newline included, instead of stderr or a file. */
  write?(line: string): void;
}

const LEVELS: readonly LogLevel[] = ["warning", "info", "debug"];

/**
 * Makes our log visible, one line a record: `scoop: …`, or `scoop worker-1: …` with a name. It
 * replaces any other configuration of LogTape in this process, so it is for the command, and for
 * workers that were asked to be verbose; never for a process that just uses the library.
 *
 * @throws {Error} when `file` cannot be opened; the error is Deno's own
 */
export function configureLogging(options: LoggingOptions): void {
  const write = options.write ?? lineWriter(options.file);
  const head = options.name === undefined ? "scoop" : `scoop ${options.name}`;
  const level = LEVELS[Math.min(options.verbosity, LEVELS.length - 1)] ?? null;
  configureSync({
    reset: true,
    sinks: { lines: (record) => write(`${head}: ${textOf(record)}\n`) },
    loggers: [
      { category: ROOT, lowestLevel: level, sinks: level === null ? [] : ["lines"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["lines"] },
    ],
  });
}

/** The record's message on one line; an error tells its own message. */
function textOf(record: LogRecord): string {
  const parts = record.message.map((part, i) => {
    if (i % 2 === 0) return String(part);
    return part instanceof Error ? part.message : typeof part === "string" ? part : inspect(part);
  });
  return parts.join("").trimEnd().replaceAll(/\s*\n\s*/g, " | ");
}

function inspect(value: unknown): string {
  return Deno.inspect(value, { breakLength: Infinity });
}

/** Writes lines to a file or to stderr; to stderr as well from when the file takes no more. */
function lineWriter(file: string | undefined): (line: string) => void {
  const encoder = new TextEncoder();
  const write = (target: { writeSync(bytes: Uint8Array): number }, line: string) => {
    const bytes = encoder.encode(line);
    for (let done = 0; done < bytes.length;) done += target.writeSync(bytes.subarray(done));
  };
  if (file === undefined) return (line) => write(Deno.stderr, line);
  let target: { writeSync(bytes: Uint8Array): number } = Deno.openSync(file, {
    append: true,
    create: true,
  });
  return (line) => {
    try {
      write(target, line);
    } catch (error) {
      if (target === Deno.stderr) throw error;
      target = Deno.stderr;
      const { message } = error as Error;
      write(target, `scoop: cannot write to ${file}: ${message}; the rest goes here\n${line}`);
    }
  };
}
