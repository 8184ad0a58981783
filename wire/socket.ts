/**
 * The sockets of brokers and workers. The first one loads libzmq; `wire/zeromq_folder.ts` tells which
 * permissions that takes.
 *
 * What was measured and shapes the options below:
 *
 * - Sending and receiving happen at once or fail. Sending does not fail, as there are no high water
 *   marks: the flow of messages is governed by credits, not by sockets that block.
 * - zeromq's own heartbeats break a connection whenever one frame takes longer than their timeout
 *   to travel, and the frame is lost with it (8 MB at 1 MB/s with a timeout of 2 s). The kernel's
 *   keepalive and retransmission limits notice a pulled link just as soon (3.7 to 4.3 s), do so
 *   while this process is busy, and leave slow large frames alone. `wire/endpoint.ts` sets them.
 * - XPUB keeps every subscription that a peer makes, whatever it is and in manual mode too, and
 *   works through all that have come before it returns from any call: 100,000 of 8 bytes took
 *   90 MB and 0.6 s, of 200 bytes over 1.1 GB and 8 s. A ROUTER whose peers say what they want
 *   keeps what it chooses to, so that is what publishes.
 *
 * @module
 */

import { Endpoint, type SocketOptions } from "./endpoint.ts";
import { isNotice, readIdentity, text, writeIdentity } from "./frames.ts";
import { LIMITS } from "./limits.ts";
import type { NativeEvent, NativeSocket, Settings } from "./native_socket.ts";
import { breatheWell, loadSockets, sockets, useConnections } from "./process_sockets.ts";
import { drainSockets, type Frames, whenTurnEnds } from "./receiver.ts";
import { LatestOnly, Subscriptions } from "./subscriptions.ts";
import { setInterval, setTimeout } from "./timers.ts";

export { breatheWell, drainSockets, loadSockets, useConnections };
export type { Frames, SocketOptions };

/** A broker's keys for encryption and authentication (CURVE), 40 characters of Z85 each. */
export interface CurveServerKeys {
  publicKey: string;
  secretKey: string;
}

/** A worker's keys, and the public key of the broker that it connects to. */
export interface CurveClientKeys {
  serverKey: string;
  publicKey: string;
  secretKey: string;
}

/** What a socket that listens can be told. */
export interface ServerOptions extends SocketOptions {
  /** Encrypts, and lets in only peers that know the public key. */
  curve?: CurveServerKeys;
  /** Lets in only peers that a rule for this domain admits; see `wire/admission.ts`. */
  zapDomain?: string;
  /**
   * Called when a peer is turned away before any rule is asked: it has no keys, or takes this
   * socket for one with another key. Whoever does not speak ZeroMQ at all is dropped in silence.
   */
  onRefused?(reason: string): void;
}

const COMMON = {
  sendHighWaterMark: 0,
  receiveHighWaterMark: 0,
};

const SERVER = {
  ...COMMON,
  /** Every worker of a run may connect in the same moment. */
  backlog: 4096,
  /**
   * For a peer to show its keys. Until then libzmq keeps in memory whatever it sends: this bounds
   * how much that can be.
   */
  handshakeInterval: LIMITS.handshakeMs,
};

const CLIENT = {
  ...COMMON,
  reconnectInterval: LIMITS.reconnectMs,
  reconnectMaxInterval: LIMITS.reconnectMostMs,
  connectTimeout: LIMITS.connectMs,
};

/**
 * A broker's task socket. It knows its peers by identity; a peer that connects under an identity
 * that is taken replaces the one that had it. A peer that did not choose an identity has one that
 * begins with a zero character.
 */
export class RouterSocket extends Endpoint {
  /**
   * @param options `onMessage` is called with every message and who sent it. `onGone` is called
   *   when a peer's connection has ended, in good order or not, after its last message, and not
   *   when another connection took over its identity; it is a courtesy that some builds of zeromq
   *   do not offer. A peer that sends a frame over `maxMessageSize` bytes is disconnected: by
   *   default over `LIMITS.frameBytes` where others can reach the socket (by tcp); frames that are
   *   larger arrive whole all the same, since they travel in pieces.
   */
  constructor(
    options: ServerOptions & {
      onMessage(identity: string, frames: Frames): void;
      onGone?(identity: string): void;
      maxMessageSize?: number;
    },
  ) {
    const native = sockets();
    const socket = native.open("router", { ...SERVER, ...server(options), handover: true });
    const gone = options.onGone && notice(socket, "disconnectMessage");
    super(socket, (frames) => {
      const identity = readIdentity(frames[0]!);
      if (gone !== undefined && isNotice(frames, 1, gone)) options.onGone!(identity);
      else this.handOut(frames.slice(1), (message) => options.onMessage(identity, message));
    }, options);
    if (options.onRefused) this.observe(refusals(options.onRefused));
  }

