/**
 * The broker's shell: it feeds the {@link Dispatcher} from its sockets and does what it decides.
 *
 * @module
 */

import type { BrokerAddress } from "../wire/addresses.ts";
import { Complaints } from "../wire/complaints.ts";
import { checkReach } from "../wire/keys.ts";
import type { RunKeys } from "../wire/keys.ts";
import { LIMITS } from "../wire/limits.ts";
import type { RunEvent } from "../telemetry/events.ts";
import type { RunStats } from "../telemetry/stats.ts";
import { getLogger } from "../telemetry/logging.ts";
import { readMessage, writeMessage } from "../wire/messages.ts";
import { keepTime } from "../wire/served_clock.ts";
import { whenTurnEnds } from "../wire/receiver.ts";
import { setTimeout } from "../wire/timers.ts";
import { loadSockets, MetaPublisher, RouterSocket } from "../wire/socket.ts";
import { admit } from "./admit.ts";
import { Dispatcher } from "./dispatcher.ts";
import type { Action } from "./actions.ts";
import type { Excess } from "./excess.ts";
import { BrokerTelling } from "./broker_telling.ts";
import { linkPeer } from "./peer_link.ts";
import type { PeerLink } from "./peer_link.ts";

/** What a broker is told at its beginning. */
export interface BrokerOptions {
  /** The broker's name. */
  readonly name: string;
  /** Where it listens for tasks and results, such as "tcp://127.0.0.1:5555" (port * takes a free one) or ipc://PATH. */
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
  /** Whether lost workers are replaced: their work then waits for the replacements. */
  readonly replaces?: boolean;
  /** The origin owns the workers and executes nothing itself, so it is none of them. */
  readonly owned?: boolean;
  /** A worker has imported the program and can run tasks. */
  onWorkerJoined?(name: string): void;
  /** The broker has noticed by itself that a worker is gone. */
  onWorkerLost?(name: string, reason: string): void;
  /** A worker does not come back from a task: its process should be killed. */
  onWorkerStuck?(name: string, reason: string): void;
  /** A worker has nothing that would be lost with it: its process should be replaced. */
  onWorkerRetired?(name: string, reason: string): void;
  /** Whether each stretch of work is to be told. */
  readonly watched?: boolean;
  /** Something has happened that whoever shows the run should know. */
  onEvent?(event: RunEvent): void;
  /** How the run stands, for programs that ask; what this broker knows of it when it is not said. */
  stats?(): Promise<RunStats>;
  /** The origin has said goodbye or was lost: the run is over. */
  onEnd?(reason: string): void;
}

/** A broker that runs. */
export interface BrokerHandle {
  readonly taskAddress: string;
  readonly metaAddress: string;
  /** Workers that have joined, their import of the program done, and are connected now. */
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
  join(peers: readonly BrokerAddress[]): void;
  /** Tells workers that join from now on what the program is. */
  setProgram(program: { main: string; modules: string[] }): void;
  /** Tells the broker that a worker's process has ended: "exit code 1", "signal SIGKILL". */
  workerExited(name: string, reason: string): void;
  /** Tells the broker that a worker uses more memory than it may. */
  workerExceeds(name: string, excess: Excess): void;
  /** From now on no tasks are begun, because of `reason`; those that have may end. */
  drain(reason: string): void;
  /** Whether other brokers work on the run, to which its workers can go. */
  readonly hasPeers: boolean;
  /** Tells every worker that the run is over, then closes the sockets. */
  close(reason: string): Promise<void>;
  /** Closes the sockets: the run goes on without this broker. */
  leave(): Promise<void>;
}

/**
 * Starts a broker in this process.
 *
 * @throws {Error} when an address cannot be bound, or is not on this host alone and there are no
 * keys; the message names it.
 */
