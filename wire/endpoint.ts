/**
 * What all sockets have in common: addresses, sending, receiving, closing. It does not import
 * zeromq; `wire/socket.ts` hands the sockets in.
 *
 * @module
 */

import { isLoopback } from "./addresses.ts";
import { eachMessage, Outbox } from "./batch.ts";
import { writeIdentity } from "./frames.ts";
import { LIMITS } from "./limits.ts";
import { cutFrames, joinFrames } from "./pieces.ts";
import type { NativeEvent, NativeSocket, Settings, Watch } from "./native_socket.ts";
import { type Frames, Receiver } from "./receiver.ts";
import { setTimeout } from "./timers.ts";

/** What every socket can be told. */
export interface SocketOptions {
  /**
   * Called with errors that no caller can be given, such as one thrown by a callback. The default
   * writes one line to stderr.
   */
  onError?(error: unknown): void;
  /** Bytes of the largest frame that may come; whoever sends a larger one is disconnected. */
  maxMessageSize?: number;
}

/** What kinds of sockets differ in. */
interface Habits {
  /** Whether what this socket sends is worth waiting for at its end; true unless told. */
  lingers?: boolean;
  /** Called when no more messages have come, or others shall run first. */
  turned?(): void;
}

/**
 * What shows that the link to another host is gone. Not so within a host: a process that was
 * stopped, with all buffers towards it full, does not acknowledge what the kernel goes on trying,
 * and would be cut off.
 */
const LINK = {
  tcpKeepalive: 1,
  tcpKeepaliveIdle: 1,
  tcpKeepaliveInterval: 1,
  tcpKeepaliveCount: Math.round(LIMITS.linkMs / 1000),
  tcpMaxRetransmitTimeout: LIMITS.linkMs,
};
const NO_LINK = { tcpKeepalive: 0, tcpMaxRetransmitTimeout: 0 };

/** See the module's text. */
export abstract class Endpoint {
  protected readonly socket: NativeSocket;
  readonly #lingers: boolean;
  readonly #maxMessageSize: number | undefined;
  readonly #receiver: Receiver;
  readonly #onError: (error: unknown) => void;
  #closing: Promise<void> | undefined;
  #watch: Watch | undefined;
  /** Whether there is a peer that may take small frames only. */
  #cuts = false;
  /** What is to leave together. */
  readonly #outbox = new Outbox((to, frames) => this.#sendTo(to, frames));

