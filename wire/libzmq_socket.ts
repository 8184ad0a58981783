/**
 * ZeroMQ's sockets by calls of libzmq. No call blocks: what cannot be done at once fails.
 *
 * @module
 */

import { lastError, type Libzmq } from "./libzmq.ts";
import type { Frames } from "./receiver.ts";
import type {
  NativeEvent,
  NativeSocket,
  NativeSockets,
  Settings,
  SocketKind,
  Watch,
} from "./native_socket.ts";
import { breatheByLoopback } from "./loopback.ts";
import { pollingBy } from "./polling.ts";
import { makeBell } from "./bell.ts";
import { type Attendance, type Attending, type Bell, Waiter, type Waiting } from "./waiter.ts";

/** libzmq's own numbers, from its `zmq.h`. */
const KINDS: Readonly<Record<SocketKind, number>> = { pair: 0, dealer: 5, router: 6 };
const DONT_WAIT = 1, MORE_FOLLOWS = 2;
const DESCRIPTOR = 14, EVENTS = 15, LAST_ENDPOINT = 32;
const READABLE = 1;
const OPTIONS: Readonly<Record<keyof Settings, number>> = {
  routingId: 5,
  linger: 17,
  reconnectInterval: 18,
  backlog: 19,
  reconnectMaxInterval: 21,
  maxMessageSize: 22,
  sendHighWaterMark: 23,
  receiveHighWaterMark: 24,
  mandatory: 33,
  tcpKeepalive: 34,
  tcpKeepaliveCount: 35,
  tcpKeepaliveIdle: 36,
  tcpKeepaliveInterval: 37,
  ipv6: 42,
  curveServer: 47,
  curvePublicKey: 48,
  curveSecretKey: 49,
  curveServerKey: 50,
  zapDomain: 55,
  handover: 56,
  handshakeInterval: 66,
  connectTimeout: 79,
  tcpMaxRetransmitTimeout: 80,
  zapEnforceDomain: 93,
  disconnectMessage: 111,
  hiccupMessage: 114,
};
/** The only one that takes 64 bits. */
const WIDE: keyof Settings = "maxMessageSize";

/** Of all that libzmq tells of a socket, what we want to hear. */
const MONITOR_STOPPED = 0x0400, REFUSED = 0x2000;
/** Of what was refused, whose fault that was. */
const CRYPTOGRAPHIC = 0x11000001, MECHANISM_MISMATCH = 0x11000002;

/** Bytes of a `zmq_msg_t`, of an address at most, and of a key in Z85 with its end. */
const MESSAGE_BYTES = 64, ADDRESS_BYTES = 1024, KEY_BYTES = 41;

/** How large a frame `zmq_msg_recv` can tell of. */
const LARGEST_TOLD = 0x7fffffff;

/** Times that a call is made once more, should signals come as often. */
const MOST_INTERRUPTIONS = 100;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The sockets of one process. */
export function libzmqSockets(libzmq: Libzmq): NativeSockets {
  const context = libzmq.zmq_ctx_new();
  const sockets = new Set<LibzmqSocket>();
  const open = (kind: SocketKind, settings: Settings): LibzmqSocket => {
    const socket = new LibzmqSocket(libzmq, context, kind, sockets, waiter);
    socket.set(settings);
    return socket;
  };
  const waiter: Waiter = new Waiter((): Bell => makeBell(open), pollingBy(libzmq));
  return {
    hasDrafts: libzmq.zmq_has(terminated("draft")) === 1,
    descriptorCalls: libzmq,
    breatheWell: () => breatheByLoopback(libzmq, () => libzmq.usleep(1)),
    open,
    curveKeyPair() {
      const publicKey = new Uint8Array(KEY_BYTES), secretKey = new Uint8Array(KEY_BYTES);
      if (libzmq.zmq_curve_keypair(publicKey, secretKey) !== 0) throw lastError(libzmq);
      return { publicKey: untilZero(publicKey), secretKey: untilZero(secretKey) };
    },
    end() {
      waiter.end();
      for (const socket of sockets) socket.close();
      uninterrupted(libzmq, () => libzmq.zmq_ctx_term(context));
    },
  };
}

