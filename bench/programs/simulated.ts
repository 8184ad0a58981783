/**
 * Workers and origins that are nothing but a socket: they speak the protocol and execute nothing.
 *
 * @module
 */

import {
  type BundleMessage,
  type Message,
  PROTOCOL,
  readMessage,
  writeMessage,
} from "../../wire/messages.ts";
import { DealerSocket } from "../../wire/socket.ts";

/** One end of a connection to a broker. */
export interface Client {
  readonly name: string;
  /** Fulfilled when the broker has taken it in. */
  readonly welcome: Promise<void>;
  send(message: Message): void;
  close(): Promise<void>;
}

/** Connects, and says hello. */
export function connect(
  address: string,
  name: string,
  origin: boolean,
  onMessage: (message: Message) => void,
): Client {
  const welcome = Promise.withResolvers<void>();
  const socket = new DealerSocket({
    identity: name,
    onMessage(frames) {
      const message = readMessage(frames);
      if (message.type === "welcome") welcome.resolve();
      else if (message.type === "refuse") welcome.reject(new Error(message.reason));
      else onMessage(message);
    },
  });
  socket.connect(address);
  const send = (message: Message) => socket.send(writeMessage(message));
  send({ type: "hello", protocol: PROTOCOL, name, origin, key: "", pid: Deno.pid, host: "bench" });
  return { name, welcome: welcome.promise, send, close: () => socket.close() };
}

/** Bundles that a simulated worker has credit for beyond those it was sent. */
const CREDIT = 16;

/** A worker that answers every bundle with its own payload, as soon as it is there. */
export function connectWorker(address: string, name: string): Client {
  let received = 0;
  let waiting: BundleMessage[] = [];
  const client = connect(address, name, false, (message) => {
    if (message.type !== "bundle") return;
    received++;
    // A worker answers all that came in one turn at once, and renews its credit once.
    if (waiting.push(message) === 1) queueMicrotask(flush);
  });
  function flush() {
    for (const { bundle: { owner, id, base, count }, payload } of waiting) {
      const result = { owner, id, base, count, elapsed: 0.001, failed: [] };
      client.send({ type: "result", result, payload });
    }
    waiting = [];
    client.send({ type: "credit", bundles: received + CREDIT, idle: true });
  }
  client.welcome.then(flush, () => {});
  return client;
}

/** A bundle of no-ops, as an origin sends it. */
export function bundleMessage(
  owner: string,
  id: number,
  count: number,
  payload: BundleMessage["payload"],
): BundleMessage {
  return {
    type: "bundle",
    bundle: {
      owner,
      id,
      base: 0,
      count,
      fn: { kind: "export", module: "file:///bench/noop.ts", name: "noop", hash: "0".repeat(64) },
      label: "noop",
      attempt: 0,
      retries: 3,
      priority: 0,
      timeout: 0,
      estimate: 0.001,
      needs: [],
    },
    payload,
  };
}
