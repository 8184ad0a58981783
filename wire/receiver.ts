/**
 * Receives from a zeromq socket for as long as it is open, and works around what Deno does to
 * zeromq's pending receives. It does not import zeromq: `wire/socket.ts` does.
 *
 * Three things about a pending `receive()` under Deno shape this file:
 *
 * 1. It can sleep through a message. zeromq waits on a descriptor that reports changes only, and
 *    Deno's `uv_poll` fires once; a change that brings no message (a peer attaching) uses that one
 *    up. So a clock looks at `readable` from time to time, and if it is true while a receive is
 *    pending, sends a message of no frames at all: nothing goes out, but the addon checks the
 *    pending receive after every send.
 * 2. It holds the process, and cannot be withdrawn. A receiver that must not hold the process
 *    therefore leaves nothing pending and lets the clock, which does not hold it either, look.
 * 3. If an uncaught error ends the process while one is pending, the addon's clean-up crashes
 *    (segmentation fault) before Deno has printed the error. So sockets are closed first.
 *
 * @module
 */

import process from "node:process";
import { setImmediate } from "node:timers";

/** The frames of one message. */
export type Frames = Uint8Array[];

/** What receiving needs of a zeromq socket. */
export interface Source {
  /** True when a message can be taken without waiting. */
  readonly readable: boolean;
  /** Resolves with the next message; rejects when the socket is closed meanwhile. */
  receive(): Promise<Frames>;
  /** Sends a message; with no frames at all it only re-checks the pending receive. */
  send(frames: Frames): Promise<void>;
}

/** Milliseconds between two looks at the sockets; each costs about 0.2 ms of processor time. */
const LOOK_EVERY = 20;

/** After so many messages, or milliseconds, other work of the process gets its turn. */
const TURN_MESSAGES = 256;
const TURN_MS = 5;

/** Takes every message of a socket, in order, and hands it to a function. */
export class Receiver {
  readonly #source: Source;
  readonly #deliver: (frames: Frames) => void;
  readonly #onError: (error: unknown) => void;
  readonly #release: () => void;
  #hold = true;
  #pending = false;
  #running = false;
  #closed = false;

  /**
   * Starts to receive.
   *
   * @param source the socket
   * @param deliver called with each message; what it throws goes to `onError`
   * @param onError called with what went wrong; receiving goes on
   * @param abandon closes the socket at once; called when an uncaught error ends the process
   */
  constructor(
    source: Source,
    deliver: (frames: Frames) => void,
    onError: (error: unknown) => void,
    abandon: () => void,
  ) {
    this.#source = source;
    this.#deliver = deliver;
    this.#onError = onError;
    this.#release = abandonOnCrash(abandon);
    receivers.add(this);
    clock ??= startClock();
    this.#start();
  }

  /** Whether a receive is kept pending while there is nothing to take. */
  get holdProcess(): boolean {
    return this.#hold;
  }
  set holdProcess(hold: boolean) {
    this.#hold = hold;
    if (hold) this.#start();
  }

  /** Whether a receive is pending now. Only a message, or closing, completes it. */
  get isHolding(): boolean {
    return this.#pending;
  }

  /** Ends the receiving: nothing is delivered or reported after this. */
  close(): void {
    this.#closed = true;
    this.#release();
    receivers.delete(this);
    if (receivers.size === 0) {
      clearInterval(clock);
      clock = undefined;
    }
  }

  /** Looks for a message that the pending receive slept through, or that none waits for. */
  look(): void {
    if (this.#running && !this.#pending) return;
    if (!this.#source.readable) return;
    if (this.#pending) this.#source.send([]).catch(ignore);
    else this.#start();
  }

  #start(): void {
    if (this.#running || this.#closed) return;
    this.#running = true;
    // Not at once: whoever made the socket may be about to say that it must not hold the process.
    queueMicrotask(() => this.#run());
  }

  async #run(): Promise<void> {
    let left = TURN_MESSAGES;
    let until = performance.now() + TURN_MS;
    while (!this.#closed && (this.#hold || this.#source.readable)) {
      const frames = await this.#receive();
      if (frames === undefined) continue;
      try {
        this.#deliver(frames);
      } catch (error) {
        this.#onError(error);
      }
      // A readable socket resolves at once, which alone would never let timers or other I/O run.
      if (--left === 0 || performance.now() > until) {
        await new Promise((resolve) => setImmediate(resolve));
        left = TURN_MESSAGES;
        until = performance.now() + TURN_MS;
      }
    }
    this.#running = false;
  }

  async #receive(): Promise<Frames | undefined> {
    this.#pending = true;
    try {
      const frames = await this.#source.receive();
      return this.#closed ? undefined : frames;
    } catch (error) {
      if (this.#closed) return undefined;
      this.#onError(error);
      // Whatever it was, trying again without a pause could spin.
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    } finally {
      this.#pending = false;
    }
  }
}

const receivers = new Set<Receiver>();
let clock: ReturnType<typeof setInterval> | undefined;

/** One timer for all receivers; it fires while a pending receive holds the process. */
function startClock(): ReturnType<typeof setInterval> {
  const timer = setInterval(() => {
    for (const receiver of receivers) receiver.look();
  }, LOOK_EVERY);
  Deno.unrefTimer(timer);
  return timer;
}

const abandoned = new Set<() => void>();

/**
 * Has `abandon` called when an uncaught error is about to end the process.
 *
 * @returns a function that takes this back
 */
export function abandonOnCrash(abandon: () => void): () => void {
  if (abandoned.size === 0) listen(addEventListener);
  abandoned.add(abandon);
  return () => {
    if (abandoned.delete(abandon) && abandoned.size === 0) listen(removeEventListener);
  };
}

function listen(change: typeof addEventListener | typeof removeEventListener): void {
  change("error", onUncaught);
  change("unhandledrejection", onUncaught);
}

/**
 * A listener of the program that comes after this one may still keep the process alive, by
 * `preventDefault()`. So this one only defers the end until all have been asked, and then either
 * does nothing, or closes what is open and raises the same error again.
 */
function onUncaught(event: Event): void {
  const { error, reason } = event as ErrorEvent & PromiseRejectionEvent;
  if (event.defaultPrevented || handledByNode()) return;
  let prevented = false;
  event.preventDefault();
  Object.defineProperty(event, "preventDefault", { value: () => prevented = true });
  queueMicrotask(() => {
    if (prevented) return;
    for (const abandon of [...abandoned]) abandon();
    reportError(event instanceof ErrorEvent ? error : reason);
  });
}

/** Listeners in Node's style are asked after all events, and keep the process alive. */
function handledByNode(): boolean {
  return process.listenerCount("uncaughtException") > 0 ||
    process.listenerCount("unhandledRejection") > 0;
}

function ignore(): void {}