  /**
   * Listens on an address such as `tcp://127.0.0.1:5555`, `tcp://*:*` or `ipc:///tmp/broker`.
   *
   * @returns the address with the port that was found for `*`
   * @throws {Error} when that is not possible, for example because the address is in use
   */
  bind(address: string): Promise<string> {
    return Promise.try(() => this.listen(address));
  }

  /**
   * Sends to a peer; dropped without a word when there is none of this identity. The frames must
   * not be changed afterwards. While messages are being taken in, answers to them wait for the end
   * of the turn, and leave together.
   */
  send(identity: string, frames: Frames): void {
    this.sendFrames(identity, frames, whenTurnEnds(this.#turnEnds));
  }

  readonly #turnEnds = () => this.sendAll();

  /**
   * Sends at least one frame to a peer, and tells whether one of this identity is connected. A peer
   * whose process was killed is missed within milliseconds, one that is merely stuck is not.
   */
  async reach(identity: string, frames: Frames): Promise<boolean> {
    if (this.closed) return false;
    this.sendAll(identity);
    this.socket.set({ mandatory: true });
    const message = [writeIdentity(identity), ...this.fitted(frames)];
    const sent = Promise.try(() => this.socket.send(message));
    this.socket.set({ mandatory: false });
    this.used();
    return await sent.then(() => true, () => false);
  }
}

/**
 * A worker's task socket. It connects again by itself when its connection breaks: a killed broker
 * was missed after some 10 ms, as was a connection that the kernel cut (`ss -K`), by both sides and
 * over tcp and ipc alike, and messages flowed again both ways once somebody listened. What is sent
 * meanwhile is kept and arrives first, in order; what was under way is lost, on both sides.
 */
export class DealerSocket extends Endpoint {
  #together = false;

  /**
   * @param options `identity` is the worker's name for the broker: 1 to 255 bytes that do not
   *   begin with a zero. `onMessage` is called with every message. `onGone` is called when a
   *   connection that stood has ended, after its last message; a courtesy that some builds of
   *   zeromq do not offer. A broker that sends a frame over `maxMessageSize` bytes is disconnected.
   */
  constructor(
    options: SocketOptions & {
      identity: string;
      onMessage(frames: Frames): void;
      onGone?(): void;
      curve?: CurveClientKeys;
      maxMessageSize?: number;
    },
  ) {
    const native = sockets();
    const socket = native.open("dealer", {
      ...CLIENT,
      ...client(options.curve),
      routingId: options.identity,
    });
    const gone = options.onGone && notice(socket, "hiccupMessage");
    super(socket, (frames) => {
      if (gone !== undefined && isNotice(frames, 0, gone)) options.onGone!();
      else this.handOut(frames, options.onMessage);
    }, options);
  }

  /**
   * Connects, now or as soon as something listens there. What is sent meanwhile waits.
   *
   * @throws {Error} when this is no address
   */
  connect(address: string): void {
    this.attach(address);
  }

  /**
   * Resolves when there is a connection, or its making needs the event loop no more; at the latest
   * after so many milliseconds. Never rejects.
   */
  async connected(milliseconds: number): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, milliseconds);
    await Promise.race([this.socket.stands, late.promise]);
    clearTimeout(timer);
  }

