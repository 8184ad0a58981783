/**
 * Sockets that are made when their address is known: within a host, for a process that is one of a
 * run and nothing else, by Deno's own connections (`wire/unix_socket.ts`), otherwise by libzmq. Both
 * speak the same protocol, so that each end may choose.
 *
 * @module
 */

import type { CLibrary } from "./c_library.ts";
import { Descriptors } from "./descriptors.ts";
import { LIMITS } from "./limits.ts";
import { breatheByLoopback } from "./loopback.ts";
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
  readonly #use: () => NativeSockets;
  /** What makes all that Deno does not, once that is needed. */
  #native: NativeSockets | undefined;
  #library: CLibrary | undefined;
  /** Those of Deno's connections, if it is to use some. */
  #descriptors: Descriptors | undefined;

  /** @param use loads what makes all that Deno does not, or throws */
  constructor(use: () => NativeSockets) {
    this.#use = use;
  }

  #others(): NativeSockets {
    return this.#native ??= this.#use();
  }

  /** There are others now, whose abilities count. */
  loaded(native: NativeSockets): void {
    this.#native ??= native;
  }

  /** Deno's connections have what they are needed for. */
  get hasDrafts(): boolean {
    return this.#onlyConnections || this.#others().hasDrafts;
  }

  /** So far; whoever has to do with other hosts has loaded libzmq before its first socket. */
  get #onlyConnections(): boolean {
    return this.#library !== undefined && this.#native === undefined;
  }

  /**
   * From now on sockets within this host are Deno's connections, as far as that is allowed.
   *
   * @param library what they take, where it can be had without libzmq
   * @param others where it cannot: libzmq, if that can be called
   */
  useConnections(
    library: CLibrary | undefined,
    others: () => NativeSockets | undefined,
  ): void {
    this.#library ??= library;
    const calls = this.#library ?? others()?.descriptorCalls;
    this.#descriptors ??= calls && new Descriptors(calls);
  }

  /** Whether sockets with these addresses need nothing else. */
  areConnections(addresses: readonly string[]): boolean {
    if (addresses.length === 0 || this.#library === undefined) return false;
    return addresses.map(unixPath).every((path) => path !== undefined && mayUse(path));
  }

  breatheWell(): void {
    const library = this.#library;
    if (library === undefined) return this.#others().breatheWell?.();
    breatheByLoopback(library, () => library.usleep(1));
  }

  open(kind: SocketKind, settings: Settings): NativeSocket {
    if (this.#descriptors === undefined || kind === "pair") {
      return this.#others().open(kind, settings);
    }
    return new AddressedSocket((address) => this.#choose(kind, address, settings), settings);
  }

  #choose(kind: SocketKind, address: string | undefined, settings: Settings): NativeSocket {
    const isPlain = settings.curveServer === undefined && settings.curveServerKey === undefined &&
      settings.zapDomain === undefined;
    const path = address && unixPath(address);
    if (!isPlain || !path || !mayUse(path) || !this.#descriptors) {
      return this.#others().open(kind, settings);
    }
    return new (kind === "router" ? UnixRouter : UnixDealer)(this.#descriptors);
  }

  curveKeyPair(): { publicKey: string; secretKey: string } {
    return this.#others().curveKeyPair();
  }

  end(): void {
    sendAtEnd(LIMITS.lingerAtExitMs);
    this.#native?.end();
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