/** Reused for every message: what is in it is copied out at once. */
const message = new Uint8Array(MESSAGE_BYTES);
const number32 = new Int32Array(1);
const number64 = new BigInt64Array(1);
const length = new BigUint64Array(1);
const NOTHING = new Uint8Array(1);

class LibzmqSocket implements NativeSocket {
  readonly descriptor: number;
  readonly #libzmq: Libzmq;
  readonly #context: Deno.PointerValue;
  readonly #socket: Deno.PointerValue;
  readonly #open: Set<LibzmqSocket>;
  readonly #waiter: Waiter;
  readonly #settings = new Map<keyof Settings, unknown>();
  #closed = false;

  constructor(
    libzmq: Libzmq,
    context: Deno.PointerValue,
    kind: SocketKind,
    open: Set<LibzmqSocket>,
    waiter: Waiter,
  ) {
    this.#waiter = waiter;
    this.#libzmq = libzmq;
    this.#context = context;
    this.#socket = libzmq.zmq_socket(context, KINDS[kind]);
    if (this.#socket === null) throw lastError(libzmq);
    this.#open = open;
    open.add(this);
    this.descriptor = this.#get(DESCRIPTOR);
  }

  get readable(): boolean {
    return !this.#closed && (this.#get(EVENTS) & READABLE) !== 0;
  }

  get lastEndpoint(): string {
    const address = new Uint8Array(ADDRESS_BYTES);
    length[0] = BigInt(ADDRESS_BYTES);
    this.#call(() => this.#libzmq.zmq_getsockopt(this.#socket, LAST_ENDPOINT, address, length));
    return untilZero(address);
  }

  set(settings: Settings): void {
    for (const [name, value] of Object.entries(settings) as [keyof Settings, unknown][]) {
      if (value === undefined || this.#settings.get(name) === value) continue;
      const bytes = name === WIDE ? wide(value as number) : bytesOf(value);
      const size = BigInt(bytes.byteLength);
      this.#call(() =>
        this.#libzmq.zmq_setsockopt(
          this.#socket,
          OPTIONS[name],
          size === 0n ? NOTHING : bytes,
          size,
        )
      );
      this.#settings.set(name, value);
    }
  }

