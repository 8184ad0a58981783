/**
 * The broker's decisions: who gets which bundle, what becomes of a lost worker's work, when the
 * run is over.
 *
 * A state machine: messages and the time go in, {@link Action}s come out. It knows no socket, timer
 * or process, so the same code runs in the simulation. Whatever {@link readMessage} lets through
 * may be put in: what is false is refused, and told.
 *
 * {@link Bundles} see to the tasks, {@link Peers} to other brokers, {@link Conversations} to all links.
 *
 * @module
 */

import { Complaints } from "../wire/complaints.ts";
import { LIMITS } from "../wire/limits.ts";
import type { Message, Numbered } from "../wire/messages.ts";
import type { Action, DispatcherOptions } from "./actions.ts";
import { Bundles } from "./bundles.ts";
import { Constants } from "./constants.ts";
import { Conversations } from "./conversation.ts";
import { BEGAN_ANEW, Door, UNKNOWN } from "./door.ts";
import { refuseQueued } from "./draining.ts";
import type { Excess } from "./excess.ts";
import type { Ledger } from "./ledger.ts";
import { fromLender } from "./from_lender.ts";
import type { Concerned } from "./from_lender.ts";
import { fromWorker } from "./from_worker.ts";
import type { WorkerConcerns } from "./from_worker.ts";
import { peerWelcomeTo, welcomeTo } from "./greeting.ts";
import { Home } from "./home.ts";
import { LoadWatch } from "./load.ts";
import { Peers } from "./peers.ts";
import { Places } from "./places.ts";
import type { Member } from "./records.ts";
import { Roster } from "./roster.ts";
import { statsPayload, Witness } from "./witness.ts";

/** What is said of tasks that somebody else has by now: no lie, but late. */
const LATE = new Set<Message["type"]>(["result", "started", "giveBack", "lost"]);

