/**
 * A broker's connection to another broker of its federation: both sockets, and nothing of what the
 * messages mean.
 *
 * @module
 */

import type { BrokerAddress } from "../wire/addresses.ts";
import type { WorkerKeys } from "../wire/keys.ts";
import { readMessage, writeMessage } from "../wire/messages.ts";
import type { Message, Numbered } from "../wire/messages.ts";
import { DealerSocket, MetaSubscriber } from "../wire/socket.ts";

/** What a connection to another broker tells. */
export interface PeerLinkEvents {
  message(numbered: Numbered): void;
  /** The connection broke; it is made again as soon as that is possible. */
  gone(): void;
  /** Something arrived that is no message, or could not be handled. */
  trouble(error: unknown): void;
}

/** A connection to another broker. */
export interface PeerLink {
  /** How the other broker's router knows this connection. */
  readonly identity: string;
  /** Sends a message with its number in its session. */
  send(message: Message, number: number): void;
  close(): Promise<void>;
}

/**
 * Connects, now or as soon as the other broker is there.
 *
 * @param name of this broker
 * @param keys undefined on loopback
 * @throws {Error} when an address is none
 */
export function linkPeer(
  { task, meta }: BrokerAddress,
  name: string,
  keys: WorkerKeys | undefined,
  on: PeerLinkEvents,
): PeerLink {
  const curve = keys && { curve: keys.curve };
  let isThere = true;
  const receive = (frames: Uint8Array[]) => {
    isThere = true;
    on.message(readMessage(frames));
  };
  const identity = `${name}#${crypto.randomUUID()}`;
  const dealer = new DealerSocket({
    identity,
    onMessage: receive,
    onGone() {
      isThere = false;
      on.gone();
    },
    onError: on.trouble,
    ...curve,
  });
  const subscriber = new MetaSubscriber({
    topics: ["load"],
    latestOnly: ["load"],
    onMessage: (_topic, frames) => receive(frames),
    onError: on.trouble,
    ...curve,
  });
  dealer.connect(task);
  subscriber.connect(meta);
  return {
    identity,
    send: (message, number) => dealer.send(writeMessage(message, number)),
    async close() {
      // Nobody takes what is still to be sent to one that has gone: to wait for that took longer than
      // this broker has for its end.
      await Promise.all([dealer.close(isThere), subscriber.close()]);
    },
  };
}
