/**
 * What a process of a run logs, and prints in its tasks, as whoever started it wants it.
 *
 * @module
 */

import { currentTask } from "../futures/current_task.ts";
import { shortLine } from "../telemetry/log_entry.ts";
import type { LogEntry } from "../telemetry/log_entry.ts";
import { showLog, writeWhole } from "../telemetry/logging.ts";
import { entryMark, taskMark } from "../telemetry/marks.ts";
import type { LogWay } from "../telemetry/marks.ts";
import type { Environment } from "./environment.ts";

/**
 * Shows what is logged here on stderr, and marks what tasks print, if that is wanted. It comes before
 * the program's first statement.
 */
export function showOutput({ workerName, verbosity, log }: Environment): void {
  // A file has room for what would be too much on a terminal.
  const louder = log?.kind === "records" && verbosity === 0 ? 1 : verbosity;
  showLog({
    verbosity: louder,
    currentTask,
    take: (entry) => writeWhole(Deno.stderr, entryText(entry, workerName, log)),
  });
  if (log !== undefined) markTasks(log.token);
}

/** An entry as it goes to stderr. */
function entryText(entry: LogEntry, workerName: string, log: LogWay | undefined): string {
  if (log?.kind === "records") return entryMark(log.token, entry);
  const line = `${shortLine(entry, workerName, log !== undefined)}\n`;
  if (log === undefined || entry.task === undefined) return line;
  return taskMark(log.token, entry.task) + line + taskMark(log.token);
}

/** Where methods of the console print; others do so on either. */
const STREAMS: Readonly<Record<string, "stdout" | "stderr">> = {
  log: "stdout",
  info: "stdout",
  debug: "stdout",
  error: "stderr",
  warn: "stderr",
  trace: "stderr",
  assert: "stderr",
};

/**
 * Has the methods of the console say which task calls them. They print at once, so what is between
 * two marks is that task's, whoever else is under way in this process.
 */
function markTasks(token: string): void {
  for (const [name, method] of Object.entries(console)) {
    if (typeof method !== "function") continue;
    const streams = name in STREAMS ? [Deno[STREAMS[name]!]] : [Deno.stdout, Deno.stderr];
    const mark = (text: string) => streams.forEach((stream) => writeWhole(stream, text));
    // A proxy still looks like a function of Deno's, which tasks can be made of.
    const marking = new Proxy(method, {
      apply(method, self, args) {
        const task = currentTask();
        if (task === undefined) return Reflect.apply(method, self, args);
        mark(taskMark(token, task));
        try {
          return Reflect.apply(method, self, args);
        } finally {
          mark(taskMark(token));
        }
      },
    });
    Object.assign(console, { [name]: marking });
  }
}
