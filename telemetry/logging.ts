/**
 * Our log, and that of programs. Library code logs through {@link getLogger} and stays silent until
 * a program configures LogTape; the command and brokers do so with {@link configureLogging}. In the
 * processes of programs {@link showLog} makes it visible without configuring LogTape, which is the
 * program's to do.
 *
 * @module
 */

import {
  configureSync,
  getConfig,
  getJsonLinesFormatter,
  getLogger as getLogTapeLogger,
  lazy,
  type Logger,
  type LogLevel,
  type LogRecord,
  type Sink,
} from "npm:@logtape/logtape@^2.4.0";
import { shortLine, taskLabel } from "./log_entry.ts";
import type { LogEntry, TaskName } from "./log_entry.ts";

export type { Logger };

/** The category all of ours lie under, for a program that wants to see or silence them. */
const ROOT = "scoop";

/** One level of a {@link ProgramLogger}. */
export interface LogMethod {
  /** Logs a text; `{name}` in it stands for the property of that name. */
  (message: string, properties?: Record<string, unknown>): void;
  /** The same as a template: logger.info`read ${rows} rows`. */
  (message: TemplateStringsArray, ...values: readonly unknown[]): void;
}

/** What programs see of LogTape's logger, by level from the least to the most severe. */
export interface ProgramLogger {
  /** For whoever follows each step. */
  readonly trace: LogMethod;
  /** For whoever looks for a fault. */
  readonly debug: LogMethod;
  /** What happens, as it should. */
  readonly info: LogMethod;
  /** What somebody should look at. */
  readonly warn: LogMethod;
  /** The same as {@link ProgramLogger.warn}. */
  readonly warning: LogMethod;
  /** What has failed. */
  readonly error: LogMethod;
  /** What ends the program. */
  readonly fatal: LogMethod;
  /** A logger of a category below this one's, for a part of the program. */
  getChild(category: string): ProgramLogger;
  /** A logger whose records have these properties as well. */
  with(properties: Record<string, unknown>): ProgramLogger;
}

/** A logger of ours; `getLogger("broker")` has the category `["scoop", "broker"]`. */
export function getLogger(category: string | readonly string[]): Logger {
  return getLogTapeLogger([ROOT, ...(typeof category === "string" ? [category] : category)]);
}

/**
 * The logger of programs. Its records have a property `task`, such as "square#17", when a task logs
 * them.
 *
 * @param currentTask the task whose code runs
 */
export function programLogger(currentTask: () => TaskName | undefined): ProgramLogger {
  const task = lazy(() => {
    const now = currentTask();
    return now && taskLabel(now);
  });
  return getLogger("program").with({ task });
}

/** What to log, and where. */
export interface LoggingOptions {
  /** Below 0 nothing, 0 warnings and errors, 1 information as well, 2 and above everything. */
  verbosity: number;
  /** Who is speaking, when it is not the command itself; for example "worker-1". */
  name?: string;
  /** Takes the finished lines, newline included, instead of stderr. */
  write?(line: string): void;
  /** Takes what is logged as it is, instead of lines. */
  take?(entry: LogEntry): void;
}

const LEVELS: readonly LogLevel[] = ["warning", "info", "debug"];

/**
 * Makes our log visible, one line a record: `scoop: …`, or `scoop worker-1: …` with a name. It
 * replaces any other configuration of LogTape in this process, so it is for the command and for
 * brokers; never for a process that just uses the library.
 */
export function configureLogging(options: LoggingOptions): void {
  const { name, write = (line) => writeWhole(Deno.stderr, line) } = options;
  const take = options.take ?? ((entry) => write(`${shortLine(entry, name)}\n`));
  const level = levelOf(options.verbosity);
  configureSync({
    reset: true,
    sinks: { lines: (record) => take(entryOf(record)) },
    loggers: [
      { category: ROOT, lowestLevel: level, sinks: level === null ? [] : ["lines"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["lines"] },
    ],
  });
}

function levelOf(verbosity: number): LogLevel | null {
  return LEVELS[Math.min(verbosity, LEVELS.length - 1)] ?? null;
}

/** How {@link showLog} shows it. */
export interface ShowOptions {
  /** As for {@link LoggingOptions.verbosity}; below 0 still the errors that programs log. */
  verbosity: number;
  take(entry: LogEntry): void;
  /** The task whose code runs. */
  currentTask(): TaskName | undefined;
}

/** What LogTape's loggers have, though their type does not say so. */
type Sinks = Logger & { readonly sinks: Sink[]; lowestLevel: LogLevel | null };

/** LogTape itself forgets loggers that nobody holds. */
const held: Logger[] = [];

/**
 * Makes our log, and that of the program, visible in a process in which the program may configure
 * LogTape itself: then it has taken over, and nothing of this is left. So LogTape is not configured,
 * which it takes only once; the sink is put where its configurations put theirs, and where they
 * clear away what they find. Nothing happens where it is configured already.
 */
export function showLog({ verbosity, take, currentTask }: ShowOptions): void {
  const logger = getLogTapeLogger(ROOT) as Sinks;
  if (getConfig() !== null || logger.sinks.length > 0) return;
  held.push(logger);
  logger.lowestLevel = levelOf(verbosity) ?? "error";
  logger.sinks.push((record) => {
    if (verbosity < 0 && record.category[1] !== "program") return;
    const task = currentTask();
    const { task: named, ...properties } = record.properties;
    const isOwn = named === undefined || (task !== undefined && named === taskLabel(task));
    take({ ...entryOf(isOwn ? { ...record, message: record.message, properties } : record), task });
  });
}

/** What can be kept of a record. */
function entryOf(record: LogRecord): LogEntry {
  return {
    time: record.timestamp,
    level: record.level,
    source: record.category.join("."),
    text: textOf(record),
    ...propertiesOf(record),
  };
}

/** LogTape knows what JSON does not: errors, bigints, circles. */
const inJson = getJsonLinesFormatter({ message: "template", properties: "nest:properties" });

function propertiesOf(record: LogRecord): Pick<LogEntry, "properties"> {
  if (Object.keys(record.properties).length === 0) return {};
  try {
    return { properties: JSON.parse(inJson(record)).properties };
  } catch {
    // A getter of the program's that throws, for example; the text is there all the same.
    return {};
  }
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

/** Writes a text in one piece, if that can be written at all: nobody could be told. */
export function writeWhole(
  target: { writeSync(bytes: Uint8Array): number },
  text: string,
): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let done = 0; done < bytes.length;) done += target.writeSync(bytes.subarray(done));
  } catch {
    // Its reader has gone.
  }
}
