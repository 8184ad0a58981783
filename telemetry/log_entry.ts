/**
 * One line of the log: what was logged, or printed, and how it is written to the file of `--log`.
 *
 * @module
 */

/** A task, as its lines name it. */
export interface TaskName {
  /** Its function's name. */
  readonly name: string;
  /** Tasks are numbered as they begin, in each process by itself. */
  readonly number: number;
}

/** How the file of `--log` is written. */
export type LogFormat = "text" | "json";

/** The formats, for whoever asks for one. */
export const LOG_FORMATS: readonly LogFormat[] = ["text", "json"];

/** Something that was logged or printed; the process that did so is known otherwise. */
export interface LogEntry {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** LogTape's, "trace" to "fatal". */
  readonly level: string;
  /** "stdout" or "stderr" for what was printed; for what was logged its category: "scoop.program". */
  readonly source: string;
  /** The task that did so. */
  readonly task?: TaskName | undefined;
  readonly text: string;
  /** What was given with the text; JSON can hold it. */
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** The process that an entry comes from. */
export interface LogPlace {
  readonly host: string;
  /** "launcher", "origin", "worker-3", "broker-2". */
  readonly process: string;
}

/** "square#17". */
export function taskLabel({ name, number }: TaskName): string {
  return `${name.replaceAll(/\s+/g, "_")}#${number}`;
}

/** The source of what programs log through `scoop.logger`, which may have children. */
const PROGRAM = "scoop.program";

/** True for what a program has logged itself. */
export function isOfProgram({ source }: Pick<LogEntry, "source">): boolean {
  return source === PROGRAM || source.startsWith(`${PROGRAM}.`);
}

/**
 * An entry as a line of the file, without its newline.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { formatEntry } from "./log_entry.ts";
 * const place = { host: "alpha", process: "worker-3" };
 * const task = { name: "square", number: 17 };
 * const entry = { time: 0, level: "info", source: "stdout", task, text: "hello" };
 * assert.equal(
 *   formatEntry("text", place, entry),
 *   "1970-01-01T00:00:00.000Z alpha worker-3 info square#17 hello",
 * );
 * ```
 */
export function formatEntry(format: LogFormat, place: LogPlace, entry: LogEntry): string {
  const { level, source, task, text } = entry;
  const time = new Date(entry.time).toISOString();
  const { host, process } = place;
  if (format === "json") {
    const properties = entry.properties ?? {};
    return JSON.stringify({
      ...{ time, host, process, level, task: task ?? null, source, text, properties },
    });
  }
  const ours = source.startsWith("scoop") && !isOfProgram(entry) ? "scoop: " : "";
  return `${time} ${host} ${process} ${level} ${task ? taskLabel(task) : "-"} ${ours}${text}`;
}

/**
 * An entry as a line on a terminal, without its newline: `scoop worker-1: …`, and
 * `[worker-1 square#17] warning: …` for what the program itself logs.
 *
 * @param name who is speaking, when it is not the command itself
 * @param isPrefixed whether somebody else puts the brackets before the line
 */
export function shortLine(entry: LogEntry, name: string | undefined, isPrefixed = false): string {
  const { level, task, text } = entry;
  if (!isOfProgram(entry)) return `scoop${name === undefined ? "" : ` ${name}`}: ${text}`;
  return `${isPrefixed ? "" : linePrefix(name ?? "program", task)}${level}: ${text}`;
}

/** What stands before a line of a process, or of a task in it. */
export function linePrefix(name: string, task: TaskName | undefined): string {
  return `[${name}${task === undefined ? "" : ` ${taskLabel(task)}`}] `;
}