  protected constructor(
    socket: NativeSocket,
    deliver: (frames: Frames) => void,
    options: SocketOptions,
    { lingers = true, turned }: Habits = {},
  ) {
    this.socket = socket;
    this.#maxMessageSize = options.maxMessageSize;
    this.#lingers = lingers;
    socket.set({ linger: lingers ? LIMITS.lingerAtExitMs : 0 });
    this.#onError = (error) => {
      if (this.closed) return;
      try {
        (options.onError ?? reportOnStderr)(error);
      } catch (another) {
        reportOnStderr(another);
      }
    };
    this.#receiver = new Receiver(socket, deliver, this.#onError, turned);
  }

  /**
   * When true, as it is at first, waiting for messages keeps the process alive. When false it does
   * not; and if no other socket does, messages are looked for every 20 ms only.
   */
  get holdProcess(): boolean {
    return this.#receiver.holdProcess;
  }
  set holdProcess(hold: boolean) {
    this.#receiver.holdProcess = hold;
  }

  /** Whether this socket keeps the process alive now. */
  get isHolding(): boolean {
    return this.#receiver.holdProcess;
  }

  /** True from the moment {@link close} is called. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Closes the socket: no callback is called from now on. Resolves when everything that was sent
   * has left this process, or after about a second. What the other side has not read when its
   * connection ends may be lost if it was still sending, so say goodbye first.
   */
  close(lingers = this.#lingers): Promise<void> {
    return this.#closing ??= this.#close(lingers);
  }

  async #close(lingers: boolean): Promise<void> {
    this.#outbox.flush();
    this.#receiver.close();
    const watch = this.#watch ?? this.#tryWatch(() => {});
    watch?.hold();
    this.socket.set({ linger: lingers ? LIMITS.lingerMs : 0 });
    this.socket.close();
    const gone = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      watch?.giveUp();
      gone.resolve();
    }, LIMITS.closedMs);
    await (watch?.ended ?? gone.promise);
    clearTimeout(timer);
    await this.#receiver.settled();
  }

  /**
   * Undefined when it cannot be watched: libzmq knows what watches a socket by where that is in
   * memory, and there another may have been whose watch has not gone yet.
   */
  #tryWatch(onEvent: (event: NativeEvent) => void): Watch | undefined {
    try {
      return this.socket.watch(guarded(onEvent));
    } catch {
      return undefined;
    }
  }

  /** Listens, and returns the address with the port that was found. */
  protected listen(address: string): string {
    if (this.closed) throw new Error(`cannot listen on ${address}: the socket is closed`);
    // IPv6 only where it is asked for: an address like tcp://127.0.0.1:5555 would otherwise come
    // back as tcp://[::ffff:127.0.0.1]:5555.
    const bound = address.startsWith("tcp:") ? LIMITS.frameBytes : -1;
    this.#prepare(address, {
      ipv6: address.includes("[") || address.startsWith("tcp://*"),
      maxMessageSize: this.#maxMessageSize ?? bound,
    });
    try {
      this.socket.bind(address);
    } catch (error) {
      throw new Error(`${address} ${explain(error)}`, { cause: error });
    }
    this.used();
    const real = this.socket.lastEndpoint || address;
    if (!address.startsWith("tcp://*:")) return real;
    return `tcp://*:${real.slice(real.lastIndexOf(":") + 1)}`;
  }

  /** Connects. */
  protected attach(address: string): void {
    if (this.closed) throw new Error(`cannot connect to ${address}: the socket is closed`);
    // A host's name is looked up as IPv4: with both kinds, libzmq takes the first IPv6 address and
    // never tries another, and `localhost` would be ::1 while a broker listens on 127.0.0.1.
    this.#prepare(address, {
      ipv6: address.includes("["),
      maxMessageSize: this.#maxMessageSize ?? -1,
    });
    try {
      this.socket.connect(address);
    } catch (error) {
      throw new Error(`${address} ${explain(error)}`, { cause: error });
    }
    this.used();
  }

  #prepare(address: string, settings: Settings): void {
    // libzmq would quietly take 65537 for 1.
    if (Number(/^tcp:.*:(\d+)$/.exec(address)?.[1]) > 65535) {
      throw new Error(`${address} has a port over 65535`);
    }
    if (address.startsWith("tcp:")) {
      this.#cuts = true;
      Object.assign(settings, isLoopback(address) ? NO_LINK : LINK);
    }
    this.socket.set(settings);
  }

  /** The frames of a message as the other side may get them. */
  protected fitted(frames: Frames): Frames {
    return this.#cuts ? cutFrames(frames) : cutFrames(frames, Infinity);
  }

  /** From now on `onEvent` is told what happens to the socket, as far as it can be watched. */
  protected observe(onEvent: (event: NativeEvent) => void): void {
    this.#watch ??= this.#tryWatch(onEvent);
  }

  /** To be called after every use of the socket. */
  protected used(): void {
    this.#receiver.lookSoon();
  }

  /** Hands out what came as one message of zeromq; one that cannot be handled stops no other. */
  protected handOut(frames: Frames, deliver: (frames: Frames) => void): void {
    eachMessage(frames, (message) => {
      if (this.closed) return;
      try {
        deliver(joinFrames(message));
      } catch (error) {
        this.#onError(error);
      }
    });
  }

  /**
   * Sends a message to a peer ("" where there is one only). `later`, when true, means that somebody
   * will call {@link sendAll} soon: until then it is kept, to leave together with others.
   */
  protected sendFrames(to: string, frames: Frames, later: boolean): void {
    if (this.closed) return;
    const fitted = this.fitted(frames);
    if (later) return this.#outbox.add(to, fitted);
    this.sendAll(to);
    this.#sendTo(to, fitted);
  }

  /** Sends what is kept, all or for one peer. */
  protected sendAll(to?: string): void {
    if (to === undefined) this.#outbox.flush();
    else this.#outbox.flushTo(to);
  }

  #sendTo(to: string, frames: Frames): void {
    this.post(to === "" ? frames : [writeIdentity(to), ...frames]);
  }

  /** Sends. */
  protected post(frames: (Uint8Array | string)[]): void {
    if (this.closed) return;
    try {
      this.socket.send(frames)?.catch(this.#onError);
    } catch (error) {
      this.#onError(error);
    }
    this.used();
  }
}

/** What goes wrong with hearing of an event is told, and stops nothing. */
function guarded(onEvent: (event: NativeEvent) => void): (event: NativeEvent) => void {
  return (event) => {
    try {
      onEvent(event);
    } catch (error) {
      reportOnStderr(error);
    }
  };
}

function explain(error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  switch (code) {
    case "EADDRINUSE":
      return "is in use: another broker, or another program, listens there";
    case "EADDRNOTAVAIL":
    case "ENODEV":
      return "does not belong to this host";
    case "EACCES":
      return "may not be used by this user";
    case "EINVAL":
    case "EPROTONOSUPPORT":
      return "is no address: something like tcp://127.0.0.1:5555 was expected";
    default:
      return `cannot be used: ${message}`;
  }
}

function reportOnStderr(error: unknown): void {
  console.error(`scoop: ${String(error).split("\n", 1)[0]}`);
}
