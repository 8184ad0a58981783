/**
 * Small messages that leave together. What a message of zeromq costs hardly depends on its size: some
 * 20 µs on its way through both processes, and most of ours have a few hundred bytes. So those that
 * go to the same place in the same moment travel as one frame.
 *
 * Such a frame begins with the bytes 0xc1 0xc1: no MessagePack begins with the first, and no message
 * in pieces (`wire/pieces.ts`) has the second. For each message follow the number of its frames (one
 * byte), and for each of these its length (two bytes, big-endian) and its bytes.
 *
 * @module
 */

import { LIMITS } from "./limits.ts";

type Frames = Uint8Array[];

const MARK = 0xc1;
const HEAD_BYTES = 2;
const MOST_FRAMES = 255;

/** Messages to the same place, until they leave. */
export class Batch {
  #messages: Frames[] = [];
  #bytes = HEAD_BYTES;

  /**
   * Takes a message in.
   *
   * @returns false when it is too large, or has no room any more: then what is here has to leave
   * first
   */
  add(frames: Frames): boolean {
    const bytes = bytesOf(frames);
    if (bytes > LIMITS.batchedBytes || frames.length > MOST_FRAMES) return false;
    if (this.#bytes + bytes > LIMITS.batchBytes) return false;
    this.#messages.push(frames);
    this.#bytes += bytes;
    return true;
  }

  /** Takes out all messages, as one: a single one as it is. Undefined when there are none. */
  take(): Frames | undefined {
    const messages = this.#messages;
    const size = this.#bytes;
    if (messages.length === 0) return undefined;
    this.#messages = [];
    this.#bytes = HEAD_BYTES;
    return messages.length === 1 ? messages[0] : [joined(messages, size)];
  }
}

/** Bytes of a message within a batch. */
function bytesOf(frames: Frames): number {
  let bytes = 1;
  for (const { length } of frames) bytes += 2 + length;
  return bytes;
}

function joined(messages: readonly Frames[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  all[0] = all[1] = MARK;
  let at = HEAD_BYTES;
  for (const frames of messages) {
    all[at++] = frames.length;
    for (const frame of frames) {
      all[at++] = frame.length >> 8;
      all[at++] = frame.length & 255;
      all.set(frame, at);
      at += frame.length;
    }
  }
  return all;
}

/**
 * Hands out the messages of a batch, in order; a message that is none goes through. Their frames are
 * views of the batch.
 *
 * @throws {Error} when the lengths are not those of what is there; the messages before have been
 * handed out then
 */
export function eachMessage(frames: Frames, deliver: (frames: Frames) => void): void {
  const [all] = frames;
  if (frames.length !== 1 || all![0] !== MARK || all![1] !== MARK) return deliver(frames);
  for (let at = HEAD_BYTES; at < all!.length;) {
    const message: Frames = new Array(all![at++]!);
    for (let i = 0; i < message.length; i++) {
      const from = at + 2;
      const to = from + (all![at]! << 8) + all![at + 1]!;
      // Also when a length itself is missing.
      if (!(to <= all!.length)) {
        throw new Error("a batch whose lengths are not those of its messages");
      }
      message[i] = all!.subarray(from, at = to);
    }
    deliver(message);
  }
}

/** What waits to leave together, by where it goes. */
export class Outbox {
  readonly #batches = new Map<string, Batch>();

  constructor(private readonly post: (to: string, frames: Frames) => void) {}

  /** Keeps a message until the next {@link flush}; one that is too large leaves at once, behind others. */
  add(to: string, frames: Frames): void {
    let batch = this.#batches.get(to);
    if (batch === undefined) this.#batches.set(to, batch = new Batch());
    if (batch.add(frames)) return;
    this.#send(to, batch);
    if (!batch.add(frames)) this.post(to, frames);
  }

  /** Sends what is kept for one place, so that something else may follow. */
  flushTo(to: string): void {
    const batch = this.#batches.get(to);
    if (batch === undefined) return;
    this.#batches.delete(to);
    this.#send(to, batch);
  }

  /** Sends what is kept. */
  flush(): void {
    if (this.#batches.size === 0) return;
    for (const [to, batch] of this.#batches) this.#send(to, batch);
    this.#batches.clear();
  }

  #send(to: string, batch: Batch): void {
    const frames = batch.take();
    if (frames !== undefined) this.post(to, frames);
  }
}
