/**
 * Where the output of many processes comes together: whole lines, byte for byte, one after the
 * other.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import { setTimeout } from "../wire/timers.ts";
import { createPrefixes } from "./line_prefix.ts";

/** What takes the bytes in the end, such as `Deno.stdout` or a file. */
export interface Sink {
  write(bytes: Uint8Array): Promise<number>;
}

/** Somewhere lines go. Several writers share one. */
export interface Output {
  /**
   * Takes bytes in one piece. When another writer left a line unfinished, that line is ended
   * first. The promise is fulfilled when there is room for more, so a writer that awaits it can
   * not fill the memory.
   *
   * @param writer who is writing, compared by identity
   * @param at when it was printed, in milliseconds since 1970, if that is not now
   */
  write(bytes: Uint8Array, writer: unknown, at?: number): Promise<void>;
  /** Fulfilled when everything has been written, or can never be. */
  flush(): Promise<void>;
}

/** Bytes that may wait before writers are held back. */
const ROOM = 1 << 20;
const NEWLINE = 10;
const NEWLINE_BYTES = Uint8Array.of(NEWLINE);

/**
 * An output that ends in `sink`, for example `Deno.stdout`. Writing happens off the event loop's
 * thread, so a reader that stops reading (a pager, say) does not stop the broker.
 *
 * @param onBroken called when nothing more can be written; it may give back where the rest is to go
 *   instead, from the line on that was not written whole. Without that the rest is dropped.
 */
export function createOutput(
  sink: Sink,
  onBroken: (error: Error) => Sink | undefined = () => undefined,
): Output {
  let queue: Uint8Array[] = [];
  let queued = 0;
  let unfinishedBy: unknown = undefined;
  let broken = false;
  let draining: Promise<void> | undefined;

  async function drain() {
    while (queue.length > 0 && !broken) {
      const bytes = concat(queue);
      queue = [];
      await writeSomewhere(bytes);
      queued -= bytes.length;
    }
    if (broken) queue = [];
    draining = undefined;
  }

  async function writeSomewhere(bytes: Uint8Array) {
    for (let at = 0; at < bytes.length;) {
      const { written, error } = await writeAll(sink, bytes.subarray(at));
      if (error === undefined) return;
      const instead = onBroken(error);
      if (instead === undefined) {
        broken = true;
        return;
      }
      sink = instead;
      at = written === 0 ? at : bytes.lastIndexOf(NEWLINE, at + written - 1) + 1;
    }
  }

  function put(bytes: Uint8Array) {
    queue.push(bytes);
    queued += bytes.length;
  }

  return {
    async write(bytes, writer) {
      if (broken || bytes.length === 0) return;
      if (unfinishedBy !== undefined && unfinishedBy !== writer) put(NEWLINE_BYTES);
      unfinishedBy = bytes.at(-1) === NEWLINE ? undefined : writer;
      put(bytes);
      draining ??= drain();
      while (queued > ROOM && !broken) await draining;
    },
    async flush() {
      while (draining) await draining;
    },
  };
}