export async function startBroker(options: BrokerOptions): Promise<BrokerHandle> {
  const log = getLogger("broker");
  const { keys } = options;
  await loadSockets([options.taskAddress, options.metaAddress]);
  checkReach([options.taskAddress, options.metaAddress], "SCOOP_BROKER_KEYS", keys);
  const admission = keys && await admit(keys, log);
  const dispatcher = new Dispatcher({
    name: options.name,
    key: options.runKey ?? "",
    size: options.size,
    program: options.program?.main ?? "",
    modules: options.program?.modules ?? [],
    replaces: options.replaces ?? false,
    owned: options.owned ?? false,
    watched: options.watched ?? false,
    newSession: () => crypto.randomUUID(),
  });
  const telling = new BrokerTelling(options);
  const { clock, stop } = keepTime({
    everyMs: LIMITS.brokerTickMs,
    onBeat(now) {
      telling.beat();
      perform(() => dispatcher.tick(now));
    },
  });
  const links = new Map<string, PeerLink>();
  /** Whatever reaches the port may send anything: counted, told about, dropped. */
  const malformed = new Complaints((text) => log.warning("{text}", { text }));
  const complain = (error: unknown) =>
    malformed.add(`a message could not be handled: ${(error as Error).message}`, clock.now());
  let closed = false;
  /** Set while only last words are heard; called when there are no more. */
  let heardAll: (() => void) | undefined;

  const router = new RouterSocket({
    ...admission?.options,
    onMessage(identity, frames) {
      let numbered;
      try {
        numbered = readMessage(frames);
      } catch (error) {
        return complain(error);
      }
      if (numbered.message.type === "peer" && isOwn(identity)) return;
      perform(() => dispatcher.receive(identity, numbered, clock.now()));
    },
    onGone: (identity) => perform(() => dispatcher.broken(identity, clock.now())),
    onError: complain,
  });
  const publisher = new MetaPublisher({ ...admission?.options, topics: ["load", "shutdown"] });
  let taskAddress: string;
  let metaAddress: string;
  try {
    taskAddress = await router.bind(options.taskAddress);
    metaAddress = await publisher.bind(options.metaAddress);
  } catch (error) {
    stop();
    await Promise.all([router.close(), publisher.close()]);
    await admission?.end();
    throw error;
  }

  /** The load that was not announced yet. */
  let load: Uint8Array[] | undefined;
  /** Behind what workers are sent in the same turn: who waits for a bundle would read this first. */
  function publishLoad(): void {
    if (load !== undefined) publisher.publish("load", load);
    load = undefined;
  }

  /** Has the dispatcher decide, and does what it says. An error is told, and stops nothing. */
  function perform(decide: () => Action[]): void {
    if (closed) return;
    try {
      for (const action of decide()) {
        if (heardAll === undefined || action.kind === "event") attempt(action);
      }
    } catch (error) {
      log.error("the broker could not decide: {error}", { error });
    }
    if (heardAll !== undefined && !dispatcher.hearsAnybody()) heardAll();
  }

  function attempt(action: Action): void {
    try {
      act(action);
    } catch (error) {
      log.error("the broker could not {kind}: {error}", { kind: action.kind, error });
    }
  }

  function act(action: Action): void {
    switch (action.kind) {
      case "send": {
        const frames = writeMessage(action.message, action.number);
        if (action.message.type === "sync") void probe(action.to, frames);
        else router.send(action.to, frames);
        break;
      }
      case "tell":
        links.get(action.link)?.send(action.message, action.number);
        break;
      case "publish":
        load = writeMessage(action.message);
        if (!whenTurnEnds(publishLoad)) publishLoad();
        break;
      case "log":
        log[action.level]("{text}", { text: action.text });
        break;
      case "kill":
        log.warning("{worker} has to end: {reason}", { ...action });
        options.onWorkerStuck?.(action.worker, action.reason);
        break;
      case "replace":
        log.info("{worker} is to be replaced: {reason}", { ...action });
        options.onWorkerRetired?.(action.worker, action.reason);
        break;
      case "event":
        telling.tell(action.event);
        break;
      case "askStats":
        void answer(action.from);
        break;
      case "workerJoined":
        options.onWorkerJoined?.(action.worker);
        break;
      case "workerLost":
        options.onWorkerLost?.(action.worker, action.reason);
        break;
      case "end":
        options.onEnd?.(action.reason);
    }
  }

  /** Says how the run stands. */
  async function answer(address: string): Promise<void> {
    const stats = await telling.stats();
    perform(() => dispatcher.answer(address, stats, clock.now()));
  }

  /** Sends a sign of life, and finds out whether anybody is there to get it. */
  async function probe(address: string, frames: Uint8Array[]): Promise<void> {
    const isThere = await router.reach(address, frames);
    perform(() => dispatcher[isThere ? "reached" : "broken"](address, clock.now()));
  }

  /** An address of this broker's own, under another name: there is nobody to borrow from. */
  function isOwn(identity: string): boolean {
    for (const [address, link] of links) {
      if (link.identity !== identity) continue;
      log.info("{address} is this broker itself", { address });
      // It stays in the map, so that the address is known.
      void link.close();
      perform(() => dispatcher.part(address, clock.now()));
      return true;
    }
    return false;
  }

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
        const peerLink = linkPeer(peer, options.name, keys?.worker, {
          message: (numbered) => perform(() => dispatcher.receiveFrom(link, numbered, clock.now())),
          gone: () => perform(() => dispatcher.linkBroken(link, clock.now())),
          trouble: complain,
        });
        links.set(link, peerLink);
        perform(() => dispatcher.join(link, clock.now()));
      }
    },
    workerExited(name, reason) {
      perform(() => dispatcher.lost(name, reason, clock.now()));
    },
    workerExceeds(name, excess) {
      perform(() => dispatcher.exceeds(name, excess, clock.now()));
    },
    drain: (reason) => perform(() => dispatcher.drain(reason, clock.now())),
    get hasPeers() {
      return links.size > 0;
    },
    async close(reason) {
      if (closed || heardAll !== undefined) return;
      const frames = writeMessage({ type: "shutdown", reason });
      for (const { address } of dispatcher.connected()) router.send(address, frames);
      publisher.publish("shutdown", frames);
      await lastWords();
      await closeSockets();
    },
    leave: closeSockets,
  };

  /** Hears what workers say before they leave: what they have done since they last told of it. */
  async function lastWords(): Promise<void> {
    if (!dispatcher.hearsAnybody()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    heardAll = resolve;
    const timer = setTimeout(resolve, LIMITS.lastWordsMs);
    await promise;
    clearTimeout(timer);
  }

  async function closeSockets(): Promise<void> {
    if (closed) return;
    closed = true;
    stop();
    const closing = [...links.values()].map((link) => link.close());
    await Promise.all([router.close(), publisher.close(), ...closing]);
    await admission?.end();
  }
}
