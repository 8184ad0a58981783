/**
 * A ROUTER of `wire/unix_socket.ts`: it listens, and knows its peers by name.
 *
 * @module
 */

import { listen } from "./connections.ts";
import { Deque } from "./deque.ts";
import { LIMITS } from "./limits.ts";
import type { Frames } from "./receiver.ts";
import { setTimeout } from "./timers.ts";
import { unixPath } from "./unix_path.ts";
import { asFrames, type Connected, UnixSocket } from "./unix_socket.ts";

/** Of a peer that did not choose a name: a zero, and a number. */
const MADE_UP_BYTES = 5;

/** See the module's text. */
export class UnixRouter extends UnixSocket {
  readonly #named = new Map<string, Connected>();
  /** The same by the very array, since whoever sends keeps it (`wire/frames.ts`). */
  readonly #known = new WeakMap<Uint8Array, Connected>();
  #listener: Deno.UnixListener | undefined;
  #accepting = Promise.resolve();
  #madeUp = 0;

  /** @throws {Error} with `code` when that is not possible */
  bind(address: string): void {
    const path = unixPath(address)!;
    // As libzmq does: what is there is left from a process that was killed.
    removeSocket(path);
    try {
      this.#listener = listen({ transport: "unix", path });
    } catch (error) {
      throw coded(error);
    }
    this.lastEndpoint = address;
    if (!this.holds) this.#listener.unref();
    this.#accepting = this.#accept(this.#listener);
  }

  connect(address: string): void {
    throw new Error(`a router does not connect to ${address}`);
  }

  send(message: (Uint8Array | string)[]): void {
    if (this.closed) throw new Error("the socket is closed");
    const [name, ...frames] = asFrames(message);
    const one = this.#find(name!);
    const { mandatory, sendHighWaterMark } = this.settings;
    if (one === undefined) {
      if (mandatory) throw withCode("nobody of this name is connected", "EHOSTUNREACH");
      return;
    }
    if (sendHighWaterMark && one.peer.unsent >= sendHighWaterMark) {
      if (mandatory) throw withCode("it does not read what is sent to it", "EAGAIN");
      return;
    }
    one.peer.send(frames);
  }

  #find(name: Uint8Array): Connected | undefined {
    const known = this.#known.get(name);
    if (known !== undefined && this.peers.has(known)) return known;
    const one = this.#named.get(keyOf(name));
    if (one !== undefined) this.#known.set(name, one);
    return one;
  }

  protected override holdAll(holds: boolean): void {
    super.holdAll(holds);
    if (holds) this.#listener?.ref();
    else this.#listener?.unref();
  }

  protected opened(one: Connected, given: Uint8Array): void {
    const name = given.length > 0 ? given : this.#makeUp();
    const key = keyOf(name);
    const other = this.#named.get(key);
    one.name = name;
    one.key = key;
    this.#named.set(key, one);
    other?.peer.end();
  }

  protected signed({ name }: Connected, frames: Frames): Frames {
    return [name!, ...frames];
  }

  protected lost(one: Connected): Frames | undefined {
    // Somebody else may have its name by now.
    if (one.name === undefined || this.#named.get(one.key) !== one) return undefined;
    this.#named.delete(one.key);
    const notice = this.settings.disconnectMessage;
    return notice && [one.name, notice];
  }

  protected stop(): void {
    this.#listener?.close();
    this.#listener = undefined;
  }

  /** When Deno lets go of a listener, it removes whatever is at its path: by then another's. */
  protected get stopped(): Promise<void> {
    return this.#accepting;
  }

  protected get isWaiting(): boolean {
    return false;
  }

  async #accept(listener: Deno.UnixListener): Promise<void> {
    while (!this.closed) {
      try {
        const connection = await listener.accept();
        if (this.closed) connection.close();
        else this.welcome(connection, "ROUTER", new Deque());
      } catch {
        // Too many are open, or the one that came has gone. Not to be repeated without a pause.
        if (!this.closed) await new Promise((resolve) => setTimeout(resolve, LIMITS.reconnectMs));
      }
    }
  }

  #makeUp(): Uint8Array {
    const name = new Uint8Array(MADE_UP_BYTES);
    new DataView(name.buffer).setUint32(1, ++this.#madeUp);
    return name;
  }
}

function keyOf(name: Uint8Array): string {
  return name.toHex();
}

function removeSocket(path: string): void {
  try {
    if (Deno.lstatSync(path).isSocket !== false) Deno.removeSync(path);
  } catch {
    // Not there.
  }
}

function coded(error: unknown): Error {
  const { message } = error as Error;
  if (error instanceof Deno.errors.AddrInUse) return withCode(message, "EADDRINUSE");
  if (error instanceof Deno.errors.PermissionDenied) return withCode(message, "EACCES");
  return error as Error;
}

function withCode(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}
