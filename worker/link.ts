/**
 * A worker's connection to its broker: both sockets, and nothing of what the messages mean.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import { readMessage, writeMessage } from "../wire/messages.ts";
import { DealerSocket, MetaSubscriber } from "../wire/socket.ts";
import type { Environment } from "./environment.ts";
import type { LinkEvents, WorkerLink } from "./worker_link.ts";

/**
 * Opens both sockets; they connect as soon as the broker is there, for which this waits a moment: what
 * is said then leaves at once, even if a task keeps the process busy from then on.
 *
 * @throws {Error} when an address is none
 */
export async function openLink(environment: Environment, events: LinkEvents): Promise<WorkerLink> {
  const receive = (frames: Uint8Array[]) => events.message(readMessage(frames));
  // The name may be taken or come again after a loss; the connection's identity never is.
  const identity = `${environment.workerName}#${crypto.randomUUID().slice(0, 8)}`;
  const curve = environment.keys && { curve: environment.keys.curve };
  const task = new DealerSocket({
    identity,
    ...curve,
    onMessage: receive,
    onGone: events.broke,
    onError: events.trouble,
  });
  const meta = new MetaSubscriber({
    topics: ["load", "shutdown"],
    latestOnly: ["load"],
    ...curve,
    onMessage: (_topic, frames) => receive(frames),
    onError: events.trouble,
  });
  const hold = (hold: boolean) => {
    task.holdProcess = hold;
    meta.holdProcess = hold;
  };
  // The origin ends with its program; every other worker ends when the broker says so.
  hold(!environment.isOrigin);
  task.connect(environment.brokerAddress);
  await task.connected(LIMITS.greetingMs);
  meta.connect(environment.metaAddress);
  return {
    send: (message, number) => task.send(writeMessage(message, number)),
    together: (sends) => task.together(sends),
    hold,
    async close() {
      await Promise.all([task.close(), meta.close()]);
    },
  };
}
