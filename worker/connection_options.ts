/**
 * What a worker's connection is told at its beginning, and whom it tells.
 *
 * @module
 */

import type { Hello, Message } from "../wire/messages.ts";

/** What a worker says of itself in every hello, beside the run's secret. */
export type Introduction = Omit<Hello, "type" | "session" | "received" | "key">;

/** How a connection has something done. */
export interface ConnectionEvents {
  send(message: Message, number: number): void;
  lost(error: Error): void;
  /** The next broker is to be opened. */
  move(): void;
  /**
   * A new session begins: all that a broker has to know is to be said again, except for what is
   * `untold` of the old one.
   */
  again(untold: readonly Message[]): void;
}

/** What a connection is told at its beginning. */
export interface ConnectionOptions {
  /** Undefined for a process that is in no run. */
  readonly introduction: Introduction | undefined;
  /** Names our session. */
  readonly session: string;
  /** What to do when no broker answers, for people. */
  readonly remedy: string;
  /** For the first welcome, in milliseconds. */
  readonly firstAnswerMs: number;
  /**
   * The broker is known to be there, so nothing waits for its welcome: at the start of a program that
   * took 26 ms of the 55 until its first task began.
   */
  readonly isThere?: boolean;
  /** Number of other brokers to go to. */
  readonly others?: number;
  /** How long a broker may be away whose connection broke, in milliseconds. */
  readonly brokerGraceMs?: number;
}
