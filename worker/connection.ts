/**
 * A worker's connection to its broker: whether it stands, what is on its way, and when it is lost.
 *
 * ```text
 *   alone                      there is no broker and never will be
 *   connecting ─▶ greeting ─▶ serving ⇄ resuming
 *                  ▲ │           │         │
 *                  │ └───────────┴─────────┴──▶ moving, or lost      leaving: after our goodbye
 *                  └────────────────────────────┘
 * ```
 *
 * `resuming` is a connection that broke, or on which something was lost: a new hello tells the
 * broker how far we have come, its welcome tells us, and both send the rest again. What is said
 * meanwhile is kept by the {@link Session}. Of `greeting`, `resuming` and `serving` each has its limit,
 * counted in time in which this process was served, so nothing waits for ever.
 *
 * Where the broker is known to be there ({@link ConnectionOptions.isThere}) what is said in `greeting`
 * leaves right behind the hello. It is said once more only if the connection broke meanwhile or the
 * hello had to be repeated; the broker knows by its number what it has.
 *
 * A worker whose broker is lost, and that knows of others, is `moving` to one of them: a session of
 * its own begins, in which it tells again all that the new broker has to know. The same with a
 * broker that was started again and has forgotten everybody.
 *
 * A state machine: messages and the time go in, what to send comes out.
 *
 * @module
 */

import { BrokerLostError } from "../wire/errors.ts";
import { LIMITS } from "../wire/limits.ts";
import type { Message, NoneLeft, Numbered, Refuse, Welcome } from "../wire/messages.ts";
import { Session } from "../wire/session.ts";
import type { ConnectionEvents, ConnectionOptions } from "./connection_options.ts";
import type { ConnectionState, Without } from "./connection_state.ts";

/** What of an old session a new broker has to hear, since nothing else tells of it. */
const LASTING = new Set<Message["type"]>(["result", "lost", "tally"]);

/** See the module's text. */
export class Connection {
  #state: ConnectionState;
  #session: Session;
  /** Sessions there were before. */
  #sessions = 0;
  /** True once the broker has taken us in. */
  #welcomed = false;
  /** Names the memory of the broker that has taken us in. */
  #instance = "";
  /** Where the broker is, for messages to people. */
  #address = "";
  /** The run's secret. */
  #key = "";

  constructor(
    private readonly options: ConnectionOptions,
    private readonly on: ConnectionEvents,
  ) {
    this.#state = { kind: options.introduction === undefined ? "alone" : "connecting" };
    this.#session = new Session(options.session);
  }

  /** See the module's text. */
  get state(): ConnectionState {
    return this.#state;
  }

  /** True while something that is said may reach the broker, now or later. */
  get stands(): boolean {
    const { kind } = this.#state;
    return kind === "greeting" || kind === "serving" || this.isAway;
  }

  /** True while the broker is away, and it or another is expected. */
  get isAway(): boolean {
    const state = this.#state;
    if (state.kind === "greeting") return state.without !== undefined;
    return state.kind === "resuming" || state.kind === "moving";
  }

  /** Whether what is to be heard will come, or be told again by another broker. */
  get hears(): boolean {
    return this.#state.kind === "serving" || this.isAhead || this.isAway;
  }

  /** Whether it may outlive a broker. */
  get survives(): boolean {
    const { others = 0, brokerGraceMs = 0 } = this.options;
    return others > 0 || brokerGraceMs > LIMITS.brokerGraceMs;
  }

  /** True while a link is wanted. */
  get wantsLink(): boolean {
    return this.isOpening || this.#state.kind === "moving";
  }

  /** True while nobody knows whether there will be a connection. */
  get isOpening(): boolean {
    return this.#state.kind === "connecting";
  }

  /** True before there was any broker, while one may answer at any moment: nothing begins. */
  isFirst(now: () => number): boolean {
    const state = this.#state;
    if (state.kind !== "greeting" || this.options.isThere) return this.isOpening;
    return state.without === undefined && now() - state.since < LIMITS.greetingMs;
  }

  /** True while what is said leaves without a welcome. */
  get isAhead(): boolean {
    return this.#state.kind === "greeting" && this.#state.ahead === "yes";
  }

  /** True while what is said leaves at once. */
  get speaks(): boolean {
    return this.#state.kind === "serving" || this.isAhead;
  }

  /** Why nothing comes any more, if that is so. */
  get error(): Error | undefined {
    return this.#state.kind === "lost" ? this.#state.error : undefined;
  }

  /** The sockets are there: introduces this worker. */
  open(address: string, key: string, now: number): void {
    const state = this.#state;
    if (state.kind !== "connecting" && state.kind !== "moving") return;
    this.#address = address;
    this.#key = key;
    const without = state.kind === "moving" ? state.without : undefined;
    const ahead = without === undefined && this.options.isThere ? "yes" : "no";
    this.#state = { kind: "greeting", since: now, saidAt: now, without, ahead };
    this.#sayHello();
    if (ahead === "yes") this.#sayAgain();
  }

