/**
 * Takes the messages of a zeromq socket as they come. It does not import zeromq: `wire/socket.ts`
 * does.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { Waiter, Waiting } from "./waiter.ts";

/** The frames of one message. */
export type Frames = Uint8Array[];

/** What receiving needs of a zeromq socket. */
export interface Source {
  /** True when a message can be taken without waiting. */
  readonly readable: boolean;
  /** Resolves with the next message; called only when there is one. */
  receive(): Promise<Frames>;
}

/** After so many messages, or milliseconds, other work of the process gets its turn. */
const TURN_MESSAGES = 256;
const TURN_MS = 5;

/** Takes every message of a socket, in order, and hands it to a function. */
export class Receiver implements Waiting {
  readonly descriptor: number;
  readonly #source: Source;
  readonly #waiter: Waiter;
  readonly #deliver: (frames: Frames) => void;
  readonly #onError: (error: unknown) => void;
  #hold = true;
  #running = false;
  #lookingSoon = false;
  #closed = false;

  /**
   * Starts to receive.
   *
   * @param source the socket
   * @param descriptor the socket's own, that reports when something happened to it
   * @param waiter waits for it
   * @param deliver called with each message; what it throws goes to `onError`
   * @param onError called with what went wrong; receiving goes on
   */
  constructor(
    source: Source,
    descriptor: number,
    waiter: Waiter,
    deliver: (frames: Frames) => void,
    onError: (error: unknown) => void,
  ) {
    this.#source = source;
    this.descriptor = descriptor;
    this.#waiter = waiter;
    this.#deliver = deliver;
    this.#onError = onError;
    waiter.add(this);
  }

  /** Whether waiting for messages keeps the process alive. */
  get holdProcess(): boolean {
    return this.#hold && !this.#closed;
  }
  set holdProcess(hold: boolean) {
    if (hold === this.#hold) return;
    this.#hold = hold;
    if (!this.#closed) this.#waiter.changed();
  }

  /** Ends the receiving: nothing is delivered or reported after this. */
  close(): void {
    this.#closed = true;
    this.#waiter.remove(this);
  }

  /** Takes what has arrived. */
  look(): void {
    // Asked even while messages are being taken: asking is what quiets the descriptor.
    if (!this.#closed && this.#source.readable && !this.#running) this.#run();
  }

  /**
   * To be called after every other use of the socket. libzmq may have noticed meanwhile that a
   * message arrived, and then the descriptor does not report it any more.
   */
  lookSoon(): void {
    if (this.#running || this.#lookingSoon) return;
    this.#lookingSoon = true;
    queueMicrotask(() => {
      this.#lookingSoon = false;
      this.look();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    let left = TURN_MESSAGES;
    let until = performance.now() + TURN_MS;
    try {
      while (!this.#closed && this.#source.readable) {
        const frames = await this.#source.receive();
        if (this.#closed) break;
        this.#handOver(frames);
        // Messages that are there already resolve at once, which alone would never let timers or
        // other I/O run.
        if (--left === 0 || performance.now() > until) {
          await new Promise((resolve) => setImmediate(resolve));
          left = TURN_MESSAGES;
          until = performance.now() + TURN_MS;
        }
      }
    } catch (error) {
      if (!this.#closed) this.#onError(error);
    }
    this.#running = false;
  }

  #handOver(frames: Frames): void {
    try {
      this.#deliver(frames);
    } catch (error) {
      this.#onError(error);
    }
  }
}