/** See the module's text. */
export class Dispatcher {
  #options: DispatcherOptions;
  #roster = new Roster();
  #conversations: Conversations;
  #door: Door;
  #places: Places;
  #bundles: Bundles;
  #peers: Peers;
  #constants: Constants;
  #home: Home;
  readonly #concerned: Concerned & WorkerConcerns;
  /** Names what this broker remembers. */
  readonly #instance: string;
  #load: LoadWatch;
  readonly #witness: Witness;
  #false = new Complaints((text) => this.#log("warning", text));
  #late = new Complaints((text) => this.#log("debug", text));
  #refused = new Complaints((text) => this.#log("warning", text));
  #out: Action[] = [];
  #over = false;
  /** Why no more tasks are given out. */
  #drained: string | undefined;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    const { name, key, newSession } = options;
    this.#instance = newSession();
    this.#conversations = new Conversations({
      post: ({ address: to }, message, number) =>
        this.#out.push({ kind: "send", to, message, number }),
      welcome: (member) => this.#welcome(member),
      changed: (member) => this.#places.rosterOf(member).refresh(member),
    });
    this.#peers = new Peers({ name, key }, newSession, {
      tell: (link, message, number) => this.#out.push({ kind: "tell", link, message, number }),
      lenderLost: (...lost) => this.#bundles.moving.lenderLost(...lost),
      lenderBack: (...back) => this.#bundles.moving.lenderBack(...back),
      homeLost: () => this.#home.lost("the origin's broker was lost"),
      homeAgain: () => this.#constants.askAgain(),
    });
    this.#home = new Home(this.#roster, this.#peers, {
      end: (reason) => this.#end(reason),
      moved: (here) => this.#constants.moved(here),
    });
    const says = {
      send: (to: Member, message: Message) => this.#conversations.send(to, message),
      tell: (link: string, message: Message) => this.#peers.tell(link, message),
    };
    this.#places = new Places(this.#roster, this.#peers, options, says);
    const warn = (text: string) => this.#log("warning", text);
    this.#bundles = new Bundles(this.#roster, this.#peers, this.#places, { ...says, warn });
    this.#load = new LoadWatch(options, this.#roster, this.#peers, this.#places);
    this.#witness = new Witness(options, this.#instance, this.#roster, this.#places, (event) => {
      this.#out.push({ kind: "event", event });
    });
    this.#door = new Door(key, this.#roster, this.#peers.borrowers, this.#conversations, {
      refuse: (address, reason, session) => this.#refuse(address, reason, session),
      tell: (text, now) => this.#refused.add(text, now),
      cameIn: (member) => this.#welcome(member),
      joined: (member, text) => this.#joined(member, text),
      beganAnew: (member, now) => {
        if (this.#roster.has(member)) this.#forget(member, BEGAN_ANEW);
        else this.#borrowerLost(member, BEGAN_ANEW, now);
      },
    });
    this.#constants = new Constants({
      send: (address, message) => this.#send(address, message),
      toWorkers: (message) => this.#toAll(this.#roster, message),
      toBorrowers: (message) => this.#toAll(this.#peers.borrowers, message),
      place: () => this.#home.place,
      toHome: (message) => this.#peers.toHome(message),
    });
    const act = (action: Action) => void this.#out.push(action);
    const all = { peers: this.#peers, bundles: this.#bundles, constants: this.#constants, act };
    const [witness, refused, ends] = [this.#witness, this.#refused, this.#otherEnds];
    this.#concerned = { ...all, witness, refused, ends };
  }

  /** Number of workers that have joined the run at this broker, the origin among them. */
  get workers(): number {
    return this.#roster.joined;
  }

  /** Who holds what. */
  get ledger(): Ledger {
    return this.#places.ledger;
  }

  /** Number of bundles that wait for a worker. */
  get queued(): number {
    return this.#places.queued;
  }

  /** Names and addresses of the workers in the run, and of brokers that borrow. */
  *connected(): Generator<{ name: string; address: string }> {
    yield* this.#roster;
    yield* this.#peers.borrowers;
  }

  /** Whether a worker is connected, who may still say something. */
  readonly hearsAnybody = () =>
    [...this.#roster].some((one) => one.connection.kind === "connected");

  /** Another broker works on the run; messages to it go over a connection called `link`. */
  join(link: string, now: number): Action[] {
    this.#peers.add(link, now);
    return this.#flush(now);
  }

  /** Nothing comes over a connection to another broker any more. */
  part(link: string, now: number): Action[] {
    this.#peers.remove(link, now);
    return this.#flush(now);
  }

  /** Our connection to another broker broke: it is made again. */
  linkBroken(link: string, now: number): Action[] {
    this.#peers.broken(link, now);
    return this.#flush(now);
  }

  /** The connection of a worker, or of a broker that borrows, broke. */
  broken(address: string, now: number): Action[] {
    const member = this.#at(address);
    if (member !== undefined) this.#conversations.broken(member, now);
    return this.#flush(now);
  }

  /** A connection that broke stands again; the hello is to come. */
  reached(address: string, now: number): Action[] {
    const member = this.#at(address);
    if (member !== undefined) this.#conversations.reached(member, now);
    return this.#flush(now);
  }

  /** The worker called `name` is gone; `reason` says how, such as "signal SIGKILL". */
  lost(name: string, reason: string, now: number): Action[] {
    const worker = this.#roster.named(name);
    if (worker !== undefined) this.#forget(worker, reason);
    return this.#flush(now);
  }

  /** The worker called `name` uses more memory than it may. */
  exceeds(name: string, excess: Excess, now: number): Action[] {
    const worker = this.#roster.named(name);
    const reason = worker && this.#bundles.exceeds(worker, excess, now);
    if (reason !== undefined) this.#out.push({ kind: "kill", worker: name, reason });
    return this.#flush(now);
  }

  /** From now on no tasks are begun; those that have may end. */
  drain(reason: string, now: number): Action[] {
    this.#drained = reason;
    this.#toAll(this.#roster, { type: "retire", reason });
    return this.#flush(now);
  }

  /** Takes in a message from `address`. */
  receive(address: string, numbered: Numbered, now: number): Action[] {
    const { message } = numbered;
    const member = this.#at(address);
    if (message.type === "hello") this.#door.hello(address, message, now);
    else if (message.type === "peer") this.#door.peer(address, message, now);
    else if (member === undefined) {
      if (message.type !== "goodbye") this.#refuse(address, UNKNOWN);
    } else if (this.#conversations.arrive(member, numbered, now)) {
      const wrong = this.#from(member, message, now);
      const complaints = LATE.has(message.type) ? this.#late : this.#false;
      if (wrong !== undefined) complaints.add(`${member.name} ${wrong}`, now);
    }
    return this.#flush(now);
  }

  /** Takes in a message from the broker at the other end of `link`. */
  receiveFrom(link: string, numbered: Numbered, now: number): Action[] {
    if (this.#peers.arrive(link, numbered, now)) {
      const wrong = fromLender(this.#concerned, link, numbered.message, now);
      if (wrong !== undefined) this.#false.add(`the broker at ${link} ${wrong}`, now);
    }
    return this.#flush(now);
  }

  /** A worker is told how the run stands, as it has asked. */
  answer(address: string, stats: unknown, now: number): Action[] {
    this.#send(address, { type: "stats", payload: statsPayload(stats) });
    return this.#flush(now);
  }

  /** Time has passed: about every 50 ms. */
  tick(now: number): Action[] {
    for (const { worker: { name: worker }, reason } of this.#bundles.findStuck(now)) {
      this.#out.push({ kind: "kill", worker, reason });
    }
    this.#judge(now);
    this.#bundles.tick(now);
    this.#peers.tick(now);
    this.#home.tick(now);
    this.#constants.tick(now);
    this.#load.tick(now);
    this.#witness.tick(now);
    return this.#flush(now);
  }

  /** Finds those that are lost, and tells the others where their sessions stand. */
  #judge(now: number): void {
    const { workerGraceMs, brokerGraceMs } = LIMITS;
    for (const { member, reason } of this.#conversations.judge(this.#roster, workerGraceMs, now)) {
      this.#out.push({ kind: "workerLost", worker: member.name, reason });
      this.#forget(member, reason, member.origin);
    }
    const { borrowers } = this.#peers;
    for (const { member, reason } of this.#conversations.judge(borrowers, brokerGraceMs, now)) {
      this.#borrowerLost(member, reason, now);
    }
  }

  /** What workers say, and brokers that borrow. @returns what is wrong with it, if something is */
  #from(member: Member, message: Message, now: number): string | undefined {
    switch (message.type) {
      case "credit":
        this.#door.asked(member);
        return void this.#places.rosterOf(member).grant(member, message);
      case "result":
        return this.#bundles.result(member, message, now);
      case "started":
        return this.#bundles.started(member, message, now);
      case "giveBack":
        return this.#bundles.giveBack(member, message);
      case "lost":
        return this.#bundles.lostTask(member, message);
      case "constant":
      case "restored":
      case "setConstants":
      case "getConstant":
      case "dropConstant":
        return void this.#constants.hear(member.address, message);
      case "goodbye":
        if (this.#roster.has(member)) return void this.#forget(member, "");
        return void this.#borrowerLost(member, "it left", now);
    }
    if (this.#roster.has(member)) return fromWorker(this.#concerned, member, message, now);
    if (message.type === "hold") return this.#bundles.moving.hear(member, message, now);
    return `sent a ${message.type}, which brokers do not send`;
  }

  /** The origin's broker ends with the run; any other may, as a worker may leave. */
  #otherEnds = (link: string, reason: string, now: number): void => {
    if (this.#roster.origin === undefined && this.#peers.mayEnd(link)) return this.#end(reason);
    this.#log("info", `another broker leaves the run: ${reason}`);
    this.#peers.remove(link, now);
  };

  /** A broker that borrowed is gone. */
  #borrowerLost(borrower: Member, reason: string, now: number): void {
    this.#log("warning", `lost the ${borrower.name.replace(/ \(.*/, "")} (${reason})`);
    this.#peers.borrowers.remove(borrower);
    this.#constants.forget(borrower.address);
    this.#bundles.moving.borrowerGone(borrower, now);
  }

  #joined(member: Member, text: string): void {
    this.#load.changed();
    this.#log("info", text);
    if (!this.#roster.has(member)) return;
    this.#witness.joined(member);
    this.#out.push({ kind: "workerJoined", worker: member.name });
  }

  #welcome(member: Member): void {
    const message = this.#roster.has(member)
      ? welcomeTo(member, this.#options, this.#load, this.#witness)
      : peerWelcomeTo(member);
    this.#out.push({ kind: "send", to: member.address, message, number: 0 });
  }

  /** Workers that join from now on are told of this program. */
  setProgram(program: string, modules: readonly string[]): void {
    this.#options = { ...this.#options, program, modules };
  }

  /** The run has another size than was planned. */
  resize(size: number): void {
    this.#load.resize(size);
  }

  /** Workers in the run: those planned, or those here if they are more. */
  get size(): number {
    return this.#load.size;
  }

  /** Bundles that workers would take at once and that are not queued. */
  get demand(): number {
    return this.#load.demand;
  }

  #toAll(roster: Iterable<Member>, message: Message): void {
    for (const member of roster) this.#conversations.send(member, message);
  }

  /** A worker has left (`reason` is empty) or was lost; it `may` come to another broker. */
  #forget(worker: Member, reason: string, may = false): void {
    this.#roster.remove(worker);
    this.#constants.forget(worker.address);
    this.#load.changed();
    const again = this.#bundles.workerGone(worker, reason || "it left");
    this.#witness.gone(worker, reason, again);
    if (worker.origin) {
      if (reason === BEGAN_ANEW) return;
      const text = reason === "" ? "the program ended" : `the origin was lost (${reason})`;
      return may ? this.#home.lost(text) : this.#end(text);
    }
    if (this.#over || (reason === "" && again === 0)) return;
    const tasks = again === 0 ? "" : `; unfinished tasks that run again: ${again}`;
    this.#log("info", `lost ${worker.name} (${reason || "it left"})${tasks}`);
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#out.push({ kind: "end", reason });
  }

  #at(address: string): Member | undefined {
    return this.#roster.at(address) ?? this.#peers.borrowers.at(address);
  }

  #send(address: string, message: Message): void {
    const member = this.#at(address);
    if (member !== undefined) this.#conversations.send(member, message);
  }

  #refuse(to: string, reason: string, session = ""): void {
    const message: Message = { type: "refuse", reason, instance: this.#instance, session };
    this.#out.push({ kind: "send", to, message, number: 0 });
  }

  #log(level: "debug" | "info" | "warning", text: string): void {
    this.#out.push({ kind: "log", level, text });
  }

  #flush(now: number): Action[] {
    if (this.#drained === undefined) this.#places.assign();
    else refuseQueued(this.#places, this.#peers, this.#drained);
    if (this.#peers.any) this.#peers.borrow(this.#roster.credit, this.queued, this.workers);
    const message = this.#load.due(now);
    if (message !== undefined) this.#out.push({ kind: "publish", message });
    const out = this.#out;
    this.#out = [];
    return out;
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    this.#roster.check();
    this.#peers.check();
    this.#places.check();
    this.#bundles.check();
  }
}
