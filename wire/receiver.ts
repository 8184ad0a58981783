/**
 * Takes the messages of a zeromq socket as they come. It does not import zeromq: `wire/socket.ts`
 * does.
 *
 * @module
 */

import { takeCome } from "./backlog.ts";
import { breathe } from "./breath.ts";
import { LIMITS } from "./limits.ts";
import type { Attendance, Attending } from "./waiter.ts";

/** The frames of one message. */
export type Frames = Uint8Array[];

/** What receiving needs of a zeromq socket. */
export interface Source {
  /** True when a message can be taken without waiting. */
  readonly readable: boolean;
  /** The next message, at once or soon; undefined when there is none. */
  receive(): Frames | undefined | Promise<Frames>;
  /** From now on somebody looks whenever something has happened. */
  attend(attending: Attending): Attendance;
}

/** All that receive in this process. */
const receivers = new Set<Receiver>();
/** Turns that are under way in this process, and what is to be done when one of them ends. */
let turnsUnderWay = 0;
const atTurnsEnd = new Set<() => void>();
const NOTHING: Promise<void> = Promise.resolve();

/**
 * Takes what has arrived on the sockets of this process, up to one turn of each; resolves when it
 * has been delivered. To be called by whoever computes, after each breath: the thread that waits
 * for sockets tells of a message only after a few changes of threads. With two sockets and no
 * message a call takes 6 µs.
 *
 * Where more has come than the system keeps, more may be held back (`wire/backlog.ts`): then this
 * breathes until no more comes.
 */
export function drainSockets(): Promise<void> {
  const taken = takeArrived();
  return takeCome() < LIMITS.roomBytes ? taken : taken.then(takeHeldBack);
}

function takeArrived(): Promise<void> {
  let turns: Promise<void>[] | undefined;
  for (const receiver of receivers) {
    receiver.look();
    const { turn } = receiver;
    if (turn !== undefined) (turns ??= []).push(turn);
  }
  return turns === undefined ? NOTHING : Promise.all(turns).then(() => {});
}

async function takeHeldBack(): Promise<void> {
  const until = performance.now() + LIMITS.heldBackMs;
  for (let quiet = 0; quiet < QUIET_BREATHS && performance.now() < until; quiet++) {
    await breathe();
    await takeArrived();
    if (takeCome() > 0) quiet = -1;
  }
}

/** Breaths in which nothing comes until nothing more is thought to be held back. */
const QUIET_BREATHS = 4;

/**
 * Has something done when messages have been taken in, as soon as no more have come or others shall
 * run first: within {@link LIMITS.turnMs}, unless one message takes longer.
 *
 * @returns false when none are being taken in
 */
export function whenTurnEnds(callback: () => void): boolean {
  if (turnsUnderWay === 0) return false;
  atTurnsEnd.add(callback);
  return true;
}

/** What is to be done now that a turn has ended. */
function turnEnds(): (() => void)[] {
  turnsUnderWay--;
  if (atTurnsEnd.size === 0) return [];
  const callbacks = [...atTurnsEnd];
  atTurnsEnd.clear();
  return callbacks;
}

/** Takes every message of a socket, in order, and hands it to a function. */
export class Receiver implements Attending {
  readonly #source: Source;
  readonly #attendance: Attendance;
  readonly #deliver: (frames: Frames) => void;
  readonly #onError: (error: unknown) => void;
  readonly #turned: (() => void) | undefined;
  #hold = true;
  #turn: Promise<void> | undefined;
  #lookingSoon = false;
  #closed = false;

  /**
   * Starts to receive.
   *
   * @param source the socket
   * @param deliver called with each message; what it throws goes to `onError`
   * @param onError called with what went wrong, which it must not make worse by throwing; receiving
   *   goes on
   * @param turned called after each turn: no more has come, or others shall run first
   */
  constructor(
    source: Source,
    deliver: (frames: Frames) => void,
    onError: (error: unknown) => void,
    turned?: () => void,
  ) {
    this.#source = source;
    this.#deliver = deliver;
    this.#onError = onError;
    this.#turned = turned;
    receivers.add(this);
    this.#attendance = source.attend(this);
  }

  /**
   * Settles, and never rejects, when the messages of the turn that is under way, or comes next,
   * have been delivered. Undefined when there are none.
   */
  get turn(): Promise<void> | undefined {
    return this.#turn;
  }

  /** Whether waiting for messages keeps the process alive. */
  get holdProcess(): boolean {
    return this.#hold && !this.#closed;
  }
  set holdProcess(hold: boolean) {
    if (hold === this.#hold) return;
    this.#hold = hold;
    if (!this.#closed) this.#attendance.changed();
  }

  /** Ends the receiving: nothing is delivered or reported after this. */
  close(): void {
    this.#closed = true;
    receivers.delete(this);
    this.#attendance.end();
  }

  /** Resolves when a closed one waits for nothing any more. */
  settled(): Promise<void> {
    return this.#attendance.settled();
  }

  /** Takes what has arrived. */
  look(): void {
    // Asked even while messages are being taken: asking is what quiets the descriptor.
    if (!this.#closed && this.#isReadable() && this.#turn === undefined) void this.#run();
  }

  /**
   * To be called after every other use of the socket. libzmq may have noticed meanwhile that a
   * message arrived, and then the descriptor does not report it any more.
   */
  lookSoon(): void {
    if (!this.#attendance.mustAsk || this.#turn !== undefined || this.#lookingSoon) return;
    this.#lookingSoon = true;
    queueMicrotask(() => {
      this.#lookingSoon = false;
      this.look();
    });
  }

  /** Messages that are there resolve at once: without pauses nothing else would ever run. */
  async #run(): Promise<void> {
    this.#turn = this.#takeTurn();
    await this.#turn;
    while (!this.#closed && this.#isReadable()) {
      this.#turn = breathe().then(() => this.#takeTurn());
      await this.#turn;
    }
    this.#turn = undefined;
  }

  async #takeTurn(): Promise<void> {
    // Nothing is delivered in the middle of what somebody else is doing.
    await NOTHING;
    let left = LIMITS.turnMessages;
    const until = performance.now() + LIMITS.turnMs;
    turnsUnderWay++;
    try {
      while (left-- > 0 && performance.now() <= until && !this.#closed && this.#source.readable) {
        const taken = this.#source.receive();
        const frames = taken instanceof Promise ? await taken : taken;
        if (frames === undefined) break;
        if (!this.#closed) this.#guard(() => this.#deliver(frames));
      }
      const turned = this.#turned;
      if (turned !== undefined && !this.#closed) this.#guard(turned);
    } catch (error) {
      this.#onError(error);
    } finally {
      for (const callback of turnEnds()) this.#guard(callback);
    }
  }

  #isReadable(): boolean {
    try {
      return this.#source.readable;
    } catch (error) {
      this.#onError(error);
      return false;
    }
  }

  #guard(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#onError(error);
    }
  }
}
