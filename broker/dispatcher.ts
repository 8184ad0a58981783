/**
 * The broker's decisions: who gets which bundle, what becomes of a lost worker's work, when the
 * run is over.
 *
 * A state machine: messages and the time go in, {@link Action}s come out. It knows no socket, timer
 * or process, so the same code runs in the simulation.
 *
 * The bundles themselves are the matter of {@link Bundles}, other brokers that of {@link Peers}.
 *
 * @module
 */

import type { Hello, Load, Message, Peer } from "../wire/messages.ts";
import type { Action, DispatcherOptions } from "./actions.ts";
import { Bundles } from "./bundles.ts";
import { Constants } from "./constants.ts";
import { refusal } from "./greeting.ts";
import type { Ledger } from "./ledger.ts";
import { Peers } from "./peers.ts";
import { Roster } from "./roster.ts";
import type { Worker } from "./roster.ts";

/** Milliseconds between two announcements of an unchanged load. */
const ANNOUNCE_EVERY = 200;

/** See the module's text. */
export class Dispatcher {
  #options: DispatcherOptions;
  #size: number;
  #roster = new Roster();
  #bundles: Bundles;
  #peers: Peers;
  #constants: Constants;
  /** What waits until it is known where the constants are at home. */
  #forHome: Message[] = [];
  #demand = 0;
  #lendable = 0;
  #hungry = false;
  #lends = false;
  #announcedAt = -Infinity;
  #changed = false;
  #out: Action[] = [];
  #over = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#size = options.size;
    this.#peers = new Peers({ name: options.name, key: options.key }, {
      tell: (link, message) => this.#out.push({ kind: "tell", link, message }),
      lenderLost: (link) => this.#bundles.lenderLost(link),
      homeLost: () => this.#end("the origin's broker was lost"),
      homeAgain: () => this.#constants.askAgain(),
    });
    this.#bundles = new Bundles(this.#roster, this.#peers, {
      send: (address, message) => this.#send(address, message),
      tell: (link, message) => this.#out.push({ kind: "tell", link, message }),
      warn: (text) => this.#log("warning", text),
    });
    this.#constants = new Constants({
      send: (address, message) => this.#send(address, message),
      toWorkers: (message) => this.#toAll(this.#roster, message),
      toBorrowers: (message) => this.#toAll(this.#peers.borrowers, message),
      elsewhere: () => this.#peers.any && this.#roster.origin === undefined,
      toHome: (message) => this.#toHome(message),
    });
  }

  /** Number of workers connected, the origin among them. */
  get workers(): number {
    return this.#roster.size;
  }

  /** Who holds what. */
  get ledger(): Ledger {
    return this.#bundles.ledger;
  }

  /** Number of bundles that wait for a worker. */
  get queued(): number {
    return this.#bundles.queued;
  }

  /** Names and addresses of the workers connected, and of the brokers that borrow. */
  *connected(): Generator<{ name: string; address: string }> {
    yield* this.#roster;
    yield* this.#peers.borrowers;
  }

  /** The worker behind an address, if it is in the run. */
  nameOf(address: string): string | undefined {
    return this.#roster.at(address)?.name;
  }

  /** Another broker works on the run; messages to it go over a connection called `link`. */
  join(link: string, now: number): Action[] {
    this.#peers.add(link, now);
    return this.#flush(now);
  }

  /** Nothing comes over a connection to another broker any more. */
  part(link: string, now: number): Action[] {
    this.#peers.remove(link);
    return this.#flush(now);
  }

  /** Takes in a message from `address`. */
  receive(address: string, message: Message, now: number): Action[] {
    const worker = this.#roster.at(address) ?? this.#peers.borrowers.at(address);
    if (message.type === "hello") this.#hello(address, message);
    else if (message.type === "peer") this.#peer(address, message);
    else if (worker !== undefined) this.#fromWorker(worker, message, now);
    else if (message.type !== "goodbye") {
      const reason = "this broker does not know the worker, or has given it up as lost";
      this.#send(address, { type: "refuse", reason });
    }
    return this.#flush(now);
  }

  /** Takes in a message from the broker at the other end of `link`. */
  receiveFrom(link: string, message: Message, now: number): Action[] {
    switch (message.type) {
      case "load":
        this.#peers.heard(link, message, now);
        if (this.#peers.home !== undefined) {
          this.#forHome.splice(0).forEach((one) => this.#toHome(one));
        }
        break;
      case "bundle":
        this.#peers.received(link);
        this.#bundles.borrow(message.bundle, message.payload, link);
        break;
      case "cancel":
        this.#bundles.cancel(message);
        break;
      case "refuse":
        this.#log("warning", `another broker refused this one: ${message.reason}`);
        this.#peers.refused(link, now);
        break;
      case "shutdown":
        this.#otherEnds(link, message.reason);
        break;
      default:
        this.#constants.fromHome(message);
    }
    return this.#flush(now);
  }

  /** The origin's broker ends with the run; any other may, as a worker may leave. */
  #otherEnds(link: string, reason: string): void {
    if (this.#roster.origin === undefined && this.#peers.mayEnd(link)) return this.#end(reason);
    this.#log("warning", `another broker leaves the run: ${reason}`);
    this.#peers.remove(link);
  }

  /** A broker that borrowed is gone: what it had goes to others. */
  borrowerLost(address: string, now: number): Action[] {
    const borrower = this.#peers.borrowers.at(address);
    if (borrower === undefined) return [];
    this.#log("warning", `lost ${borrower.name}`);
    this.#constants.forget(address);
    this.#bundles.borrowerGone(borrower);
    return this.#flush(now);
  }

  /** The worker called `name` is gone; `reason` says how, such as "signal SIGKILL". */
  lost(name: string, reason: string, now: number): Action[] {
    const worker = this.#roster.named(name);
    if (worker !== undefined) this.#forget(worker, reason);
    return this.#flush(now);
  }

  /** Time has passed: about every 50 ms. */
  tick(now: number): Action[] {
    for (const { worker, reason } of this.#bundles.findStuck(now)) {
      // The origin cannot be spared: it goes on when the task lets go.
      if (!worker.origin) this.#out.push({ kind: "kill", worker: worker.name, reason });
    }
    this.#bundles.tick(now);
    this.#peers.tick(now);
    if (this.#changed || now - this.#announcedAt >= ANNOUNCE_EVERY) this.#announce(now);
    return this.#flush(now);
  }

  #fromWorker(worker: Worker, message: Message, now: number): void {
    switch (message.type) {
      case "credit":
        worker.granted = message.bundles;
        worker.idle = message.idle;
        return this.#bundles.rosterOf(worker).refresh(worker);
      case "bundle":
        return this.#bundles.add(worker, message.bundle, message.payload);
      case "result":
        return this.#bundles.result(worker, message);
      case "started":
        return this.#bundles.started(message, now);
      case "cancel":
        return this.#bundles.cancel(message);
      case "lost":
        return this.#bundles.lostWithoutWorker(message);
      case "constant":
        return this.#constants.set(worker.address, message.name, message.payload);
      case "getConstant":
        return this.#constants.get(worker.address, message.name);
      case "dropConstant":
        return this.#constants.drop(message.name);
      case "ping":
        return this.#send(worker.address, { type: "pong" });
      case "goodbye":
        return this.#forget(worker, "");
      default:
        this.#log("warning", `${worker.name} sent a ${message.type}, which workers do not send`);
    }
  }

  /** Another broker would borrow. */
  #peer(address: string, peer: Peer): void {
    const { borrowers } = this.#peers;
    const reason = refusal(peer, this.#options.key);
    if (reason !== undefined) {
      this.#send(address, { type: "refuse", reason });
      return this.#log("warning", `refused the broker ${peer.name}: ${reason}`);
    }
    // One that introduces itself again has dropped what it had.
    const known = borrowers.at(address);
    if (known !== undefined) this.#bundles.borrowerGone(known);
    else this.#log("info", `the broker ${peer.name} takes part`);
    borrowers.add(`broker ${peer.name} (${address})`, address, false);
    this.#changed = true;
  }

  #taken(address: string, { name }: Hello): string | undefined {
    const known = this.#roster.named(name);
    if (known === undefined || known.address === address) return undefined;
    return `a worker called ${name} is in the run already: set WORKER_NAME to another name`;
  }

  #hello(address: string, hello: Hello): void {
    const reason = refusal(hello, this.#options.key) ?? this.#taken(address, hello);
    if (reason !== undefined) {
      this.#send(address, { type: "refuse", reason });
      const who = `${hello.name} (${hello.host}, pid ${hello.pid})`;
      return this.#log("warning", `refused ${who}: ${reason}`);
    }
    this.#roster.add(hello.name, address, hello.origin);
    this.#log("info", `${hello.name} joined (${hello.host}, pid ${hello.pid})`);
    this.#changed = true;
    const { name, program, modules } = this.#options;
    const { size, demand } = this;
    this.#send(address, {
      type: "welcome",
      broker: name,
      size,
      demand,
      program,
      modules: [...modules],
    });
  }

  /** Workers that join from now on are told of this program. */
  setProgram(program: string, modules: readonly string[]): void {
    this.#options = { ...this.#options, program, modules };
  }

  /** The run has another size than was planned. */
  resize(size: number): void {
    this.#size = size;
    this.#changed = true;
  }

  /** Workers in the run: those planned, or those here if they are more. */
  get size(): number {
    return Math.max(this.#size, this.#roster.size + this.#peers.workers);
  }

  /** Bundles that workers would take at once and that are not queued. */
  get demand(): number {
    return this.#bundles.lendable > 0 ? 0 : this.#bundles.free + this.#peers.free;
  }

  #toHome(message: Message): void {
    const link = this.#peers.home;
    if (link === undefined) this.#forHome.push(message);
    else this.#out.push({ kind: "tell", link, message });
  }

  #toAll(roster: Iterable<Worker>, message: Message): void {
    for (const { address } of roster) this.#send(address, message);
  }

  /** A worker has left (`reason` is empty) or was lost. */
  #forget(worker: Worker, reason: string): void {
    if (this.#bundles.rosterOf(worker) !== this.#roster) return;
    this.#roster.remove(worker);
    this.#constants.forget(worker.address);
    this.#changed = true;
    if (worker.origin) {
      const why = reason === "" ? "the program ended" : `the origin was lost (${reason})`;
      return this.#end(why);
    }
    const again = this.#bundles.workerGone(worker, reason || "it left");
    if (reason === "" && again === 0) return;
    const tasks = again === 0 ? "" : `; ${again} unfinished tasks run again`;
    this.#log("info", `lost ${worker.name} (${reason || "it left"})${tasks}`);
  }

  #announce(now: number): void {
    this.#announcedAt = now;
    this.#changed = false;
    const message: Load = {
      type: "load",
      broker: this.#options.name,
      queued: this.#bundles.lendable,
      demand: this.demand,
      size: this.size,
      free: this.#bundles.free,
      workers: this.#roster.size,
      home: this.#roster.origin !== undefined,
    };
    this.#out.push({ kind: "publish", message });
  }

  /** Hunger, and something to lend, are announced at once when they begin; else with the ticks. */
  #look(now: number): void {
    const { demand } = this;
    const lendable = this.#peers.any ? this.#bundles.lendable : 0;
    this.#changed ||= differs(demand, this.#demand) || differs(lendable, this.#lendable);
    const begins = (demand > 0 && !this.#hungry) || (lendable > 0 && !this.#lends);
    this.#hungry = demand > 0;
    this.#lends = lendable > 0;
    if (begins) this.#announce(now);
    // What was announced is remembered, so that slow changes add up.
    if (this.#announcedAt === now) {
      this.#demand = demand;
      this.#lendable = lendable;
    }
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#out.push({ kind: "end", reason });
  }

  #send(to: string, message: Message): void {
    this.#out.push({ kind: "send", to, message });
  }

  #log(level: "info" | "warning", text: string): void {
    this.#out.push({ kind: "log", level, text });
  }

  #flush(now: number): Action[] {
    this.#bundles.assign(now);
    if (this.#peers.any) this.#peers.borrow(this.#roster.credit, this.queued, this.workers);
    this.#look(now);
    const out = this.#out;
    this.#out = [];
    return out;
  }
}

/** Whether a number has changed so much that others should hear of it before long. */
function differs(now: number, before: number): boolean {
  return (now === 0) !== (before === 0) || Math.abs(now - before) > 0.2 * Math.max(now, before);
}
