/**
 * Waits until something has happened to one of this process's zeromq sockets. It does not import
 * zeromq: `wire/socket.ts` does.
 *
 * The package's own way to wait is a pending `receive()`. Under Deno 2.9 that will not do:
 *
 * - It can sleep through a message. libzmq's descriptor reports changes, Deno's `uv_poll` fires
 *   once, and a change that brings no message (a peer attaching) uses that one up.
 * - Closing a socket in the moment in which its `uv_poll` has fired crashes the process, and so
 *   does an uncaught error while a receive is pending, before the error is printed.
 * - It holds the process and cannot be withdrawn, and each one starts a thread.
 *
 * So nothing here ever leaves a receive pending. One call of libzmq's `zmq_poll`, made in a thread
 * of Deno's pool, waits for the descriptors of all sockets together. A bell among them ends the
 * call when the sockets to wait for have changed.
 *
 * @module
 */

import { LIMITS } from "./limits.ts";

/** A socket, as far as waiting is concerned. */
export interface Waiting {
  /** Becomes readable when something has happened to the socket. */
  readonly descriptor: number;
  /** Whether waiting for it keeps the process alive. */
  readonly holdProcess: boolean;
  /**
   * Looks what has happened, and does not throw; from then on, the descriptor reports what happens
   * later.
   */
  look(): void;
}

/** Ends a wait from within the process. */
export interface Bell {
  readonly descriptor: number;
  ring(): void;
  silence(): Promise<void>;
}

/** libzmq's `zmq_poll`: waits up to so many milliseconds, for ever if negative. */
export type Poll = (items: Uint8Array, count: number, milliseconds: bigint) => Promise<number>;

/** Size of a `zmq_pollitem_t` with 64-bit pointers, and where its fields are. */
const ITEM = 16, DESCRIPTOR = 8, EVENTS = 12, HAPPENED = 14;
const READABLE = 1;

/** Waits for all sockets of a process. */
export class Waiter {
  readonly #makeBell: () => Bell;
  readonly #poll: Poll | undefined;
  readonly #sockets = new Set<Waiting>();
  #bell: Bell | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #waiting: Promise<void> | undefined;
  /** What the next call waits for; made anew when the sockets have changed. */
  #items: { sockets: Waiting[]; view: DataView<ArrayBuffer> } | undefined;

  /**
   * @param makeBell called when first needed
   * @param poll undefined where it cannot be called; sockets are then looked at every few
   *   milliseconds
   */
  constructor(makeBell: () => Bell, poll: Poll | undefined) {
    this.#makeBell = makeBell;
    this.#poll = poll;
  }

  /** From now on the socket is looked at whenever something happened to it. */
  add(socket: Waiting): void {
    this.#sockets.add(socket);
    this.changed();
  }

  /** The socket is not looked at any more, and may be closed. */
  remove(socket: Waiting): void {
    this.#sockets.delete(socket);
    this.changed();
  }

  /** To be called when a socket's `holdProcess` has changed. */
  changed(): void {
    this.#items = undefined;
    if (this.#waiting !== undefined) this.#bell?.ring();
    else if (this.#holds()) this.#waiting = this.#run();
    this.#setTimer(this.#sockets.size > 0 && !this.#holds());
  }

  /** Resolves when nothing is left of a wait that has no more sockets that hold the process. */
  async settled(): Promise<void> {
    if (!this.#holds()) await this.#waiting;
  }

  #holds(): boolean {
    for (const socket of this.#sockets) if (socket.holdProcess) return true;
    return false;
  }

  async #run(): Promise<void> {
    while (this.#holds()) {
      if (this.#poll === undefined) {
        await sleep(LIMITS.lookMs);
        for (const socket of this.#sockets) socket.look();
      } else {
        // Whatever goes wrong with a call, there is a next one.
        await this.#pollOnce(this.#poll).catch(() => sleep(LIMITS.lookMs));
      }
    }
    this.#waiting = undefined;
  }

  async #pollOnce(poll: Poll): Promise<void> {
    this.#bell ??= this.#makeBell();
    const { sockets, view } = this.#items ??= pollItems(this.#bell, this.#sockets);
    const happened = await poll(new Uint8Array(view.buffer), sockets.length + 1, -1n);
    // Interrupted by a signal, or something unheard of: not to be repeated without a pause.
    if (happened < 0) await sleep(LIMITS.lookMs);
    if (view.getInt16(HAPPENED, true) !== 0) await this.#bell.silence();
    for (let i = 0; i < sockets.length; i++) {
      if (view.getInt16((i + 1) * ITEM + HAPPENED, true) === 0) continue;
      if (this.#sockets.has(sockets[i]!)) sockets[i]!.look();
    }
  }

  #setTimer(wanted: boolean): void {
    if (wanted === (this.#timer !== undefined)) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (!wanted) return;
    this.#timer = setInterval(() => {
      for (const socket of this.#sockets) socket.look();
    }, LIMITS.lookIdleMs);
    Deno.unrefTimer(this.#timer);
  }
}

/** The array that `zmq_poll` takes: the bell first, then the sockets. */
function pollItems(bell: Bell, sockets: Iterable<Waiting>) {
  const all = [...sockets];
  const view = new DataView(new ArrayBuffer((all.length + 1) * ITEM));
  [bell, ...all].forEach(({ descriptor }, i) => {
    view.setInt32(i * ITEM + DESCRIPTOR, descriptor, true);
    view.setInt16(i * ITEM + EVENTS, READABLE, true);
  });
  return { sockets: all, view };
}

// Not what somebody replaces it with, who asks whose timer it is.
const { setTimeout } = globalThis;

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
