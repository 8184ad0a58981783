/**
 * What is needed of ZeroMQ's sockets, whoever provides them: `wire/libzmq_socket.ts` by calling
 * libzmq itself, `wire/package_socket.ts` with the package's own code, or, within a host,
 * `wire/unix_socket.ts` with Deno's connections.
 *
 * @module
 */

import type { DescriptorCalls } from "./descriptors.ts";
import type { Source } from "./receiver.ts";
import type { Attendance, Attending } from "./waiter.ts";

/** What a socket can be set to, as ZeroMQ means it (http://api.zeromq.org/4-3:zmq-setsockopt). */
export interface Settings {
  routingId?: string;
  /** Milliseconds for what is unsent when the socket is closed. */
  linger?: number;
  backlog?: number;
  sendHighWaterMark?: number;
  receiveHighWaterMark?: number;
  reconnectInterval?: number;
  reconnectMaxInterval?: number;
  connectTimeout?: number;
  handshakeInterval?: number;
  maxMessageSize?: number;
  mandatory?: boolean;
  handover?: boolean;
  ipv6?: boolean;
  tcpKeepalive?: number;
  tcpKeepaliveIdle?: number;
  tcpKeepaliveInterval?: number;
  tcpKeepaliveCount?: number;
  tcpMaxRetransmitTimeout?: number;
  curveServer?: boolean;
  curveServerKey?: string;
  curvePublicKey?: string;
  curveSecretKey?: string;
  zapDomain?: string;
  zapEnforceDomain?: boolean;
  /** What the socket receives when a peer's connection has ended; of builds with draft parts only. */
  disconnectMessage?: Uint8Array;
  /** What the socket receives when its own connection has ended; of builds with draft parts only. */
  hiccupMessage?: Uint8Array;
}

/** The kinds of sockets that we have. */
export type SocketKind = "router" | "dealer" | "pair";

/** Something that happened to a socket. */
export interface NativeEvent {
  readonly type: "refused" | "end";
  /** Of what was refused: whose fault libzmq says it was. */
  readonly code?: string;
}

/** Follows what happens to a socket. */
export interface Watch {
  /** Resolves when a closed socket is gone for good, all it had to send included. */
  readonly ended: Promise<void>;
  /** From now on the process is kept alive for it. */
  hold(): void;
  /** Ends it, whatever comes. */
  giveUp(): void;
}

/** A socket. What is sent must not be changed afterwards. */
export interface NativeSocket extends Source {
  /**
   * Resolves when there is a connection for the first time; undefined where that comes about whatever
   * JavaScript does meanwhile.
   */
  readonly stands?: Promise<void>;
  /** The address that was last bound or connected to, with its port. */
  readonly lastEndpoint: string;
  /**
   * Sets what is given, as far as it differs from what was set before.
   *
   * @throws {Error} when it cannot be set
   */
  set(settings: Settings): void;
  /**
   * Sends one message at once. Whatever keeps it from being sent is thrown, or rejects.
   *
   * @throws {Error} with `code`
   */
  send(message: (Uint8Array | string)[]): void | Promise<void>;
  /** @throws {Error} with `code` */
  bind(address: string): void;
  /** @throws {Error} with `code` */
  connect(address: string): void;
  /** What is unsent is sent for as long as `linger` says. */
  close(): void;
  /** From now on somebody looks whenever something has happened to the socket; one only. */
  attend(attending: Attending): Attendance;
  /**
   * From now on `onEvent` is told what happens to the socket; it must not throw.
   *
   * @throws {Error} when it cannot be watched
   */
  watch(onEvent: (event: NativeEvent) => void): Watch;
}

/** What provides sockets. */
export interface NativeSockets {
  /** Whether the library has the parts that are drafts. */
  readonly hasDrafts: boolean;
  /** What sending on Deno's connections takes; undefined where it cannot be called. */
  readonly descriptorCalls?: DescriptorCalls;
  open(kind: SocketKind, settings: Settings): NativeSocket;
  /**
   * From now on this process breathes with little loss, if it may: for those that compute a lot, and
   * have nobody who looks what they leave open.
   */
  breatheWell?(): void;
  curveKeyPair(): { publicKey: string; secretKey: string };
  /** The process ends: sends what is unsent, within the time that sockets linger. */
  end(): void;
}
