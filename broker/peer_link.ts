/**
 * A broker's connection to another broker of its federation: both sockets, and nothing of what the
 * messages mean.
 *
 * @module
 */

import type { WorkerKeys } from "../wire/keys.ts";
import { readMessage, writeMessage } from "../wire/messages.ts";
import type { Message } from "../wire/messages.ts";
import { DealerSocket, MetaSubscriber } from "../wire/socket.ts";

/** Where another broker listens. */
export interface PeerAddress {
  readonly task: string;
  readonly meta: string;
}

/** See the module's text. */
export interface PeerLink {
  /** How the other broker's router knows this connection. */
  readonly identity: string;
  send(message: Message): void;
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
  { task, meta }: PeerAddress,
  name: string,
  keys: WorkerKeys | undefined,
  onMessage: (message: Message) => void,
  onError: (error: unknown) => void,
): PeerLink {
  const curve = keys && { curve: keys.curve };
  const receive = (frames: Uint8Array[]) => onMessage(readMessage(frames));
  const identity = `${name}#${crypto.randomUUID()}`;
  const dealer = new DealerSocket({
    identity,
    onMessage: receive,
    onError,
    ...curve,
  });
  const subscriber = new MetaSubscriber({
    topics: ["load"],
    onMessage: (_topic, frames) => receive(frames),
    onError,
    ...curve,
  });
  dealer.connect(task);
  subscriber.connect(meta);
  return {
    identity,
    send: (message) => dealer.send(writeMessage(message)),
    async close() {
      await Promise.all([dealer.close(), subscriber.close()]);
    },
  };
}