/** Writes as much as can be written; gives back how much that was, and what was in the way. */
async function writeAll(sink: Sink, bytes: Uint8Array) {
  let written = 0;
  while (written < bytes.length) {
    try {
      written += await sink.write(bytes.subarray(written));
    } catch (error) {
      // A pipe that somebody else set to non-blocking says so when it is full.
      if (!(error instanceof Deno.errors.WouldBlock)) return { written, error: error as Error };
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  return { written };
}

/** How the lines of one stream are passed on. */
export interface LineOptions {
  /** Who prints: its name is put before each line, in brackets. */
  name?: string | undefined;
  /** The word of marks in the stream; the name of the task that prints follows the other then. */
  token?: string | undefined;
  /** What happens to a last line without a newline: passed on as it is, or completed. */
  last?: "as is" | "completed";
  /**
   * Milliseconds after which a line that is not finished is shown all the same, for questions and
   * progress bars; never, unless given.
   */
  showUnfinishedAfter?: number;
}

/** A line longer than this many bytes is passed on in parts, or it would fill the memory. */
const LONGEST_LINE = 64 << 20;

/** Cuts a stream of bytes into whole lines. */
export interface LineCutter {
  /** Takes the next bytes; gives back what can be passed on now, prefixes put in. */
  push(chunk: Uint8Array): Uint8Array;
  /** Gives back what is there of an unfinished line, and remembers that it was shown. */
  takeUnfinished(): Uint8Array;
  /** Gives back the last line. */
  end(): Uint8Array;
}

/** A cutter for one stream. */
export function createLineCutter({ name, token, last = "as is" }: LineOptions = {}): LineCutter {
  const prefixes = name === undefined ? undefined : createPrefixes(name, token);
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  // True when what was given back ends with a newline.
  let fresh = true;

  function take(more?: Uint8Array): Uint8Array {
    const whole = more === undefined ? concat(held) : concat([...held, more]);
    held = [];
    heldBytes = 0;
    const bytes = prefixes === undefined ? whole : concat(prefixes(whole));
    if (bytes.length > 0) fresh = bytes.at(-1) === NEWLINE;
    return bytes;
  }

  return {
    push(chunk) {
      const end = chunk.lastIndexOf(NEWLINE) + 1;
      const lines = end > 0 ? take(chunk.subarray(0, end)) : new Uint8Array();
      if (end < chunk.length) {
        held.push(chunk.subarray(end));
        heldBytes += chunk.length - end;
      }
      return heldBytes > LONGEST_LINE ? concat([lines, take()]) : lines;
    },
    takeUnfinished: () => take(),
    end() {
      const rest = take();
      return fresh || last === "as is" ? rest : concat([rest, NEWLINE_BYTES]);
    },
  };
}

/**
 * Passes a process's stream on to an output until it ends.
 *
 * @param exited fulfilled when the process has ended. Whoever it started may keep the stream open,
 *   which must not keep the run open: after `exited`, the first silence ends the forwarding, and so
 *   does having waited for more for `LIMITS.othersOutputMs`.
 */
export async function forwardLines(
  stream: ReadableStream<Uint8Array>,
  output: Output,
  options: LineOptions,
  exited: Promise<unknown>,
): Promise<void> {
  const cutter = createLineCutter(options);
  const reader = stream.getReader();
  const { showUnfinishedAfter } = options;
  let unfinished = false;
  const watch = cancelWhenSilent(reader, exited);
  while (true) {
    watch.waits();
    const read = reader.read().catch(() => ({ done: true, value: undefined }) as const);
    if (unfinished && showUnfinishedAfter !== undefined) {
      if (await isLate(read, showUnfinishedAfter)) {
        await output.write(cutter.takeUnfinished(), cutter);
      }
    }
    const { done, value } = await read;
    watch.got();
    if (done) break;
    await output.write(cutter.push(value!), cutter);
    unfinished = value!.at(-1) !== NEWLINE;
  }
  await output.write(cutter.end(), cutter);
}

/** What counts is waiting for the process, and not for whoever takes what it prints. */
function cancelWhenSilent(reader: ReadableStreamDefaultReader, exited: Promise<unknown>) {
  let isOver = false;
  let left: number = LIMITS.othersOutputMs;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Since when it waits; undefined while it does not. */
  let since: number | undefined;
  const count = () => {
    isOver = true;
    if (since === undefined) return;
    since = performance.now();
    const giveUp = () => void reader.cancel().catch(() => {});
    timer = setTimeout(giveUp, Math.min(LIMITS.silentOutputMs, Math.max(0, left)));
  };
  exited.then(count, count);
  return {
    waits() {
      since = performance.now();
      if (isOver) count();
    },
    got() {
      if (isOver) left -= performance.now() - since!;
      since = undefined;
      clearTimeout(timer);
    },
  };
}

/** True when a promise takes longer than so many milliseconds. */
async function isLate(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(true), milliseconds);
  });
  const result = await Promise.race([promise.then(() => false), late]);
  clearTimeout(timer);
  return result;
}

function concat(parts: Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
