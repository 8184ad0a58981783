/**
 * One connection between two sockets of ZeroMQ's on one host, both ends of it by Deno itself.
 *
 * A message that is sent is written at once if the system has room for it, as it mostly has: that
 * takes no other thread, neither here nor, to read it, there. What is sent while a write is under way
 * leaves together with what comes after it.
 *
 * @module
 */

import { noteCome, noteUnsent } from "./backlog.ts";
import type { Deque } from "./deque.ts";
import type { Frames } from "./receiver.ts";
import {
  frameHead,
  introduction,
  messageBytes,
  type PeerKind,
  writeMessage,
  ZmtpReader,
} from "./zmtp.ts";

/** What happens on a connection. */
export interface PeerEvents {
  /** The other side has introduced itself: from now on messages may be sent. */
  opened(identity: Uint8Array): void;
  message(frames: Frames): void;
  /** What had come at once has all been told. */
  arrived(): void;
  /** All that was sent has left this process. */
  written(): void;
  /** The connection has ended, once, by whichever side. Nothing is told after this. */
  ended(): void;
}

/** What a peer is to the socket that has it. */
export interface PeerSettings {
  /** The kind of this side. */
  readonly kind: PeerKind;
  /** The name of this side; empty for none. */
  readonly identity: Uint8Array;
  /** Bytes of the largest frame that may come. */
  readonly mostBytes: number;
}

/** Bytes that are written at once; a larger message is written frame by frame. */
const WRITE_BYTES = 64 * 1024;

/** Memory to write from that no connection uses just now. Most need it for a moment only. */
const spare: Uint8Array<ArrayBuffer>[] = [];

/** See the module's text. */
export class UnixPeer {
  readonly #connection: Deno.UnixConn;
  readonly #reader: ZmtpReader;
  readonly #events: PeerEvents;
  /** What is to be written, each message once it has its turn. */
  readonly #queue: Deque<Frames>;
  #isWriting = false;
  #unsentBytes = 0;
  #isOpen = false;
  #isOver = false;
  /** Called when reading may go on. */
  #resume: (() => void) | undefined;
  #isPaused = false;

  /**
   * Begins to read, and introduces this side.
   *
   * @param queue what is to be sent first, and what could not be sent in the end
   */
  constructor(
    connection: Deno.UnixConn,
    { kind, identity, mostBytes }: PeerSettings,
    queue: Deque<Frames>,
    events: PeerEvents,
  ) {
    this.#connection = connection;
    this.#events = events;
    this.#queue = queue;
    this.#reader = new ZmtpReader({
      peer: (name) => {
        this.#isOpen = true;
        events.opened(name);
        this.#flush();
      },
      message: (frames) => events.message(frames),
    }, mostBytes);
    void this.#read();
    void this.#introduce(kind, identity);
  }

  /** Messages that wait for their turn. */
  get unsent(): number {
    return this.#queue.length;
  }

  /** Whether anything is left to write. */
  get isIdle(): boolean {
    return this.#queue.length === 0 && !this.#isWriting;
  }

  /** Sends a message, now or when those before it are written. */
  send(frames: Frames): void {
    this.#queue.push(frames);
    this.#unsentBytes += messageBytes(frames);
    this.#flush();
    if (this.#unsentBytes > 0) noteUnsent(this, this.#unsentBytes);
  }

  /** Whether the connection keeps the process alive while it waits for what comes. */
  hold(holds: boolean): void {
    if (this.#isOver) return;
    if (holds) this.#connection.ref();
    else this.#connection.unref();
  }

  /** Reads no more until told so: what comes meanwhile waits at whoever sends it. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (isPaused) return;
    this.#resume?.();
    this.#resume = undefined;
  }

  /** Ends the connection at once. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    noteUnsent(this, 0);
    this.pause(false);
    try {
      this.#connection.close();
    } catch {
      // Closed by whoever closes all that a process has open.
    }
    this.#events.ended();
  }

  async #read(): Promise<void> {
    try {
      while (!this.#isOver) {
        const count = await this.#connection.read(this.#reader.space);
        if (count === null || this.#isOver) break;
        noteCome(count);
        this.#reader.filled(count);
        this.#events.arrived();
        if (this.#isPaused) await new Promise<void>((resolve) => this.#resume = resolve);
      }
    } catch {
      // Broken, or the other side does not keep to the protocol: gone in either case.
    }
    this.end();
  }

  async #introduce(kind: PeerKind, identity: Uint8Array): Promise<void> {
    this.#isWriting = true;
    try {
      await this.#writeAll(introduction(kind, identity));
    } catch {
      return this.end();
    }
    this.#isWriting = false;
    this.#flush();
  }

  #flush(): void {
    if (this.#isOpen && !this.#isWriting && !this.#isOver && this.#queue.length > 0) {
      void this.#write();
    }
  }

  /** Writes all there is. What was begun when the connection breaks is lost, as by libzmq. */
  async #write(): Promise<void> {
    this.#isWriting = true;
    const memory = spare.pop() ?? new Uint8Array(WRITE_BYTES);
    try {
      while (this.#queue.length > 0 && !this.#isOver) {
        let bytes = this.#gather(memory);
        if (bytes > 0) await this.#writeAll(memory.subarray(0, bytes));
        else bytes = await this.#writeLarge(this.#queue.shift()!);
        this.#unsentBytes -= bytes;
        noteUnsent(this, this.#unsentBytes);
      }
      spare.push(memory);
    } catch {
      return this.end();
    } finally {
      this.#isWriting = false;
    }
    if (this.#queue.length === 0 && !this.#isOver) this.#events.written();
  }

  /** Takes as many messages as fit, and returns their bytes; 0 when the first one does not. */
  #gather(memory: Uint8Array): number {
    let used = 0;
    for (let next = this.#queue.peek(); next !== undefined; next = this.#queue.peek()) {
      if (used + messageBytes(next) > memory.length) break;
      this.#queue.shift();
      used = writeMessage(memory, used, next);
    }
    return used;
  }

  async #writeLarge(frames: Frames): Promise<number> {
    for (const [i, frame] of frames.entries()) {
      await this.#writeAll(frameHead(frame.length, i === frames.length - 1));
      await this.#writeAll(frame);
    }
    return messageBytes(frames);
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.#connection.write(at === 0 ? bytes : bytes.subarray(at));
    }
  }
}
