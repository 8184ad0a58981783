/**
 * The broker's shell: it feeds the {@link Dispatcher} from its sockets and does what it decides.
 *
 * @module
 */

import { checkReach } from "../wire/keys.ts";
import type { RunKeys } from "../wire/keys.ts";
import { getLogger } from "../telemetry/logging.ts";
import { readMessage, writeMessage } from "../wire/messages.ts";
import type { Message } from "../wire/messages.ts";
import { MetaPublisher, RouterSocket } from "../wire/socket.ts";
import { admit } from "./admit.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { Action } from "./actions.ts";
import { linkPeer } from "./peer_link.ts";
import type { PeerAddress, PeerLink } from "./peer_link.ts";

export type { PeerAddress };

/** What a broker is told at its beginning. */
export interface BrokerOptions {
  /** The broker's name. */
  readonly name: string;
  /** Where it listens for tasks and results, such as "tcp://127.0.0.1:5555"; port * takes a free one. */
  readonly taskAddress: string;
  /** Where it publishes load and membership. */
  readonly metaAddress: string;
  /** The run's secret; workers without it are refused. */
  readonly runKey?: string;
  /** The run's keys. Without them it listens on loopback only. */
  readonly keys?: RunKeys;
  /** Workers planned, the origin among them. */
  readonly size: number;
  /** The program, for workers that were not told. */
  readonly program?: { main: string; modules: string[] };
  /** The broker has noticed by itself that a worker is gone. */
  onWorkerLost?(name: string, reason: string): void;
  /** A worker does not come back from a task: its process should be killed. */
  onWorkerStuck?(name: string, reason: string): void;
  /** The origin has said goodbye or was lost: the run is over. */
  onEnd?(reason: string): void;
}

/** A broker that runs. */
export interface BrokerHandle {
  readonly taskAddress: string;
  readonly metaAddress: string;
  /** Workers connected now. */
  readonly workers: number;
  /** Connections that were turned away because of their keys. */
  readonly refused: number;
  /** The run has another size than was planned. */
  resize(size: number): void;
  /**
   * Other brokers work on the same run: each of them has to be told of all others.
   *
   * @throws {Error} when an address is none, or is not on this host and there are no keys
   */
  join(peers: readonly PeerAddress[]): void;
  /** Tells workers that join from now on what the program is. */
  setProgram(program: { main: string; modules: string[] }): void;
  /** Tells the broker that a worker's process has ended: "exit code 1", "signal SIGKILL". */
  workerExited(name: string, reason: string): void;
  /** Tells every worker that the run is over, then closes the sockets. */
  close(reason: string): Promise<void>;
}

/** Milliseconds between two ticks of the dispatcher. */
const TICK = 50;
/** Milliseconds that the launcher has to say how a worker ended, before the broker says it. */
const WORD_OF_LAUNCHER = 150;
/** Milliseconds between two looks whether each worker is still attached. */
const PROBE = 500;
/** Malformed messages that are told about one by one. */
const MOST_REPORTED = 100;

/**
 * Starts a broker in this process.
 *
 * @throws {Error} when an address cannot be bound, or is not on this host alone and there are no
 * keys; the message names it.
 */