  /** Sends to the broker; {@link connect} comes first. The frames must not be changed afterwards. */
  send(frames: Frames): void {
    this.sendFrames("", frames, this.#together);
  }

  /** What is sent meanwhile leaves together, at once when `sends` has come back. */
  together(sends: () => void): void {
    if (this.#together) return sends();
    this.#together = true;
    try {
      sends();
    } finally {
      this.#together = false;
      this.sendAll();
    }
  }
}

/** A broker's meta socket: what it publishes reaches every subscriber of the topic. */
export class MetaPublisher extends Endpoint {
  readonly #subscriptions: Subscriptions;

  /**
   * @param options `topics` are all that will be published; whoever sends anything but one of them
   *   is not heard. `onSubscribe` is called with the topic of every new subscription.
   */
  constructor(
    options: ServerOptions & { topics: readonly string[]; onSubscribe?(topic: string): void },
  ) {
    const native = sockets();
    const socket = native.open("router", {
      ...SERVER,
      ...server(options),
      // What is not wanted waits with who sent it, and who does not read is not written to.
      receiveHighWaterMark: LIMITS.topicsUnread,
      sendHighWaterMark: LIMITS.publishedUnread,
      mandatory: true,
    });
    const subscriptions = new Subscriptions(options.topics);
    super(socket, (frames) => {
      const topic = subscriptions.take(frames[0]!, frames.slice(1));
      if (topic !== undefined) options.onSubscribe?.(topic);
    }, { maxMessageSize: LIMITS.topicBytes, ...options });
    this.#subscriptions = subscriptions;
    if (options.onRefused) this.observe(refusals(options.onRefused));
  }

  /** How often somebody subscribed to what is not published here. */
  get ignored(): number {
    return this.#subscriptions.ignored;
  }

  /** Listens on an address, as {@link RouterSocket.bind} does. */
  bind(address: string): Promise<string> {
    return Promise.try(() => this.listen(address));
  }

  /**
   * Sends to those who subscribed to this topic. Who has not read the last thousand messages does
   * not get this one.
   */
  publish(topic: string, frames: Frames): void {
    if (this.closed) return;
    const rest = [topic, ...frames];
    for (const subscriber of this.#subscriptions.of(topic)) {
      const sent = Promise.try(() => this.socket.send([subscriber, ...rest]));
      sent.catch((error: { code?: string }) => {
        if (error.code === "EHOSTUNREACH") this.#subscriptions.remove(subscriber);
      });
    }
    this.used();
  }
}

/** A worker's meta socket, or a broker's towards another broker. */
export class MetaSubscriber extends Endpoint {
  readonly #topics: readonly string[];
  #again: ReturnType<typeof setInterval> | undefined;

  /**
   * @param options every message of one of `topics` is handed to `onMessage`; of several messages
   *   of a topic of `latestOnly` that have come when this process gets to look, only the last. What
   *   was published before the connection stood is not received.
   */
  constructor(
    options: SocketOptions & {
      topics: readonly string[];
      latestOnly?: readonly string[];
      onMessage(topic: string, frames: Frames): void;
      curve?: CurveClientKeys;
    },
  ) {
    const native = sockets();
    const socket = native.open("dealer", { ...CLIENT, ...client(options.curve) });
    const gone = notice(socket, "hiccupMessage");
    const latest = new LatestOnly(options.latestOnly ?? [], options.onMessage);
    const deliver = (frames: Frames) => {
      if (gone !== undefined && isNotice(frames, 0, gone)) this.#subscribe();
      else latest.take(text(frames[0]!), frames.slice(1));
    };
    // It sends only subscriptions, which nobody waits for at the end.
    super(socket, deliver, options, { lingers: false, turned: () => latest.flush() });
    this.#topics = options.topics;
    if (gone !== undefined) return;
    // Nobody tells when the connection has broken, and that the publisher must be told again.
    this.#again = setInterval(() => this.#subscribe(), LIMITS.subscribeAgainMs);
    Deno.unrefTimer(this.#again);
  }

  /** Connects, as {@link DealerSocket.connect} does; to one address only. */
  connect(address: string): void {
    this.attach(address);
    this.#subscribe();
  }

  override close(): Promise<void> {
    clearInterval(this.#again);
    return super.close();
  }

  #subscribe(): void {
    for (const topic of this.#topics) this.post([topic]);
  }
}

/** A fresh pair of CURVE keys, 40 characters of Z85 each. */
export function curveKeyPair(): { publicKey: string; secretKey: string } {
  return sockets().curveKeyPair();
}

function server(options: ServerOptions): Settings {
  const { curve, zapDomain } = options;
  return {
    ...(curve && { curveServer: true, curveSecretKey: curve.secretKey }),
    // Enforced, so that nobody comes in while nobody can be asked.
    ...(zapDomain !== undefined && { zapDomain, zapEnforceDomain: true }),
  };
}

/** What libzmq says of a connection that was not let in, in words. */
const REFUSALS: Readonly<Record<string, string>> = {
  ERR_ZMTP_MECHANISM_MISMATCH: "it has no keys",
  ERR_ZMTP_CRYPTOGRAPHIC: "it has another key for this broker",
};

/** Picks the refused connections out of what happens to a socket. */
function refusals(onRefused: (reason: string) => void): (event: NativeEvent) => void {
  return ({ type, code }) => {
    if (type !== "refused") return;
    onRefused(REFUSALS[code ?? ""] ?? "it does not keep the protocol");
  };
}

function client(curve: CurveClientKeys | undefined): Settings {
  if (curve === undefined) return {};
  return {
    curveServerKey: curve.serverKey,
    curvePublicKey: curve.publicKey,
    curveSecretKey: curve.secretKey,
  };
}

/** Has libzmq put a message that nobody else can know into the socket when a connection ends. */
function notice(
  socket: NativeSocket,
  option: "disconnectMessage" | "hiccupMessage",
): Uint8Array | undefined {
  if (!sockets().hasDrafts) return undefined;
  const secret = crypto.getRandomValues(new Uint8Array(16));
  socket.set({ [option]: secret });
  return secret;
}
