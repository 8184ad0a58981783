/**
 * What processes of a run tell their launcher between the lines that they print: which task prints
 * what follows, and whole entries of the log.
 *
 * A mark is a line of its own, ASCII's record separator before it, with a word that only the run
 * knows: what a program prints is never taken for one. Nobody writes marks who was not asked to by
 * SCOOP_LOG, so a worker started by hand prints plain text.
 *
 * @module
 */

import type { LogEntry, TaskName } from "./log_entry.ts";

/** What a process is asked for. */
export interface LogWay {
  /** "records": entries as well. "labels": only which task prints. */
  readonly kind: "records" | "labels";
  /** The run's word. */
  readonly token: string;
}

/** A way for a new run. */
export function newLogWay(kind: LogWay["kind"]): LogWay {
  return { kind, token: crypto.getRandomValues(new Uint8Array(8)).toHex() };
}

/** As the environment has it. */
export function encodeLogWay(way: LogWay | undefined): string {
  return way === undefined ? "" : `${way.kind}:${way.token}`;
}

/**
 * Reads what {@link encodeLogWay} wrote.
 *
 * @throws {Error} when it means nothing
 */
export function decodeLogWay(text: string): LogWay {
  const [, kind, token] = /^(records|labels):([0-9a-f]{16})$/.exec(text) ?? [];
  if (kind !== undefined) return { kind: kind as LogWay["kind"], token: token! };
  throw new Error(`SCOOP_LOG is for the command to set, got "${text}": unset it`);
}

const SEPARATOR = 0x1e;
const NEWLINE = 10;

/** A mark that says who prints what follows: a task, or nobody in particular. */
export function taskMark(token: string, task?: TaskName): string {
  return mark(token, task === undefined ? [] : [task.name, task.number]);
}

/** A mark that is an entry itself. */
export function entryMark(token: string, entry: LogEntry): string {
  return mark(token, entry);
}

function mark(token: string, payload: unknown): string {
  return `${String.fromCharCode(SEPARATOR)}${token} ${JSON.stringify(payload)}\n`;
}

/** What a reader of marks finds, in order. */
export interface MarkListener {
  /** Bytes that were printed, whole lines or parts of them. */
  text(bytes: Uint8Array, task: TaskName | undefined): void;
  entry?(entry: LogEntry): void;
}

/**
 * Tells marks from what was printed, and takes them out. The bytes come as whole lines; what is a
 * part of one is never taken for a mark.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { createMarkReader, taskMark } from "./marks.ts";
 * const read = createMarkReader("0123456789abcdef");
 * const mark = taskMark("0123456789abcdef", { name: "square", number: 1 });
 * const found: string[] = [];
 * read(new TextEncoder().encode(`before\n${mark}hello\n`), {
 *   text: (bytes, task) => found.push(`${task?.name}: ${new TextDecoder().decode(bytes)}`),
 * });
 * assert.deepEqual(found, ["undefined: before\n", "square: hello\n"]);
 * ```
 */
export function createMarkReader(
  token: string,
): (bytes: Uint8Array, listener: MarkListener) => void {
  const head = new TextEncoder().encode(`${String.fromCharCode(SEPARATOR)}${token} `);
  const decoder = new TextDecoder();
  let task: TaskName | undefined;

  function take(payload: Payload, listener: MarkListener): void {
    if (!Array.isArray(payload)) listener.entry?.(payload);
    else task = payload.length === 0 ? undefined : { name: payload[0], number: payload[1] };
  }

  return (bytes, listener) => {
    let start = 0;
    let from = 0;
    while (true) {
      const at = bytes.indexOf(SEPARATOR, from);
      const end = at < 0 ? -1 : bytes.indexOf(NEWLINE, at);
      if (end < 0) break;
      from = at + 1;
      if (!head.every((byte, i) => bytes[at + i] === byte)) continue;
      const payload = payloadOf(decoder.decode(bytes.subarray(at + head.length, end)));
      if (payload === undefined) continue;
      // What comes before belongs to whoever was printing then.
      if (at > start) listener.text(bytes.subarray(start, at), task);
      take(payload, listener);
      start = from = end + 1;
    }
    if (start < bytes.length) listener.text(bytes.subarray(start), task);
  };
}

type Payload = [string, number] | [] | LogEntry;

/** Undefined for what is none, such as one whose process was killed while it wrote it. */
function payloadOf(json: string): Payload | undefined {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** A text without its marks, whichever run they are of. */
export function withoutMarks(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/\x1e[0-9a-f]{16} .*(?:\n|$)/g, "");
}