export async function startBroker(options: BrokerOptions): Promise<BrokerHandle> {
  const log = getLogger("broker");
  const { keys } = options;
  checkReach([options.taskAddress, options.metaAddress], "SCOOP_BROKER_KEYS", keys);
  const admission = keys && await admit(keys, log);
  const dispatcher = new Dispatcher({
    name: options.name,
    key: options.runKey ?? "",
    size: options.size,
    program: options.program?.main ?? "",
    modules: options.program?.modules ?? [],
  });
  const links = new Map<string, PeerLink>();
  let malformed = 0;
  let closed = false;

  const router = new RouterSocket({
    ...admission?.options,
    onMessage(identity, frames) {
      let message;
      try {
        message = readMessage(frames);
      } catch (error) {
        // Whatever reaches the port may send anything: counted, told about, dropped.
        if (++malformed <= MOST_REPORTED) {
          log.warning("dropped a malformed message ({malformed} so far): {error}", {
            malformed,
            error,
          });
        }
        return;
      }
      if (message.type === "peer" && isOwn(identity)) return;
      perform(dispatcher.receive(identity, message, performance.now()));
    },
    onGone,
    onError: (error) => log.error("a message could not be handled: {error}", { error }),
  });
  const publisher = new MetaPublisher(admission?.options);
  let taskAddress: string;
  let metaAddress: string;
  try {
    taskAddress = await router.bind(options.taskAddress);
    metaAddress = await publisher.bind(options.metaAddress);
  } catch (error) {
    await Promise.all([router.close(), publisher.close()]);
    await admission?.end();
    throw error;
  }

  function perform(actions: Action[]): void {
    for (const action of actions) {
      switch (action.kind) {
        case "send":
          router.send(action.to, writeMessage(action.message));
          break;
        case "tell":
          links.get(action.link)?.send(action.message);
          break;
        case "publish":
          publisher.publish("load", writeMessage(action.message));
          break;
        case "log":
          log[action.level]("{text}", { text: action.text });
          break;
        case "kill":
          log.warning("{worker} is stuck: {reason}", { ...action });
          options.onWorkerStuck?.(action.worker, action.reason);
          break;
        case "end":
          options.onEnd?.(action.reason);
      }
    }
  }

  /** An address of this broker's own, under another name: there is nobody to borrow from. */
  function isOwn(identity: string): boolean {
    for (const [address, link] of links) {
      if (link.identity !== identity) continue;
      log.info("{address} is this broker itself", { address });
      // It stays in the map, so that the address is known.
      void link.close();
      perform(dispatcher.part(address, performance.now()));
      return true;
    }
    return false;
  }

  function onGone(identity: string): void {
    // Whoever started the process may know more: its exit code, or the signal that ended it.
    setTimeout(() => disconnected(identity), WORD_OF_LAUNCHER);
  }

  function disconnected(identity: string): void {
    if (closed) return;
    const name = dispatcher.nameOf(identity);
    if (name === undefined) {
      return perform(dispatcher.borrowerLost(identity, performance.now()));
    }
    perform(dispatcher.lost(name, "its connection broke", performance.now()));
    options.onWorkerLost?.(name, "its connection broke");
  }

  const pong = writeMessage({ type: "pong" });
  const ticker = setInterval(() => perform(dispatcher.tick(performance.now())), TICK);
  const prober = setInterval(async () => {
    for (const { address } of [...dispatcher.connected()]) {
      if (!await router.reach(address, pong)) onGone(address);
    }
  }, PROBE);

  return {
    taskAddress,
    metaAddress,
    get workers() {
      return dispatcher.workers;
    },
    get refused() {
      return admission?.refused() ?? 0;
    },
    setProgram: (program) => dispatcher.setProgram(program.main, program.modules),
    resize: (size) => dispatcher.resize(size),
    join(peers) {
      for (const peer of peers) {
        const { task: link } = peer;
        if (links.has(link)) continue;
        checkReach([peer.task, peer.meta], "SCOOP_BROKER_KEYS", keys);
        const receive = (message: Message) => {
          if (!closed) perform(dispatcher.receiveFrom(link, message, performance.now()));
        };
        const trouble = (error: unknown) => {
          log.warning("a message of another broker could not be handled: {error}", { error });
        };
        links.set(link, linkPeer(peer, options.name, keys?.worker, receive, trouble));
        perform(dispatcher.join(link, performance.now()));
      }
    },
    workerExited(name, reason) {
      if (!closed) perform(dispatcher.lost(name, reason, performance.now()));
    },
    async close(reason) {
      if (closed) return;
      closed = true;
      clearInterval(ticker);
      clearInterval(prober);
      const frames = writeMessage({ type: "shutdown", reason });
      for (const { address } of dispatcher.connected()) router.send(address, frames);
      publisher.publish("shutdown", frames);
      const closing = [...links.values()].map((link) => link.close());
      await Promise.all([router.close(), publisher.close(), ...closing]);
      await admission?.end();
    },
  };
}
