/**
 * A worker's connection to its broker: both sockets, and nothing of what the messages mean.
 *
 * @module
 */

import { readMessage, writeMessage } from "../wire/messages.ts";
import type { Message } from "../wire/messages.ts";
import { DealerSocket, MetaSubscriber } from "../wire/socket.ts";
import type { Environment } from "./environment.ts";

/** What a link tells. */
export interface LinkEvents {
  message(message: Message): void;
  /** Something arrived that is no message, or could not be handled. */
  trouble(error: unknown): void;
}

/** See the module's text. */
export class Link {
  /** When anything last arrived, by `performance.now()`. */
  heardAt = performance.now();
  #task: DealerSocket;
  #meta: MetaSubscriber;

  constructor(environment: Environment, events: LinkEvents) {
    const receive = (frames: Uint8Array[]) => {
      this.heardAt = performance.now();
      events.message(readMessage(frames));
    };
    // The name may be taken or come again after a loss; the connection's identity never is.
    const identity = `${environment.workerName}#${crypto.randomUUID().slice(0, 8)}`;
    const curve = environment.keys && { curve: environment.keys.curve };
    this.#task = new DealerSocket({
      identity,
      ...curve,
      onMessage: receive,
      onError: events.trouble,
    });
    this.#meta = new MetaSubscriber({
      topics: ["load", "shutdown"],
      ...curve,
      onMessage: (_topic, frames) => receive(frames),
      onError: events.trouble,
    });
    // The origin ends with its program; every other worker ends when the broker says so.
    this.hold(!environment.isOrigin);
    this.#task.connect(environment.brokerAddress);
    this.#meta.connect(environment.metaAddress);
  }

  /** Sends a message. */
  send(message: Message): void {
    this.#task.send(writeMessage(message));
  }

  /** Whether the link keeps the process alive and listens at full attention. */
  hold(hold: boolean): void {
    this.#task.holdProcess = hold;
    this.#meta.holdProcess = hold;
  }

  /** Sends what is under way, then closes both sockets. */
  async close(): Promise<void> {
    await Promise.all([this.#task.close(), this.#meta.close()]);
  }
}
