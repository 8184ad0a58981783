/**
 * Waits until something has happened to one of this process's zeromq sockets. It does not import
 * zeromq: `wire/socket.ts` does.
 *
 * The zeromq package's own way to wait is a pending `receive()`. Under Deno 2.9 that will not do:
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
import { setInterval, setTimeout } from "./timers.ts";

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

/** Somebody who takes what comes to a socket, as far as the socket is concerned. */
export type Attending = Pick<Waiting, "holdProcess" | "look">;

/** Has somebody look whenever something has happened to a socket. */
export interface Attendance {
  /** Whether any use of the socket may be what notices that something has come, and tells nobody. */
  readonly mustAsk: boolean;
  /** To be called when `holdProcess` has changed. */
  changed(): void;
  /** Nobody looks any more; the socket may be closed. */
  end(): void;
  /** Resolves when nothing is left of a wait for which there is no reason any more. */
  settled(): Promise<void>;
}

/** Ends a wait from within the process. */
export interface Bell {
  readonly descriptor: number;
  ring(): void;
  silence(): Promise<void>;
}

/** libzmq's `zmq_poll`: waits up to so many milliseconds, for ever if negative. */
export type Poll = (items: Uint8Array, count: number, milliseconds: bigint) => Promise<number>;

/** How to wait. */
export interface Polling {
  readonly poll: Poll;
  /**
   * Says whether a call that is under way keeps the process alive, as each does otherwise.
   * Undefined where that cannot be said.
   */
  hold?(call: Promise<number>, holds: boolean): void;
}

/** Size of a `zmq_pollitem_t` with 64-bit pointers, and where its fields are. */
const ITEM = 16, DESCRIPTOR = 8, EVENTS = 12, HAPPENED = 14;
const READABLE = 1;

/** Waits for all sockets of a process. */
export class Waiter {
  readonly #makeBell: () => Bell;
  readonly #polling: Polling | undefined;
  readonly #sockets = new Set<Waiting>();
  #bell: Bell | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #waiting: Promise<void> | undefined;
  /** What the next call waits for; made anew when the sockets have changed. */
  #items: { sockets: Waiting[]; view: DataView<ArrayBuffer> } | undefined;
  /** The call that is under way. */
  #call: { readonly answer: Promise<number>; readonly view: DataView } | undefined;

  /**
   * @param makeBell called when first needed
   * @param polling undefined where `zmq_poll` cannot be called; sockets are then looked at every few
   *   milliseconds
   */
  constructor(makeBell: () => Bell, polling: Polling | undefined) {
    this.#makeBell = makeBell;
    this.#polling = polling;
  }

  /** From now on the socket is looked at whenever something happened to it. */
  add(socket: Waiting): void {
    this.#sockets.add(socket);
    this.#refit();
  }

  /** The socket is not looked at any more, and may be closed. */
  remove(socket: Waiting): void {
    this.#sockets.delete(socket);
    this.#refit();
  }

  /** {@link add}, for somebody who knows of no descriptor. */
  attend(descriptor: number, attending: Attending): Attendance {
    const socket: Waiting = {
      descriptor,
      get holdProcess() {
        return attending.holdProcess;
      },
      look: () => attending.look(),
    };
    this.add(socket);
    return {
      mustAsk: true,
      changed: () => this.changed(),
      end: () => this.remove(socket),
      settled: () => this.settled(),
    };
  }

  /** To be called when a socket's `holdProcess` has changed. */
  changed(): void {
    const hold = this.#polling?.hold;
    if (hold === undefined) this.#refit();
    else if (this.#call !== undefined) hold(this.#call.answer, this.#holds());
  }

  /** There are other sockets to wait for. */
  #refit(): void {
    this.#items = undefined;
    if (this.#waiting !== undefined) this.#bell?.ring();
    else if (this.#waits()) this.#waiting = this.#run();
    this.#setTimer(this.#sockets.size > 0 && !this.#waits());
  }

  /** Resolves when nothing is left of a wait for which there is no reason any more. */
  async settled(): Promise<void> {
    if (!this.#waits()) await this.#waiting;
  }

  /**
   * The process ends: a call that is under way must not write to its array when that is gone. Blocks
   * until it has come back, which it does at once.
   */
  end(): void {
    if (this.#call === undefined) return;
    const { view } = this.#call;
    view.setInt16(HAPPENED, 0, true);
    this.#bell?.ring();
    const until = performance.now() + LIMITS.lastCallMs;
    while (view.getInt16(HAPPENED, true) === 0 && performance.now() < until);
  }

  /** Whether to wait: for sockets that do not hold the process only where a call need not either. */
  #waits(): boolean {
    return this.#polling?.hold === undefined ? this.#holds() : this.#sockets.size > 0;
  }

  #holds(): boolean {
    for (const socket of this.#sockets) if (socket.holdProcess) return true;
    return false;
  }

  async #run(): Promise<void> {
    while (this.#waits()) {
      if (this.#polling === undefined) {
        await sleep(LIMITS.lookMs);
        for (const socket of this.#sockets) socket.look();
      } else {
        // Whatever goes wrong with a call, there is a next one.
        await this.#pollOnce(this.#polling).catch(() => sleep(LIMITS.lookMs));
      }
    }
    this.#waiting = undefined;
  }

  async #pollOnce({ poll, hold }: Polling): Promise<void> {
    this.#bell ??= this.#makeBell();
    const { sockets, view } = this.#items ??= this.#pollItems(this.#bell);
    const answer = poll(new Uint8Array(view.buffer), sockets.length + 1, -1n);
    this.#call = { answer, view };
    if (!this.#holds()) hold?.(answer, false);
    const happened = await answer.finally(() => this.#call = undefined);
    // Interrupted by a signal, or something unheard of: not to be repeated without a pause.
    if (happened < 0) await sleep(LIMITS.lookMs);
    if (view.getInt16(HAPPENED, true) !== 0) await this.#bell.silence();
    for (let i = 0; i < sockets.length; i++) {
      if (view.getInt16((i + 1) * ITEM + HAPPENED, true) === 0) continue;
      if (this.#sockets.has(sockets[i]!)) sockets[i]!.look();
    }
  }

  /** The array that `zmq_poll` takes: the bell first, then the sockets. */
  #pollItems(bell: Bell) {
    const sockets = [...this.#sockets];
    const view = new DataView(new ArrayBuffer((sockets.length + 1) * ITEM));
    [bell, ...sockets].forEach(({ descriptor }, i) => {
      view.setInt32(i * ITEM + DESCRIPTOR, descriptor, true);
      view.setInt16(i * ITEM + EVENTS, READABLE, true);
    });
    return { sockets, view };
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

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
