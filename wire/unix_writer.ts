/**
 * What is sent on a connection within a host. A message leaves in the very call if the system has room
 * for it, as it mostly has; if not, it waits for that, and all that is sent meanwhile behind it.
 *
 * @module
 */

import { noteUnsent } from "./backlog.ts";
import type { Deque } from "./deque.ts";
import type { Descriptors } from "./descriptors.ts";
import { LIMITS } from "./limits.ts";
import type { Frames } from "./receiver.ts";
import { frameHead, messageBytes, writeMessage } from "./zmtp.ts";

/** What is sent in one piece; of a larger message each frame is. */
const PIECE_BYTES = 64 * 1024;

/** What a message is written into: it is in use only as long as the call that sends it takes. */
const memory = new Uint8Array(PIECE_BYTES);

/**
 * The next message leaves at once, or waits for room; or nothing leaves any more. Then messages wait
 * for the next connection: whoever reads from this one finds out that it has ended, when all is read.
 */
type State = "free" | "waiting" | "over";

/** Those that wait for room. */
const waiting = new Set<UnixWriter>();

/** This process ends: what waits for room is sent, for so many milliseconds at most. */
export function sendAtEnd(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  for (const writer of waiting) writer.sendAll(until);
}

/** See the module's text. */
export class UnixWriter {
  readonly #connection: Deno.UnixConn;
  readonly #descriptors: Descriptors;
  readonly #descriptor: number | undefined;
  readonly #queue: Deque<Frames>;
  /** Whether a message that has begun to leave may keep this process from anything else. */
  readonly #insists: boolean;
  readonly #written: () => void;
  #state: State = "free";
  /** Whether the other side has introduced itself: until then messages wait. */
  #isOpen = false;
  /** Bytes that have to wait. */
  #unsent = 0;
  /** What is left of the message that has begun to leave. */
  #left: Uint8Array[] = [];

  /**
   * @param descriptor the connection's, where it is known
   * @param queue messages that wait already; what cannot be sent in the end is left there
   * @param insists whether sending may block for a moment, as long as the other side takes what comes:
   *   a program may compute for seconds after it, and have nobody send the rest
   * @param written called when all that had to wait has left, or nothing leaves any more
   */
  constructor(
    connection: Deno.UnixConn,
    descriptors: Descriptors,
    descriptor: number | undefined,
    queue: Deque<Frames>,
    insists: boolean,
    written: () => void,
  ) {
    this.#connection = connection;
    this.#descriptors = descriptors;
    this.#descriptor = descriptor;
    this.#queue = queue;
    this.#insists = insists;
    this.#written = written;
  }

  /** Messages that have to wait. */
  get unsent(): number {
    return this.#queue.length;
  }

  /** Whether nothing has to wait. */
  get isIdle(): boolean {
    return this.#state === "over" || (this.#state === "free" && this.#queue.length === 0);
  }

  /** Sends what comes before all messages. */
  introduce(bytes: Uint8Array): void {
    this.#sendNow([bytes]);
  }

  /** From now on messages leave. */
  open(): void {
    this.#isOpen = true;
    if (this.#state === "free" && this.#queue.length > 0) void this.#wait([]);
  }

  /** Sends a message, now or when those before it have left. */
  send(frames: Frames): void {
    if (this.#isOpen && this.#state === "free") return this.#sendNow(piecesOf(frames));
    this.#queue.push(frames);
    if (this.#state === "waiting") this.#note(messageBytes(frames));
  }

  #sendNow(pieces: Uint8Array[]): void {
    let left = this.#rest(pieces);
    if (left.length > 0 && this.#insists) left = this.#insist(left);
    if (left.length > 0) void this.#wait(left);
  }

  /** Sends on as long as the other side makes room without delay, and returns what is left. */
  #insist(left: Uint8Array[]): Uint8Array[] {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return left;
    const until = performance.now() + LIMITS.insistMs;
    while (left.length > 0 && performance.now() < until) {
      this.#descriptors.awaitRoom(descriptor, LIMITS.insistOnceMs);
      const before = bytesOf(left);
      left = this.#rest(left);
      if (bytesOf(left) === before) break;
    }
    return left;
  }

  /** Nothing leaves any more. */
  end(): void {
    this.#state = "over";
    this.#left = [];
    waiting.delete(this);
    noteUnsent(this, 0);
  }

  /** Sends all there is until then, if the connection's number is known. Blocks. */
  sendAll(until: number): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return;
    for (this.#left = this.#rest(this.#left); this.#isWaiting();) {
      if (this.#left.length > 0) {
        const milliseconds = until - performance.now();
        if (milliseconds <= 0) return;
        this.#descriptors.awaitRoom(descriptor, milliseconds);
        this.#left = this.#rest(this.#left);
      } else if (!this.#beginNext()) this.end();
    }
  }

  /** Sends what there is room for of the next message; false when there is none that may leave. */
  #beginNext(): boolean {
    const next = this.#isOpen && this.#isWaiting() ? this.#queue.shift() : undefined;
    if (next === undefined) return false;
    this.#left = this.#rest(piecesOf(next));
    this.#note(bytesOf(this.#left) - messageBytes(next));
    return true;
  }

  #note(bytes: number): void {
    this.#unsent += bytes;
    noteUnsent(this, this.#unsent);
  }

  /** Sends what there is room for, and returns what is left of it. */
  #rest(pieces: Uint8Array[]): Uint8Array[] {
    const descriptor = this.#descriptor;
    for (const [i, piece] of pieces.entries()) {
      const sent = descriptor === undefined ? 0 : this.#descriptors.send(descriptor, piece);
      if (sent === piece.length) continue;
      const left = piece.subarray(sent);
      // The memory that all share is the next one's in a moment.
      return [left.buffer === memory.buffer ? left.slice() : left, ...pieces.slice(i + 1)];
    }
    return [];
  }

  /** Sends the rest of a message when there is room, and then all others that wait. */
  async #wait(left: Uint8Array[]): Promise<void> {
    this.#state = "waiting";
    waiting.add(this);
    this.#unsent = 0;
    for (const frames of this.#queue) this.#unsent += messageBytes(frames);
    this.#note(bytesOf(left));
    this.#left = left;
    try {
      do await this.#writeLeft(); while (this.#beginNext());
      if (this.#isWaiting()) this.#state = "free";
    } catch {
      this.end();
    }
    waiting.delete(this);
    noteUnsent(this, 0);
    this.#written();
  }

  #isWaiting(): boolean {
    return this.#state === "waiting";
  }

  async #writeLeft(): Promise<void> {
    while (this.#left.length > 0) {
      const [first, ...others] = this.#left as [Uint8Array, ...Uint8Array[]];
      const sent = first.length === 0 ? 0 : await this.#connection.write(first);
      if (!this.#isWaiting()) return;
      this.#note(-sent);
      this.#left = sent === first.length ? others : [first.subarray(sent), ...others];
    }
  }
}

/** A message as it is sent: in one piece where it is small. */
function piecesOf(frames: Frames): Uint8Array[] {
  if (messageBytes(frames) <= PIECE_BYTES) {
    return [memory.subarray(0, writeMessage(memory, 0, frames))];
  }
  return frames.flatMap((frame, i) => [frameHead(frame.length, i === frames.length - 1), frame]);
}

function bytesOf(pieces: Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}
