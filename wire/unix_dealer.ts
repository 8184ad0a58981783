/**
 * A DEALER of `wire/unix_socket.ts`: it connects to one listener, again and again if need be, and
 * keeps what is sent meanwhile.
 *
 * @module
 */

import { connect } from "./connections.ts";
import { Deque } from "./deque.ts";
import { LIMITS } from "./limits.ts";
import type { Frames } from "./receiver.ts";
import { setTimeout } from "./timers.ts";
import { unixPath } from "./unix_path.ts";
import { asFrames, type Connected, UnixSocket } from "./unix_socket.ts";

/** See the module's text. */
export class UnixDealer extends UnixSocket {
  /** What waits for a connection, or for its turn on the one that stands. */
  readonly #queue = new Deque<Frames>();
  #path = "";
  #pause = 0;
  #again: ReturnType<typeof setTimeout> | undefined;
  #one: Connected | undefined;
  readonly #stands = Promise.withResolvers<void>();

  bind(address: string): void {
    throw new Error(`a dealer does not listen on ${address}`);
  }

  connect(address: string): void {
    this.#path = unixPath(address)!;
    this.lastEndpoint = address;
    void this.#connect();
  }

  send(message: (Uint8Array | string)[]): void {
    if (this.closed) throw new Error("the socket is closed");
    const frames = asFrames(message);
    if (this.#one === undefined) this.#queue.push(frames);
    else this.#one.peer.send(frames);
  }

  get stands(): Promise<void> {
    return this.#stands.promise;
  }

  protected opened(one: Connected, name: Uint8Array): void {
    one.name = name;
    this.#pause = 0;
    this.#stands.resolve();
  }

  protected signed(_: Connected, frames: Frames): Frames {
    return frames;
  }

  protected lost({ name }: Connected): Frames | undefined {
    this.#one = undefined;
    this.#connectLater();
    const notice = this.settings.hiccupMessage;
    return name !== undefined && notice !== undefined ? [notice] : undefined;
  }

  protected stop(): void {
    // What is to be sent still wants its connection; `linger` says for how long.
    if (!this.isWaiting) clearTimeout(this.#again);
  }

  protected get stopped(): Promise<void> {
    return Promise.resolve();
  }

  protected get isWaiting(): boolean {
    return this.#queue.length > 0 && !this.isGone;
  }

  protected override holdAll(holds: boolean): void {
    super.holdAll(holds);
    if (this.#again === undefined) return;
    if (holds) Deno.refTimer(this.#again);
    else Deno.unrefTimer(this.#again);
  }

  async #connect(): Promise<void> {
    try {
      const connection = await connect({ transport: "unix", path: this.#path });
      if (this.closed && !this.isWaiting) return connection.close();
      this.#one = this.welcome(connection, "DEALER", this.#queue);
    } catch {
      // Nobody listens there yet, or any more.
      this.#connectLater();
    }
  }

  #connectLater(): void {
    if (this.closed && !this.isWaiting) return;
    const { reconnectInterval = LIMITS.reconnectMs, reconnectMaxInterval = 0 } = this.settings;
    this.#pause = this.#pause === 0
      ? reconnectInterval
      : Math.max(reconnectInterval, Math.min(2 * this.#pause, reconnectMaxInterval));
    this.#again = setTimeout(() => {
      this.#again = undefined;
      void this.#connect();
    }, this.#pause);
    if (!this.holds) Deno.unrefTimer(this.#again);
  }
}
