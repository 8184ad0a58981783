/**
 * A process in virtual time: one thing after the other, each taking as long as it computes.
 *
 * What happens to a process (a message, a timer) is handled as one event at a moment of the world's
 * time. The code that handles it may compute for a while: the process's own time runs ahead of the
 * world's then, what it sends leaves at its own time, and whatever comes for it meanwhile waits. A
 * process that is stopped, or ends, at a time that it has computed past has not sent yet what it
 * would have sent later.
 *
 * @module
 */

import { Deque } from "../../wire/deque.ts";
import { ServedClock } from "../../wire/served_clock.ts";
import type { Clock } from "./clock.ts";

/** Milliseconds that a breath takes, in which everybody else gets a turn. */
const BREATH = 0.12;

interface Departure {
  at: number;
  readonly leave: () => void;
}

/** See the module's text. */
export class Process {
  /** False once it has ended. */
  alive = true;
  /** It computes for ever: nothing that it does after that happens. */
  hangs = false;
  /** By how much the clock it sees is ahead of its own time, in milliseconds. */
  skew = 0;
  /** Messages of it that have not left, for want of room. */
  held = 0;
  #own = 0;
  #busyUntil = 0;
  #running = false;
  #stoppedAt: number | undefined;
  #diedAt = Infinity;
  #waking = false;
  readonly #due = new Deque<() => void>();
  #soon: (() => void)[] = [];
  /** What is to be done when a turn ends that is under way. */
  #atTurnsEnd: Set<() => void> | undefined;
  readonly #departures = new Deque<Departure>();

  /** @param handled called after each event */
  constructor(
    readonly name: string,
    readonly clock: Clock,
    private readonly handled: () => void,
  ) {}

  /** Its own time in milliseconds. */
  get now(): number {
    return this.#running ? this.#own : this.clock.now;
  }

  /** Whether it is stopped by a signal. */
  get stopped(): boolean {
    return this.#stoppedAt !== undefined;
  }

  /** Whether what it does is still of consequence. */
  get acts(): boolean {
    return this.alive && !this.hangs;
  }

  /** Computes for so long. */
  compute(milliseconds: number): void {
    this.#own += milliseconds;
  }

  /** Something happens to it, now or as soon as it gets to it. */
  post(run: () => void): void {
    if (!this.acts) return;
    this.#due.push(run);
    this.#serve();
  }

  /** Something is to be done when the code that runs now has let go. */
  soon(run: () => void): void {
    this.#soon.push(run);
  }

  /**
   * Something is to be done when everybody else had a turn. What has come by then is taken in before,
   * without letting go in between: as the product looks at its sockets.
   */
  later(run: () => void): void {
    this.after(BREATH, () => this.#takeIn(run));
  }

  /** Something is to be done when what has come was taken in. */
  drain(run: () => void): void {
    this.after(0, () => this.#takeIn(run));
  }

  #takeIn(run: () => void): void {
    const atTurnsEnd = this.#atTurnsEnd = new Set();
    while (this.#due.length > 0 && this.acts) this.#due.shift()!();
    this.#atTurnsEnd = undefined;
    for (const callback of atTurnsEnd) if (this.acts) callback();
    this.soon(run);
  }

  /** Calls `run` when all was taken in that is being taken in; false when nothing is. */
  whenTurnEnds(run: () => void): boolean {
    this.#atTurnsEnd?.add(run);
    return this.#atTurnsEnd !== undefined;
  }

  /** Something is to be done after so many milliseconds, unless the returned function is called. */
  after(milliseconds: number, run: () => void): () => void {
    let wanted = true;
    const ring = () => {
      if (wanted) run();
    };
    this.clock.at(this.now + milliseconds, () => {
      if (wanted) this.post(ring);
    });
    return () => wanted = false;
  }

  /** A clock that counts the time in which this process was served, with its beats. */
  keepTime(everyMs: number, onBeat: (now: number) => void): { now(): number; stop(): void } {
    const clock = new ServedClock(() => this.now + this.skew, everyMs);
    let stopped = false;
    const wait = () => {
      if (!stopped) this.after(everyMs, () => this.later(beat));
    };
    const beat = () => {
      if (stopped) return;
      clock.beat();
      onBeat(clock.now());
      wait();
    };
    wait();
    return { now: () => clock.now(), stop: () => stopped = true };
  }

  /** Something leaves the process, at its own time. */
  depart(leave: () => void): void {
    if (!this.acts) return;
    const direct = this.#departures.length === 0 && this.#own <= this.clock.now;
    if (direct || !this.#running) return leave();
    this.#departures.push({ at: this.#own, leave });
    this.clock.at(this.#own, () => this.#leave());
  }

  #leave(): void {
    if (this.stopped) return;
    const { now } = this.clock;
    for (let next = this.#departures.peek(); next; next = this.#departures.peek()) {
      if (next.at > now) return;
      this.#departures.shift();
      if (next.at <= this.#diedAt) next.leave();
    }
  }

  /** It is stopped by a signal: it does nothing, and knows nothing of it. */
  stop(): void {
    this.#stoppedAt ??= this.clock.now;
  }

  /** It goes on. */
  goOn(): void {
    if (this.#stoppedAt === undefined) return;
    const { now } = this.clock;
    const slept = now - this.#stoppedAt;
    if (this.#busyUntil > this.#stoppedAt) this.#busyUntil += slept;
    for (const departure of this.#departures) {
      departure.at += slept;
      this.clock.at(departure.at, () => this.#leave());
    }
    this.#stoppedAt = undefined;
    this.#serve();
  }

  /** It ends, at its own time. */
  end(): void {
    if (!this.alive) return;
    this.alive = false;
    this.#diedAt = this.now;
  }

  #serve(): void {
    while (!this.#running && this.acts && !this.stopped && this.#due.length > 0) {
      if (this.#busyUntil > this.clock.now) return this.#wakeLater();
      this.#handle(this.#due.shift()!);
    }
  }

  #wakeLater(): void {
    if (this.#waking) return;
    this.#waking = true;
    this.clock.at(this.#busyUntil, () => {
      this.#waking = false;
      this.#serve();
    });
  }

  #handle(run: () => void): void {
    this.#running = true;
    this.#own = this.clock.now;
    run();
    for (let soon = this.#soon; soon.length > 0 && this.acts; soon = this.#soon) {
      this.#soon = [];
      for (const next of soon) if (this.acts) next();
    }
    this.#busyUntil = this.#own;
    this.#running = false;
    if (this.acts) this.handled();
  }
}
