/**
 * What a worker's shell sees of its connection to the broker, whoever makes it.
 *
 * @module
 */

import type { Message, Numbered } from "../wire/messages.ts";
import type { Environment } from "./environment.ts";

/** A worker's connection to its broker. */
export interface WorkerLink {
  send(message: Message, number: number): void;
  /** What is sent meanwhile may leave as one. */
  together(sends: () => void): void;
  /** Whether it keeps the process alive and is listened to at full attention. */
  hold(hold: boolean): void;
  /** Sends what is under way, then closes it. */
  close(): Promise<void>;
}

/** What happens on a connection. */
export interface LinkEvents {
  message(numbered: Numbered): void;
  /** The connection has broken; another one is tried by itself. */
  broke(): void;
  /** Something arrived that is no message, or could not be handled. */
  trouble(error: unknown): void;
  /** The sockets are there, at the broker of this environment. */
  opened(link: WorkerLink, environment: Environment): void;
  /** There will be no sockets. */
  failed(error: unknown): void;
}
