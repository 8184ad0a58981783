/**
 * What is sent on a connection within a host. A message leaves in the very call if the system has room
 * for it, as it mostly has; if not, it waits for that, and all that is sent meanwhile behind it.
 *
 * @module
 */

import { noteUnsent } from "./backlog.ts";
import type { Deque } from "./deque.ts";
import type { Descriptors } from "./descriptors.ts";
import type { Frames } from "./receiver.ts";
import { frameHead, messageBytes, writeMessage } from "./zmtp.ts";

/** What is sent in one piece; of a larger message each frame is. */
const PIECE_BYTES = 64 * 1024;

/** What a message is written into: it is in use only as long as the call that sends it takes. */
const memory = new Uint8Array(PIECE_BYTES);

/** What happens to a writer. */
export interface WriterEvents {
  /** All that had to wait has left. */
  written(): void;
  /** Nothing can be sent any more. */
  broken(): void;
}

/** The next message leaves at once, or waits for room; or nothing leaves any more. */
type State = "free" | "waiting" | "over";

/** See the module's text. */
export class UnixWriter {
  readonly #connection: Deno.UnixConn;
  readonly #descriptors: Descriptors;
  readonly #descriptor: number | undefined;
  readonly #queue: Deque<Frames>;
  readonly #events: WriterEvents;
  #state: State = "free";
  /** Whether the other side has introduced itself: until then messages wait. */
  #isOpen = false;
  /** Bytes that have to wait. */
  #unsent = 0;

  /**
   * @param descriptor the connection's, where it is known
   * @param queue messages that wait already; what cannot be sent in the end is left there
   */
  constructor(
    connection: Deno.UnixConn,
    descriptors: Descriptors,
    descriptor: number | undefined,
    queue: Deque<Frames>,
    events: WriterEvents,
  ) {
    this.#connection = connection;
    this.#descriptors = descriptors;
    this.#descriptor = descriptor;
    this.#queue = queue;
    this.#events = events;
  }

  /** Messages that have to wait. */
  get unsent(): number {
    return this.#queue.length;
  }

  /** Whether nothing has to wait. */
  get isIdle(): boolean {
    return this.#queue.length === 0 && this.#state !== "waiting";
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
    const left = this.#rest(pieces);
    if (left.length > 0) void this.#wait(left);
  }

  /** The connection is about to be closed. */
  end(): void {
    if (this.#state === "over") return;
    this.#state = "over";
    noteUnsent(this, 0);
    if (this.#descriptor !== undefined) this.#descriptors.release(this.#descriptor);
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
    this.#unsent = 0;
    for (const frames of this.#queue) this.#unsent += messageBytes(frames);
    this.#note(bytesOf(left));
    try {
      while (this.#isWaiting()) {
        for (const piece of left) await this.#write(piece);
        const next = this.#isOpen && this.#isWaiting() ? this.#queue.shift() : undefined;
        if (next === undefined) break;
        left = this.#rest(piecesOf(next));
        this.#note(bytesOf(left) - messageBytes(next));
      }
    } catch {
      return this.#events.broken();
    }
    if (!this.#isWaiting()) return;
    this.#state = "free";
    noteUnsent(this, 0);
    this.#events.written();
  }

  #isWaiting(): boolean {
    return this.#state === "waiting";
  }

  async #write(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length && this.#isWaiting();) {
      const sent = await this.#connection.write(piece.subarray(at));
      at += sent;
      if (this.#isWaiting()) this.#note(-sent);
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
