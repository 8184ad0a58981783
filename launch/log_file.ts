/**
 * The file of `--log`: every line in it says when, where and by whom it was written. The launcher
 * alone writes it; what the others print comes here over their outputs, with marks in it.
 *
 * @module
 */

import { formatEntry } from "../telemetry/log_entry.ts";
import type { LogEntry, LogFormat, LogPlace, TaskName } from "../telemetry/log_entry.ts";
import { createMarkReader, newLogWay } from "../telemetry/marks.ts";
import type { LogWay } from "../telemetry/marks.ts";
import type { Output } from "./output.ts";

/** See the module's text. */
export interface LogFile {
  /** What processes are asked for. */
  readonly way: LogWay;
  /** Where what a process prints goes. */
  outputsOf(process: string, host: string): StreamOutputs;
  /** Takes an entry of this process's own. */
  take(entry: LogEntry): void;
  /** Fulfilled when everything has been written, or can never be. */
  flush(): Promise<void>;
}

/** An output for each of a process's streams. */
export interface StreamOutputs {
  readonly stdout: Output;
  readonly stderr: Output;
}

/** The log's file, over an output that ends in it. */
export function createLogFile(file: Output, format: LogFormat, own: LogPlace): LogFile {
  const way = newLogWay("records");
  const encoder = new TextEncoder();
  return {
    way,
    outputsOf: (process, host) => ({
      stdout: entryOutput(file, format, { process, host }, "stdout", way.token),
      stderr: entryOutput(file, format, { process, host }, "stderr", way.token),
    }),
    take: (entry) => void file.write(encoder.encode(`${formatEntry(format, own, entry)}\n`), own),
    flush: () => file.flush(),
  };
}

/** What a process of ours prints in plain words: "scoop: …", "scoop worker-1: …". */
const OURS = /^scoop(?: [\w.-]+)?: /;

/** An output that makes an entry of each line, and takes marks for what they say. */
function entryOutput(
  file: Output,
  format: LogFormat,
  place: LogPlace,
  stream: "stdout" | "stderr",
  token: string,
): Output {
  const read = createMarkReader(token);
  const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];
  let begun: { text: string; task: TaskName | undefined } | undefined;

  function entryOf(time: number, text: string, task: TaskName | undefined): LogEntry {
    const ours = stream === "stderr" ? OURS.exec(text)?.[0].length ?? 0 : 0;
    if (ours > 0) return { time, level: "warning", source: "scoop", task, text: text.slice(ours) };
    return { time, level: stream === "stdout" ? "info" : "error", source: stream, task, text };
  }

  return {
    write(bytes, writer, at = Date.now()) {
      let lines = "";
      const add = (entry: LogEntry) => lines += `${formatEntry(format, place, entry)}\n`;
      read(bytes, {
        entry: add,
        text(bytes, task) {
          const parts = decoder.decode(bytes, { stream: true }).split("\n");
          const rest = parts.pop()!;
          for (const part of parts) {
            const whole = begun === undefined ? { text: part, task } : {
              text: begun.text + part,
              task: begun.task,
            };
            begun = undefined;
            add(entryOf(at, whole.text.replace(/\r$/, ""), whole.task));
          }
          if (rest !== "") begun = { text: (begun?.text ?? "") + rest, task: begun?.task ?? task };
        },
      });
      return file.write(encoder.encode(lines), writer);
    },
    flush: () => file.flush(),
  };
}
