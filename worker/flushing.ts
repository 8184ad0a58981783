/**
 * When a worker's broker is told of what has changed: when the code that runs has let go, when the
 * messages that have come together were taken in, before a task begins, or at a certain time.
 *
 * @module
 */

import { Alarm } from "./alarm.ts";
import type { Host } from "./host.ts";

/** See the module's text. */
export class Flushing {
  #isDue = false;
  readonly #alarm: Alarm;

  /**
   * @param unref whether the process may end before a certain time has come
   * @param flush tells the broker
   */
  constructor(private readonly host: Host, unref: boolean, private readonly flush: () => void) {
    this.#alarm = new Alarm(host, unref);
  }

  /** The broker is told when the code that runs now has let go, or tasks begin. */
  soon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.host.soon(this.#secondStep);
  }

  /**
   * The second step lets an `await` that follows a submit take effect first: then it is known whether
   * this worker is free to run the task itself, which is 30 times as quick.
   */
  readonly #secondStep = (): void => this.host.soon(this.ifDue);

  /** The same when all that has come together was taken in, and not later for what comes of it. */
  atTurnsEnd(): void {
    this.#isDue = true;
    if (!this.host.whenTurnEnds(this.ifDue)) this.ifDue();
  }

  /** The same at a certain time, in milliseconds. */
  at(milliseconds: number, now: number): void {
    this.#alarm.set(milliseconds, now, () => this.soon());
  }

  /** The broker is told now, if it was to be told. */
  readonly ifDue = (): void => {
    if (!this.#isDue) return;
    this.#isDue = false;
    this.flush();
  };

  /** Nothing is told at a certain time any more. */
  stop(): void {
    this.#alarm.stop();
  }
}
