/**
 * Sockets that are made when their address is known: within a host, for a process that is one of a
 * run and nothing else, by Deno's own connections (`wire/unix_socket.ts`), otherwise by libzmq. Both
 * speak the same protocol, so that each end may choose.
 *
 * @module
 */

import { Descriptors } from "./descriptors.ts";
import { LIMITS } from "./limits.ts";
import type {
  NativeEvent,
  NativeSocket,
  NativeSockets,
  Settings,
  SocketKind,
  Watch,
} from "./native_socket.ts";
import type { Frames } from "./receiver.ts";
import { UnixDealer } from "./unix_dealer.ts";
import { mayUse, unixPath } from "./unix_path.ts";
import { UnixRouter } from "./unix_router.ts";
import { sendAtEnd } from "./unix_writer.ts";
import type { Attendance, Attending } from "./waiter.ts";

/** See the module's text. */
export class AddressedSockets implements NativeSockets {
  readonly #native: NativeSockets;
  /** Those of Deno's connections, if it is to use some. */
  #descriptors: Descriptors | undefined;

  /** @param native what makes all that Deno does not */
  constructor(native: NativeSockets) {
    this.#native = native;
  }

  get hasDrafts(): boolean {
    return this.#native.hasDrafts;
  }

  /** From now on sockets within this host are Deno's connections, as far as that is allowed. */
  useConnections(): void {
    const { descriptorCalls } = this.#native;
    this.#descriptors ??= descriptorCalls && new Descriptors(descriptorCalls);
  }

  breatheWell(): void {
    this.#native.breatheWell?.();
  }

  open(kind: SocketKind, settings: Settings): NativeSocket {
    if (this.#descriptors === undefined || kind === "pair") {
      return this.#native.open(kind, settings);
    }
    return new AddressedSocket((address) => this.#choose(kind, address, settings), settings);
  }

  #choose(kind: SocketKind, address: string | undefined, settings: Settings): NativeSocket {
    const isPlain = settings.curveServer === undefined && settings.curveServerKey === undefined &&
      settings.zapDomain === undefined;
    const path = address && unixPath(address);
    if (!isPlain || !path || !mayUse(path) || !this.#descriptors) {
      return this.#native.open(kind, settings);
    }
    return new (kind === "router" ? UnixRouter : UnixDealer)(this.#descriptors);
  }

  curveKeyPair(): { publicKey: string; secretKey: string } {
    return this.#native.curveKeyPair();
  }

  end(): void {
    sendAtEnd(LIMITS.lingerAtExitMs);
    this.#native.end();
  }
}

/** Whatever is asked of it before it has an address, but to be set or attended, makes it libzmq's. */
class AddressedSocket implements NativeSocket {
  readonly #choose: (address: string | undefined) => NativeSocket;
  readonly #settings: Settings;
  #attending: Attending | undefined;
  #attendance: Attendance | undefined;
  #chosen: NativeSocket | undefined;

  constructor(choose: (address: string | undefined) => NativeSocket, settings: Settings) {
    this.#choose = choose;
    this.#settings = { ...settings };
  }

  #socket(address?: string): NativeSocket {
    if (this.#chosen !== undefined) return this.#chosen;
    const chosen = this.#choose(address);
    chosen.set(this.#settings);
    if (this.#attending !== undefined) this.#attendance = chosen.attend(this.#attending);
    return this.#chosen = chosen;
  }

  get readable(): boolean {
    return this.#chosen?.readable ?? false;
  }

  get stands(): Promise<void> {
    return this.#socket().stands ?? Promise.resolve();
  }

  get lastEndpoint(): string {
    return this.#socket().lastEndpoint;
  }

  set(settings: Settings): void {
    if (this.#chosen === undefined) Object.assign(this.#settings, settings);
    else this.#chosen.set(settings);
  }

  receive(): Frames | undefined | Promise<Frames> {
    return this.#chosen?.receive();
  }

  attend(attending: Attending): Attendance {
    this.#attending = attending;
    this.#attendance = this.#chosen?.attend(attending);
    const mustAsk = () => this.#attendance?.mustAsk ?? false;
    return {
      get mustAsk() {
        return mustAsk();
      },
      changed: () => this.#attendance?.changed(),
      end: () => {
        this.#attending = undefined;
        this.#attendance?.end();
      },
      settled: () => this.#attendance?.settled() ?? Promise.resolve(),
    };
  }

  send(message: (Uint8Array | string)[]): void | Promise<void> {
    return this.#socket().send(message);
  }

  bind(address: string): void {
    this.#socket(address).bind(address);
  }

  connect(address: string): void {
    this.#socket(address).connect(address);
  }

  close(): void {
    this.#socket().close();
  }

  watch(onEvent: (event: NativeEvent) => void): Watch {
    return this.#socket().watch(onEvent);
  }
}
