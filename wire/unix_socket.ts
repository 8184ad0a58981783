/**
 * ZeroMQ's ROUTER and DEALER on sockets with paths (`ipc://`), by Deno's own connections in place of
 * libzmq, with which they get on (`wire/zmtp.ts`): what both have in common. See `wire/unix_router.ts`
 * and `wire/unix_dealer.ts`.
 *
 * A message between two processes that wait changes threads once on its way, where libzmq takes four
 * changes: to its own thread, to that of the other process, to the one that waits for sockets there,
 * and to the one that computes. A path there and back through a third process, four messages, took
 * 0.26 ms without pauses between and 0.5 with pauses of 20 ms; two messages by libzmq take 0.75
 * (medians, two processors).
 *
 * @module
 */

import { Deque } from "./deque.ts";
import type { Descriptors } from "./descriptors.ts";
import { LIMITS } from "./limits.ts";
import type { NativeSocket, Settings, Watch } from "./native_socket.ts";
import type { Frames } from "./receiver.ts";
import { setTimeout } from "./timers.ts";
import { unixPath } from "./unix_path.ts";
import { UnixPeer } from "./unix_peer.ts";
import type { Attendance, Attending } from "./waiter.ts";
import type { PeerKind } from "./zmtp.ts";

const NO_NAME = new Uint8Array(0);

const encoder = new TextEncoder();

/** A connection, and what this side knows of it. */
export interface Connected {
  readonly peer: UnixPeer;
  /** The peer's name, once it has introduced itself. */
  name: Uint8Array | undefined;
  key: string;
  /** Messages of it that nobody has taken yet. */
  untaken: number;
  /** Runs while the peer has yet to introduce itself. */
  late: ReturnType<typeof setTimeout> | undefined;
}

/** A message that has come, with whom it is from at a router. */
interface Arrived {
  readonly frames: Frames;
  readonly from: Connected | undefined;
}

/** What both kinds have in common. */
export abstract class UnixSocket implements NativeSocket {
  protected readonly settings: Settings = {};
  protected readonly peers = new Set<Connected>();
  protected closed = false;
  /** Closed, and what is unsent is given up. */
  protected isGone = false;
  readonly #arrived = new Deque<Arrived>();
  #waiting: Attending | undefined;
  #gone = Promise.withResolvers<void>();
  #leaving: ReturnType<typeof setTimeout> | undefined;

  lastEndpoint = "";

  constructor(protected readonly descriptors: Descriptors) {}

  get readable(): boolean {
    return !this.closed && this.#arrived.length > 0;
  }

  set(settings: Settings): void {
    Object.assign(this.settings, settings);
  }

  receive(): Frames | undefined {
    const next = this.#arrived.shift();
    if (next === undefined) return undefined;
    const { frames, from } = next;
    if (from !== undefined && from.untaken-- === this.#mostUntaken) from.peer.pause(false);
    return frames;
  }

  attend(waiting: Attending): Attendance {
    this.#waiting = waiting;
    return {
      mustAsk: false,
      changed: () => this.holdAll(waiting.holdProcess),
      end: () => this.#waiting = undefined,
      settled: () => Promise.resolve(),
    };
  }

  /** Whether waiting for messages keeps the process alive. */
  protected get holds(): boolean {
    return this.#waiting?.holdProcess ?? false;
  }

  protected holdAll(holds: boolean): void {
    for (const { peer } of this.peers) peer.hold(holds);
  }

  /** Takes care of a connection. */
  protected welcome(
    connection: Deno.UnixConn,
    kind: PeerKind,
    queue: Deque<Frames>,
  ): Connected {
    const { maxMessageSize = -1, routingId } = this.settings;
    const mostBytes = maxMessageSize < 0 ? Infinity : maxMessageSize;
    const identity = routingId === undefined ? NO_NAME : encoder.encode(routingId);
    const { descriptors } = this;
    const end = kind === "DEALER" ? "connected" : "accepted";
    const descriptor = descriptors.take(unixPath(this.lastEndpoint)!, end);
    const settings = { kind, identity, mostBytes, descriptors, descriptor };
    const peer: UnixPeer = new UnixPeer(connection, settings, queue, {
      opened: (name) => {
        clearTimeout(one.late);
        this.opened(one, name);
      },
      message: (frames) => this.#arrives(this.signed(one, frames), one),
      arrived: () => this.#waiting?.look(),
      written: () => this.#leave(),
      ended: () => this.#ended(one),
    });
    const one: Connected = { peer, name: undefined, key: "", untaken: 0, late: undefined };
    this.#expect(one);
    this.peers.add(one);
    if (!this.holds) peer.hold(false);
    return one;
  }

  /** Who does not introduce itself in time is dropped; this process may have been stopped meanwhile. */
  #expect(one: Connected): void {
    const { handshakeInterval: milliseconds = LIMITS.handshakeMs } = this.settings;
    const drop = () => one.peer.end();
    one.late = setTimeout(() => {
      one.late = setTimeout(drop, LIMITS.handshakeAgainMs);
      Deno.unrefTimer(one.late);
    }, milliseconds);
    Deno.unrefTimer(one.late);
  }

  #ended(one: Connected): void {
    clearTimeout(one.late);
    this.peers.delete(one);
    const notice = this.lost(one);
    if (this.closed) return this.#leave();
    if (notice === undefined) return;
    this.#arrives(notice, undefined);
    this.#waiting?.look();
  }

  #arrives(frames: Frames, from: Connected | undefined): void {
    if (this.closed) return;
    this.#arrived.push({ frames, from });
    if (from !== undefined && ++from.untaken === this.#mostUntaken) from.peer.pause(true);
  }

  get #mostUntaken(): number {
    return this.settings.receiveHighWaterMark || Infinity;
  }

  /** A peer has introduced itself. */
  protected abstract opened(one: Connected, name: Uint8Array): void;
  /** A message of a peer as this kind of socket hands it out. */
  protected abstract signed(one: Connected, frames: Frames): Frames;
  /** A connection has ended; returns what is to be received as the notice of it. */
  protected abstract lost(one: Connected): Frames | undefined;
  /** Stops to listen, or to try to connect. */
  protected abstract stop(): void;
  /** Resolves when it has stopped. */
  protected abstract get stopped(): Promise<void>;
  /** Whether something is still to be sent by one that waits for its connection. */
  protected abstract get isWaiting(): boolean;
  abstract send(message: (Uint8Array | string)[]): void;
  abstract bind(address: string): void;
  abstract connect(address: string): void;

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.stop();
    for (const { peer } of this.peers) peer.hold(false);
    const { linger = -1 } = this.settings;
    if (linger > 0) this.#leaving = setTimeout(() => this.#end(), linger);
    if (linger === 0) this.#end();
    else this.#leave();
  }

  /** A closed socket goes when it has nothing to send any more. */
  #leave(): void {
    if (!this.closed || this.isWaiting) return;
    for (const { peer } of this.peers) if (!peer.isIdle) return;
    this.#end();
  }

  #end(): void {
    if (this.isGone) return;
    this.isGone = true;
    clearTimeout(this.#leaving);
    this.stop();
    void this.stopped.then(() => this.#gone.resolve());
    for (const { peer } of [...this.peers]) peer.end();
  }

  watch(): Watch {
    return { ended: this.#gone.promise, hold() {}, giveUp: () => this.#end() };
  }
}

/** A message that is to be sent, all of it as bytes. */
export function asFrames(message: (Uint8Array | string)[]): Frames {
  return message.map((frame) => typeof frame === "string" ? encoder.encode(frame) : frame);
}