  send(frames: (Uint8Array | string)[]): void {
    if (this.#closed) throw new Error("the socket is closed");
    const last = frames.length - 1;
    for (let i = 0; i <= last; i++) {
      const frame = frames[i]!;
      const bytes = typeof frame === "string" ? encoder.encode(frame) : frame;
      const flags = i < last ? DONT_WAIT | MORE_FOLLOWS : DONT_WAIT;
      const data = (bytes.length === 0 ? NOTHING : bytes) as Uint8Array<ArrayBuffer>;
      const size = BigInt(bytes.length);
      if (this.#libzmq.zmq_send(this.#socket, data, size, flags) >= 0) continue;
      this.#call(() => this.#libzmq.zmq_send(this.#socket, data, size, flags));
    }
  }

  receive(): Frames | undefined {
    const frames: Frames = [];
    do {
      this.#libzmq.zmq_msg_init(message);
      try {
        const size = this.#take();
        if (size === undefined) return undefined;
        const frame = new Uint8Array(size);
        if (size > 0) {
          this.#libzmq.memcpy(frame, this.#libzmq.zmq_msg_data(message), BigInt(size));
        }
        frames.push(frame);
        if (this.#libzmq.zmq_msg_more(message) === 0) return frames;
      } finally {
        this.#libzmq.zmq_msg_close(message);
      }
    } while (true);
  }

  /** Takes the next frame, and returns its size; undefined when there is none. */
  #take(): number | undefined {
    const take = () => this.#libzmq.zmq_msg_recv(message, this.#socket, DONT_WAIT);
    let size = take();
    if (size < 0) {
      const error = this.#try(() => size = take());
      if (error?.code === "EAGAIN") return undefined;
      if (error !== undefined) throw error;
    }
    return size < LARGEST_TOLD ? size : Number(this.#libzmq.zmq_msg_size(message));
  }

  bind(address: string): void {
    const text = terminated(address);
    this.#call(() => this.#libzmq.zmq_bind(this.#socket, text));
  }

  connect(address: string): void {
    const text = terminated(address);
    this.#call(() => this.#libzmq.zmq_connect(this.#socket, text));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#open.delete(this);
    this.#libzmq.zmq_close(this.#socket);
  }

  attend(attending: Attending): Attendance {
    return this.#waiter.attend(this.descriptor, attending);
  }

  watch(onEvent: (event: NativeEvent) => void): Watch {
    const address = `inproc://watch-${crypto.randomUUID()}`;
    const wanted = MONITOR_STOPPED | REFUSED;
    const text = terminated(address);
    this.#call(() => this.#libzmq.zmq_socket_monitor(this.#socket, text, wanted));
    const ear = new LibzmqSocket(this.#libzmq, this.#context, "pair", this.#open, this.#waiter);
    ear.set({ linger: 0 });
    ear.connect(address);
    return new Monitor(ear, this.#waiter, onEvent);
  }

  #get(option: number): number {
    length[0] = 4n;
    const get = () => this.#libzmq.zmq_getsockopt(this.#socket, option, number32, length);
    if (get() !== 0) this.#call(get);
    return number32[0]!;
  }

  #call(call: () => number): void {
    const error = this.#try(call);
    if (error !== undefined) throw error;
  }

  #try(call: () => number): (Error & { code?: string }) | undefined {
    return uninterrupted(this.#libzmq, call);
  }
}

/** Reads what libzmq tells of a socket, until that is gone. */
class Monitor implements Watch, Waiting {
  readonly descriptor: number;
  readonly ended: Promise<void>;
  readonly #ear: LibzmqSocket;
  readonly #waiter: Waiter;
  readonly #onEvent: (event: NativeEvent) => void;
  readonly #resolve: () => void;
  #holds = false;
  #over = false;

  constructor(ear: LibzmqSocket, waiter: Waiter, onEvent: (event: NativeEvent) => void) {
    this.#ear = ear;
    this.descriptor = ear.descriptor;
    this.#waiter = waiter;
    this.#onEvent = onEvent;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    this.#resolve = resolve;
    waiter.add(this);
    queueMicrotask(() => this.look());
  }

  get holdProcess(): boolean {
    return this.#holds && !this.#over;
  }

  hold(): void {
    this.#holds = true;
    this.#waiter.changed();
  }

  giveUp(): void {
    if (this.#over) return;
    this.#over = true;
    this.#waiter.remove(this);
    this.#ear.close();
    this.#resolve();
  }

  look(): void {
    try {
      while (!this.#over && this.#ear.readable) {
        const [event] = this.#ear.receive() ?? [];
        if (event !== undefined) this.#take(event);
      }
    } catch {
      this.giveUp();
    }
  }

  /** The first frame: what has happened in 16 bits, and a value in 32, as this processor has them. */
  #take(event: Uint8Array): void {
    const view = new DataView(event.buffer, event.byteOffset, event.byteLength);
    const kind = view.getUint16(0, true);
    if (kind === MONITOR_STOPPED) {
      this.#onEvent({ type: "end" });
      return this.giveUp();
    }
    const value = view.getUint32(2, true);
    const code = value === MECHANISM_MISMATCH
      ? "ERR_ZMTP_MECHANISM_MISMATCH"
      : value === CRYPTOGRAPHIC
      ? "ERR_ZMTP_CRYPTOGRAPHIC"
      : undefined;
    this.#onEvent({ type: "refused", code });
  }
}

/** Calls libzmq until no signal comes in between: then it has done nothing, which cost a run once. */
function uninterrupted(
  libzmq: Libzmq,
  call: () => number,
): (Error & { code?: string }) | undefined {
  for (let left = MOST_INTERRUPTIONS;; left--) {
    if (call() >= 0) return undefined;
    const error = lastError(libzmq);
    if (error.code !== "EINTR" || left === 0) return error;
  }
}

type Bytes = Uint8Array<ArrayBuffer> | Int32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>;

function bytesOf(value: unknown): Bytes {
  if (typeof value === "string") return encoder.encode(value);
  if (value instanceof Uint8Array) return value as Uint8Array<ArrayBuffer>;
  number32[0] = Number(value);
  return number32;
}

function wide(value: number): Bytes {
  number64[0] = BigInt(value);
  return number64;
}

function terminated(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(`${text}\0`);
}

function untilZero(bytes: Uint8Array): string {
  return decoder.decode(bytes.subarray(0, bytes.indexOf(0)));
}
