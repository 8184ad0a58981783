/**
 * A broker's process in the simulation: the product's own dispatcher, with virtual connections.
 *
 * @module
 */

import { Dispatcher } from "../../broker/dispatcher.ts";
import type { Action } from "../../broker/actions.ts";
import { LIMITS } from "../../wire/limits.ts";
import { readMessage, writeMessage } from "../../wire/messages.ts";
import { Connection } from "./network.ts";
import type { End } from "./network.ts";
import { Process } from "./process.ts";
import type { Run } from "./simulation.ts";

/** See the module's text. */
export class Broker {
  readonly process: Process;
  readonly dispatcher: Dispatcher;
  readonly #now: () => number;
  /** From workers, and brokers that borrow, by address. */
  readonly #connections = new Map<string, Connection>();
  /** To brokers that lend, by link. */
  readonly #links = new Map<string, Connection>();
  #peers = 0;

  /** @param index its number among the brokers, from 0 */
  constructor(private readonly run: Run, readonly index: number) {
    const { clock, options } = run;
    const name = index === 0 ? "broker" : `broker-${index + 1}`;
    this.process = new Process(name, clock, () => run.handled(this));
    const life = ++run.lives;
    let sessions = 0;
    this.dispatcher = new Dispatcher({
      ...{ name, key: "", size: options.workers, program: "", modules: [], replaces: true },
      watched: run.observer.watched,
      // Every other one packs what few would ever have so much of.
      ...life % 2 === 1 && { packAfter: 3 },
      newSession: () => `${name} ${life} ${++sessions}`,
    });
    const time = this.process.keepTime(LIMITS.brokerTickMs, (now) => {
      this.perform((dispatcher) => dispatcher.tick(now));
    });
    this.#now = time.now;
  }

  get name(): string {
    return this.process.name;
  }

  /** All connections to it. */
  get connections(): Iterable<Connection> {
    return this.#connections.values();
  }

  /** Somebody connects to its task socket and its meta socket. */
  accept(name: string, client: End, delay?: number): Connection {
    const address = `${name}#${++this.#peers}`;
    const connection = new Connection(
      this.run,
      client,
      {
        process: this.process,
        deliver: (frames) => {
          const numbered = readMessage(frames);
          this.perform((dispatcher, now) => dispatcher.receive(address, numbered, now));
        },
        broke: () => this.perform((dispatcher, now) => dispatcher.broken(address, now)),
      },
      this.run.latencyOf(delay),
    );
    this.#connections.set(address, connection);
    return connection;
  }

  /** Connects to another broker, so as to borrow from it. */
  join(lender: Broker, delay: number): void {
    const link = `broker ${lender.index}`;
    const connection = lender.accept(this.name, {
      process: this.process,
      deliver: (frames) => {
        const numbered = readMessage(frames);
        this.perform((dispatcher, now) => dispatcher.receiveFrom(link, numbered, now));
      },
      broke: () => this.perform((dispatcher, now) => dispatcher.linkBroken(link, now)),
    }, delay);
    this.#links.set(link, connection);
    this.process.post(() => this.perform((dispatcher, now) => dispatcher.join(link, now)));
  }

  /** Has the dispatcher decide, and does what it says. */
  perform(decide: (dispatcher: Dispatcher, now: number) => Action[]): void {
    for (const action of decide(this.dispatcher, this.#now())) this.#act(action);
  }

  #act(action: Action): void {
    switch (action.kind) {
      case "send": {
        const frames = writeMessage(action.message, action.number);
        this.#connections.get(action.to)?.toClient(frames);
        if (action.message.type === "sync") this.#probe(action.to);
        return;
      }
      case "tell":
        return this.#links.get(action.link)?.toServer(
          writeMessage(action.message, action.number),
        );
      case "publish": {
        const frames = writeMessage(action.message);
        for (const connection of this.#connections.values()) connection.announce(frames);
        return;
      }
      case "log":
        return this.run.logged(this, action.level, action.text);
      case "kill":
      case "replace":
        return this.run.launcher.giveUp(action.worker, action.reason, 0);
      case "event":
        return this.run.observer.receive(action.event, this.run.clock.now);
      case "askStats":
      case "workerJoined":
        return;
      case "workerLost":
        return this.run.launcher.giveUp(action.worker, action.reason, 1000);
      case "end":
        return this.run.ended(this, action.reason);
    }
  }

  /** A sign of life also finds out whether anybody is there to get it. */
  #probe(address: string): void {
    const isThere = this.#connections.get(address)?.stands ?? false;
    this.process.soon(() =>
      this.perform((dispatcher, now) => dispatcher[isThere ? "reached" : "broken"](address, now))
    );
  }

  /** Tells everybody that the run is over. */
  shutdown(reason: string): void {
    const frames = writeMessage({ type: "shutdown", reason });
    for (const { address } of this.dispatcher.connected()) {
      this.#connections.get(address)?.toClient(frames);
    }
  }

  /** Its process is killed. */
  die(): void {
    this.process.end();
    for (const connection of this.#connections.values()) connection.serverEnds();
    for (const connection of this.#links.values()) connection.clientEnds();
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    this.dispatcher.check();
  }
}
