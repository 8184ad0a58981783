/**
 * Workers and origins that are nothing but a connection: they speak the protocol and execute
 * nothing.
 *
 * @module
 */

import { LIMITS } from "../../wire/limits.ts";
import {
  type BundleMessage,
  type Message,
  PROTOCOL,
  readMessage,
  writeMessage,
} from "../../wire/messages.ts";
import { DealerSocket, useConnections } from "../../wire/socket.ts";
import { Connection } from "../../worker/connection.ts";

/** One end of a connection to a broker. */
export interface Client {
  readonly name: string;
  /** Fulfilled when the broker has taken it in. */
  readonly welcome: Promise<void>;
  say(message: Message): void;
  /** Fulfilled when the broker is known to have read all that was said but the last so many. */
  untilRead(but: number): Promise<void>;
  /** Says goodbye. */
  leave(): void;
  close(): Promise<void>;
}

/**
 * Connects, and says hello. What comes for the session is seen to as a worker does it; `onMessage`
 * gets the rest. When the broker is lost or does not want it, the process ends with an error.
 */
export function connect(
  address: string,
  name: string,
  origin: boolean,
  onMessage: (message: Message) => void,
): Client {
  // As the processes of a run do.
  useConnections();
  const welcome = Promise.withResolvers<void>();
  let reading: { but: number; done(): void } | undefined;
  const connection = new Connection({
    introduction: { protocol: PROTOCOL, name, origin, pid: Deno.pid, host: "bench" },
    session: crypto.randomUUID(),
    remedy: "it was to be started by this program",
    firstAnswerMs: LIMITS.firstAnswerMs,
  }, {
    send: (message, number) => socket.send(writeMessage(message, number)),
    lost: (error) => reportError(error),
    move: () => {},
    again: () => {},
  });
  const socket = new DealerSocket({
    identity: name,
    onGone: () => connection.broke(performance.now()),
    onMessage(frames) {
      const message = connection.hear(readMessage(frames), performance.now());
      if (message?.type === "welcome") welcome.resolve();
      else if (message !== undefined) onMessage(message);
      if (reading !== undefined && connection.kept <= reading.but) reading.done();
    },
  });
  /** What is said in one moment leaves together, as that of a worker does. */
  let said: Message[] = [];
  const flush = () => {
    const messages = said;
    said = [];
    socket.together(() => messages.forEach((message) => connection.say(message)));
  };
  socket.connect(address);
  connection.open(address, "", performance.now());
  const ticks = setInterval(() => connection.tick(performance.now()), LIMITS.workerTickMs);
  return {
    name,
    welcome: welcome.promise,
    say(message) {
      if (said.push(message) === 1) queueMicrotask(flush);
    },
    async untilRead(but) {
      flush();
      if (connection.kept > but) await new Promise<void>((done) => reading = { but, done });
      reading = undefined;
    },
    leave() {
      flush();
      connection.leave();
    },
    close() {
      clearInterval(ticks);
      return socket.close();
    },
  };
}

/** Bundles that a simulated worker has credit for beyond those it was sent. */
const CREDIT = 16;

/**
 * A worker that answers every bundle with its own payload, as soon as it is there.
 *
 * @param onBundle called with every bundle
 */
export function connectWorker(address: string, name: string, onBundle?: () => void): Client {
  let received = 0;
  let waiting: BundleMessage[] = [];
  const client = connect(address, name, false, (message) => {
    if (message.type !== "bundle") return;
    received++;
    onBundle?.();
    // A worker answers all that came in one turn at once, and renews its credit once.
    if (waiting.push(message) === 1) queueMicrotask(flush);
  });
  function flush() {
    for (const { bundle: { owner, id, base, count }, payload } of waiting) {
      const result = { owner, id, base, count, elapsed: 0.001, failed: [] };
      client.say({ type: "result", result, payload });
    }
    waiting = [];
    client.say({ type: "credit", bundles: received + CREDIT, ahead: 0, idle: true });
  }
  client.welcome.then(flush);
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
      parent: "",
    },
    payload,
  };
}