  /** Says something; what cannot be sent now is kept, as far as it is part of the session. */
  say(message: Message): void {
    switch (this.#state.kind) {
      case "greeting": {
        const number = this.#session.number(message);
        if (this.isAhead) this.on.send(message, number);
        return;
      }
      case "connecting":
      case "resuming":
      case "moving":
        this.#session.number(message);
        return;
      case "serving":
        return this.on.send(message, this.#session.number(message));
      case "alone":
      case "leaving":
      case "lost":
    }
  }

  /** Says several things. */
  sayAll(messages: Iterable<Message>): void {
    for (const message of messages) this.say(message);
  }

  /** Says goodbye, and nothing after it. */
  leave(): void {
    if (this.#state.kind === "lost") return;
    if (this.stands && this.#state.kind !== "moving") this.on.send({ type: "goodbye" }, 0);
    this.#state = { kind: "leaving" };
  }

  /** The connection has broken; libzmq makes a new one if somebody is there. */
  broke(now: number): void {
    if (this.#state.kind === "serving") this.#resume(now, true);
    else if (this.#state.kind === "resuming" && !this.#state.broken) {
      this.#state = { ...this.#state, since: now, broken: true };
    } else this.#aheadIsLost();
  }

  /** Something is missing: both sides have to agree anew where the session stands. */
  #resume(now: number, broken: boolean): void {
    this.#state = { kind: "resuming", since: now, broken, saidAt: now };
    this.#sayHello();
  }

  #sayHello(): void {
    const { introduction } = this.options;
    const { id: session, received } = this.#session;
    this.on.send({ type: "hello", ...introduction!, key: this.#key, session, received }, 0);
  }

  /**
   * Looks at what has come.
   *
   * @returns the message if it is to be taken in
   */
  hear(numbered: Numbered, now: number): Message | undefined {
    const { message } = numbered;
    const state = this.#state;
    if (state.kind === "lost" || state.kind === "leaving" || state.kind === "moving") {
      return undefined;
    }
    if (state.kind === "serving") state.heardAt = now;
    if (message.type === "welcome") return this.#welcome(message, now) ? message : undefined;
    if (message.type === "sync") return void this.#sync(message.received, message.sent, now);
    if (message.type === "refuse") return void this.#refused(message, now);
    if (message.type === "noneLeft") return void this.#noneLeft(message);
    switch (this.#session.arrive(numbered)) {
      case "known":
        return undefined;
      case "gap":
        if (state.kind === "serving") this.#resume(now, false);
        return undefined;
      case "new":
        return message;
    }
  }

  /**
   * The broker says how far it has come: after a hello, or because it misses something.
   *
   * @returns true for the first welcome
   */
  #welcome({ received, instance }: Welcome, now: number): boolean {
    if (!this.stands) return false;
    const isOther = this.#welcomed && instance !== this.#instance;
    // Where neither has told anything yet, there is nothing to tell again.
    if (isOther && !(this.#session.received === 0 && this.#session.acknowledge(received))) {
      this.#meetAgain(now);
      return false;
    }
    if (!this.#session.acknowledge(received)) {
      this.fail(new BrokerLostError(`the broker at ${this.#address} has forgotten this worker`));
      return false;
    }
    const first = !this.#welcomed;
    const isSaid = this.isAhead;
    this.#welcomed = true;
    this.#instance = instance;
    this.#state = { kind: "serving", heardAt: now, saidAt: now };
    // On the connection over which the welcome came, what followed the hello is on its way.
    if (!isSaid) this.#sayAgain();
    return first;
  }

  #sayAgain(): void {
    for (const { message, number } of this.#session.unacknowledged()) this.on.send(message, number);
  }

  /** A broker does not know us, or does not want us. */
  #refused({ reason, instance, session }: Refuse, now: number): void {
    const state = this.#state;
    const isCurrent = session === this.#session.id;
    // A session that is over.
    if (session !== "" && !isCurrent) return;
    // Another one stands where ours was.
    if (this.#welcomed && instance !== this.#instance) return this.#meetAgain(now);
    // It is no answer to our hello, which is lost, but to what was said behind it.
    if (state.kind === "greeting" && state.ahead !== "no" && !isCurrent) {
      if (this.#aheadIsLost()) this.#repeatHello(state, 0, now);
      return;
    }
    // It has given us up, but it is there: or others are, if it has no use for us.
    if (this.#welcomed && this.options.others) return this.#meetAgain(now);
    const error = new BrokerLostError(`the broker refused this worker: ${reason}`);
    if (state.kind !== "greeting" || state.without === undefined) return this.fail(error);
    if (isCurrent) this.#move(state.without, now);
  }

  /** Where the broker was: there is no other to go to. */
  #noneLeft({ session }: NoneLeft): void {
    if (session === this.#session.id) this.fail(this.#brokerLost());
  }

  /** What was said ahead is said again after the welcome. @returns false when that was known */
  #aheadIsLost(): boolean {
    const state = this.#state;
    if (state.kind !== "greeting" || state.ahead !== "yes") return false;
    state.ahead = "lost";
    return true;
  }

  /** Where our broker was is another one now, over the same link. */
  #meetAgain(now: number): void {
    this.#beginAnew();
    const without = { since: now, error: this.#brokerLost() };
    this.#state = { kind: "greeting", since: now, saidAt: now, without, ahead: "no" };
    this.#sayHello();
  }

  /** The broker is lost: on to another, if there is one. */
  #brokerGone(now: number): void {
    const error = this.#brokerLost();
    if ((this.options.others ?? 0) === 0) return this.fail(error);
    this.#beginAnew();
    this.#move({ since: now, error }, now);
  }

  #move(without: Without, now: number): void {
    if (now - without.since > LIMITS.moveMs) return this.fail(without.error);
    const isFirst = without.since === now;
    this.#state = { kind: "moving", without, at: isFirst ? -1 : now + LIMITS.moveAgainMs };
    if (isFirst) this.on.move();
  }

  #beginAnew(): void {
    const untold = [...this.#session.unacknowledged()].map(({ message }) => message);
    this.#welcomed = false;
    this.#session = new Session(`${this.options.session}+${++this.#sessions}`);
    this.on.again(untold.filter(({ type }) => LASTING.has(type)));
  }

  #sync(received: number, sent: number, now: number): void {
    const state = this.#state;
    // It stands again, and our hello may be lost.
    if (state.kind === "resuming") this.#repeatHello(state, LIMITS.brokenProbeMs, now);
    if (state.kind !== "serving") return;
    const agrees = this.#session.acknowledge(received) && !this.#session.misses(sent);
    if (!agrees) this.#resume(now, false);
  }

  /** Tells the broker how far we have come, if much has come. */
  syncIfDue(now: number): void {
    const state = this.#state;
    if (state.kind === "serving" && this.#session.isSyncDue) this.#saySync(state, now);
  }

  #saySync(state: { saidAt: number }, now: number): void {
    state.saidAt = now;
    this.on.send(this.#session.sync(), 0);
  }

  /** Time has passed; the judgements are in `LIMITS`. */
  tick(now: number): void {
    const state = this.#state;
    const { remedy, firstAnswerMs } = this.options;
    switch (state.kind) {
      case "greeting":
        if (state.without !== undefined) {
          if (now - state.since > LIMITS.moveAnswerMs) return this.#move(state.without, now);
        } else if (this.options.others) {
          if (now - state.since > LIMITS.moveFirstMs) return this.#brokerGone(now);
        } else if (now - state.since > firstAnswerMs) {
          return this.fail(new BrokerLostError(`no broker answers at ${this.#address}: ${remedy}`));
        }
        if (this.#repeatHello(state, LIMITS.introduceMs, now)) this.#aheadIsLost();
        return;
      case "resuming": {
        const limit = state.broken ? this.#graceMs : LIMITS.silenceMs;
        if (now - state.since > limit) return this.#brokerGone(now);
        this.#repeatHello(state, LIMITS.introduceMs, now);
        return;
      }
      case "serving":
        if (now - state.heardAt > LIMITS.silenceMs) return this.#brokerGone(now);
        if (now - state.saidAt >= LIMITS.syncMs) this.#saySync(state, now);
        return;
      case "moving":
        if (state.at < 0 || now < state.at) return;
        state.at = -1;
        return this.on.move();
      case "alone":
      case "connecting":
      case "leaving":
      case "lost":
    }
  }

  get #graceMs(): number {
    const { others = 0, brokerGraceMs = LIMITS.brokerGraceMs } = this.options;
    return others > 0 ? LIMITS.moveAfterMs : brokerGraceMs;
  }

  #repeatHello(state: { saidAt: number }, afterMs: number, now: number): boolean {
    if (now - state.saidAt < afterMs) return false;
    state.saidAt = now;
    this.#sayHello();
    return true;
  }

  #brokerLost(): BrokerLostError {
    return new BrokerLostError(`the broker at ${this.#address} is lost`);
  }

  /** Nothing comes any more. */
  fail(error: Error): void {
    if (this.#state.kind === "lost") return;
    this.#state = { kind: "lost", error };
    this.on.lost(error);
  }

  /** Numbered messages kept because the broker may not have them. */
  get kept(): number {
    return this.#session.kept;
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    this.#session.check();
    if (this.#state.kind === "serving" && !this.#welcomed) throw new Error("served unwelcomed");
  }
}
