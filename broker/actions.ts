/**
 * What a dispatcher is told at its beginning, and what it has its shell do.
 *
 * @module
 */

import type { Observed } from "../telemetry/events.ts";
import type { Load, Message } from "../wire/messages.ts";

/** What the broker's shell has to do. */
export type Action =
  /** Sends to a worker, or to a broker that borrows; with the message's number in its session. */
  | { kind: "send"; to: string; message: Message; number: number }
  /** Sends over a connection to another broker. */
  | { kind: "tell"; link: string; message: Message; number: number }
  | { kind: "publish"; message: Load }
  /** Says something to whoever reads the log. */
  | { kind: "log"; level: "debug" | "info" | "warning"; text: string }
  /** A worker does not come back from a task: its process should be ended. */
  | { kind: "kill"; worker: string; reason: string }
  /** A worker has nothing that would be lost with it, and is to be replaced. */
  | { kind: "replace"; worker: string; reason: string }
  /** A worker has imported the program and can run tasks. */
  | { kind: "workerJoined"; worker: string }
  /** The broker has found by itself that a worker is lost. */
  | { kind: "workerLost"; worker: string; reason: string }
  /** Something that whoever shows the run should know. */
  | { kind: "event"; event: Observed }
  /** A worker asks how the run stands; {@link Dispatcher.answer} is to be told. */
  | { kind: "askStats"; from: string }
  /** The run is over. */
  | { kind: "end"; reason: string };

/** What a dispatcher is told at its beginning. */
export interface DispatcherOptions {
  readonly name: string;
  /** The run's secret; workers that do not know it are refused. Empty for none. */
  readonly key: string;
  /** Workers that were planned, the origin among them; 1 when nothing is known. */
  readonly size: number;
  readonly program: string;
  readonly modules: readonly string[];
  /** Lost workers are replaced by whoever started the run: their work waits for the replacements. */
  readonly replaces: boolean;
  /** How many bundles wait when those behind them are packed as bytes; {@link LIMITS} tells. */
  readonly packAfter?: number;
  /** The origin owns the workers and executes nothing itself, so it is none of them. */
  readonly owned?: boolean;
  /** Whether each stretch of work is to be told. */
  readonly watched?: boolean;
  /** A name that no other session has. */
  newSession(): string;
}
