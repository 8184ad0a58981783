/**
 * ZeroMQ's sockets by the package's own code, where libzmq itself cannot be called: its build for
 * Windows does not let it. Importing this loads the package's native addon.
 *
 * What was measured under Deno 2.9: a positive `sendTimeout` or `receiveTimeout` crashes the
 * process, so both are 0. The addon sends frames over 128 bytes without copying them. How to wait is
 * told in `wire/waiter.ts`.
 *
 * @module
 */

import * as zeromq from "npm:zeromq@^6.8";
import type { Frames } from "./receiver.ts";
import type {
  NativeEvent,
  NativeSocket,
  NativeSockets,
  Settings,
  SocketKind,
  Watch,
} from "./native_socket.ts";
import { makeBell } from "./bell.ts";
import { type Attendance, type Attending, type Bell, Waiter } from "./waiter.ts";

/** What the package has no names for. */
const DESCRIPTOR = 14, DISCONNECT_MESSAGE = 111, HICCUP_MESSAGE = 114;

const KINDS = { router: zeromq.Router, dealer: zeromq.Dealer, pair: zeromq.Pair };

/** What the package's sockets have, of which its types tell only in part. */
interface PackageSocket {
  readonly readable: boolean;
  readonly lastEndpoint: string | null;
  readonly events: zeromq.Observer;
  receive(): Promise<Uint8Array[]>;
  send(message: (Uint8Array | string)[]): Promise<void>;
  bindSync(address: string): void;
  connect(address: string): void;
  close(): void;
  getInt32Option(option: number): number;
  setStringOption(option: number, value: Uint8Array): void;
}

/** The sockets of one process; see the module's text. */
export function packageSockets(): NativeSockets {
  const open = (kind: SocketKind, settings: Settings): Adapted => {
    const socket = new KINDS[kind]({ sendTimeout: 0, receiveTimeout: 0 });
    const one = new Adapted(socket as unknown as PackageSocket, waiter);
    one.set(settings);
    return one;
  };
  // Nothing better is known than to look at them.
  const waiter: Waiter = new Waiter((): Bell => makeBell(open), undefined);
  return {
    hasDrafts: zeromq.capability.draft === true,
    open,
    curveKeyPair: () => zeromq.curveKeyPair(),
    // The addon does so by itself.
    end() {},
  };
}

class Adapted implements NativeSocket {
  readonly #socket: PackageSocket;
  readonly #waiter: Waiter;
  readonly #settings = new Map<string, unknown>();

  constructor(socket: PackageSocket, waiter: Waiter) {
    this.#socket = socket;
    this.#waiter = waiter;
  }

  get descriptor(): number {
    return this.#socket.getInt32Option(DESCRIPTOR);
  }

  get readable(): boolean {
    return this.#socket.readable;
  }

  get lastEndpoint(): string {
    return this.#socket.lastEndpoint ?? "";
  }

  /** Called only when there is something. The addon makes Node buffers, which differ from arrays. */
  async receive(): Promise<Frames> {
    const frames = await this.#socket.receive();
    return frames.map(({ buffer, byteOffset, byteLength }) =>
      new Uint8Array(buffer, byteOffset, byteLength)
    );
  }

  set({ disconnectMessage, hiccupMessage, ...settings }: Settings): void {
    if (disconnectMessage) this.#socket.setStringOption(DISCONNECT_MESSAGE, disconnectMessage);
    if (hiccupMessage) this.#socket.setStringOption(HICCUP_MESSAGE, hiccupMessage);
    const named = this.#socket as unknown as Record<string, unknown>;
    for (const [name, value] of Object.entries(settings)) {
      // The addon warns of those that are set after the first address, even if nothing changes.
      if (value === undefined || this.#settings.get(name) === value) continue;
      named[name] = value;
      this.#settings.set(name, value);
    }
  }

  send(message: (Uint8Array | string)[]): Promise<void> {
    return this.#socket.send(message);
  }

  /** Not by `bind`, which works in another thread and makes the socket unusable meanwhile. */
  bind(address: string): void {
    uninterrupted(() => this.#socket.bindSync(address));
  }

  connect(address: string): void {
    uninterrupted(() => this.#socket.connect(address));
  }

  close(): void {
    this.#socket.close();
  }

  attend(attending: Attending): Attendance {
    return this.#waiter.attend(this.descriptor, attending);
  }

  watch(onEvent: (event: NativeEvent) => void): Watch {
    return follow(this.#socket.events, onEvent);
  }
}

/**
 * Tells what happens to a socket until it is gone. Here a receive has to be left pending; so an
 * uncaught error, which would crash on it, puts an end to it. It does not sleep through an event, as
 * other receives can (`wire/waiter.ts`), since nothing but events ever comes to it.
 */
function follow(events: zeromq.Observer, onEvent: (event: NativeEvent) => void): Watch {
  const giveUp = () => events.close();
  addEventListener("error", giveUp);
  addEventListener("unhandledrejection", giveUp);
  const all = async () => {
    try {
      while (!events.closed) {
        const event = await events.receive();
        if (event.type === "end") break;
        if (event.type !== "handshake:error:protocol") continue;
        const { code } = (event.error ?? {}) as { code?: string };
        onEvent({ type: "refused", code });
      }
    } catch {
      // Given up.
    } finally {
      removeEventListener("error", giveUp);
      removeEventListener("unhandledrejection", giveUp);
    }
  };
  return { ended: all(), hold() {}, giveUp };
}

/** Times that a call is made once more, should signals come as often. */
const MOST_INTERRUPTIONS = 100;

/** Calls until no signal comes in between. */
function uninterrupted(call: () => void): void {
  for (let left = MOST_INTERRUPTIONS;; left--) {
    try {
      return call();
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      const isSignal = code === "EINTR" || message === "Interrupted system call";
      if (!isSignal || left === 0) throw error;
    }
  }
}
