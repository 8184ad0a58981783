/**
 * One connection of a socket of ZeroMQ's to another on this host, by Deno itself.
 *
 * @module
 */

import { noteCome } from "./backlog.ts";
import type { Deque } from "./deque.ts";
import type { Descriptors } from "./descriptors.ts";
import type { Frames } from "./receiver.ts";
import { UnixWriter } from "./unix_writer.ts";
import { introduction, type PeerKind, ZmtpReader } from "./zmtp.ts";

/** What happens on a connection. */
export interface PeerEvents {
  /** The other side has introduced itself: from now on messages may be sent. */
  opened(identity: Uint8Array): void;
  message(frames: Frames): void;
  /** What had come at once has all been told. */
  arrived(): void;
  /** All that had to wait has left this process, or nothing leaves it any more. */
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
  readonly descriptors: Descriptors;
  /** The connection's number, where it is known. */
  readonly descriptor: number | undefined;
}

/** See the module's text. */
export class UnixPeer {
  readonly #connection: Deno.UnixConn;
  readonly #reader: ZmtpReader;
  readonly #writer: UnixWriter;
  readonly #events: PeerEvents;
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
    { kind, identity, mostBytes, descriptors, descriptor }: PeerSettings,
    queue: Deque<Frames>,
    events: PeerEvents,
  ) {
    this.#connection = connection;
    this.#events = events;
    this.#reader = new ZmtpReader({
      peer: (name) => {
        events.opened(name);
        this.#writer.open();
      },
      message: (frames) => events.message(frames),
    }, mostBytes);
    const written = () => {
      if (!this.#isOver) events.written();
    };
    // Who listens has others to care for; who connects has this one only.
    const insists = kind === "DEALER";
    this.#writer = new UnixWriter(connection, descriptors, descriptor, queue, insists, written);
    this.#writer.introduce(introduction(kind, identity));
    void this.#read();
  }

  /** Messages that have to wait until they can be sent. */
  get unsent(): number {
    return this.#writer.unsent;
  }

  /** Whether nothing has to wait. */
  get isIdle(): boolean {
    return this.#writer.isIdle;
  }

  /** Sends a message, now or when there is room. */
  send(frames: Frames): void {
    this.#writer.send(frames);
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
    this.#writer.end();
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
}
