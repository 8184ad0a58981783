/**
 * A worker's connection to its broker: whether it stands, what is on its way, and when it is lost.
 *
 * ```text
 *   alone                      there is no broker and never will be
 *   connecting ─▶ greeting ─▶ serving ⇄ resuming
 *                    │           │         │
 *                    └───────────┴─────────┴──▶ lost      leaving: after our goodbye
 * ```
 *
 * `resuming` is a connection that broke, or on which something was lost: a new hello tells the
 * broker how far we have come, its welcome tells us, and both send the rest again. What is said
 * meanwhile is kept by the {@link Session}. Of `greeting`, `resuming` and `serving` each has its limit,
 * counted in time in which this process was served, so nothing waits for ever.
 *
 * A state machine: messages and the time go in, what to send comes out.
 *
 * @module
 */

import { BrokerLostError } from "../wire/errors.ts";
import { LIMITS } from "../wire/limits.ts";
import type { Hello, Message, Numbered } from "../wire/messages.ts";
import { Session } from "../wire/session.ts";

/** See the module's text. Times in milliseconds. */
export type ConnectionState =
  | { readonly kind: "alone" }
  | { readonly kind: "connecting" }
  | { readonly kind: "greeting"; readonly since: number; saidAt: number }
  | { readonly kind: "serving"; heardAt: number; saidAt: number }
  | { readonly kind: "resuming"; since: number; broken: boolean; saidAt: number }
  | { readonly kind: "leaving" }
  | { readonly kind: "lost"; readonly error: Error };

/** What a worker says of itself in every hello, beside the run's secret. */
export type Introduction = Omit<Hello, "type" | "session" | "received" | "key">;

/** How a connection has something done. */
export interface ConnectionEvents {
  send(message: Message, number: number): void;
  lost(error: Error): void;
}

/** What a connection is told at its beginning. */
export interface ConnectionOptions {
  /** Undefined for a process that is in no run. */
  readonly introduction: Introduction | undefined;
  /** Names our session. */
  readonly session: string;
  /** What to do when no broker answers, for people. */
  readonly remedy: string;
  /** For the first welcome, in milliseconds. */
  readonly firstAnswerMs: number;
}

/** See the module's text. */
export class Connection {
  #state: ConnectionState;
  #session: Session;
  /** True once the broker has taken us in. */
  #welcomed = false;
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
    return kind === "greeting" || kind === "serving" || kind === "resuming";
  }

  /** True while nobody knows whether there will be a connection. */
  get isOpening(): boolean {
    return this.#state.kind === "connecting";
  }

  /** Why nothing comes any more, if that is so. */
  get error(): Error | undefined {
    return this.#state.kind === "lost" ? this.#state.error : undefined;
  }

  /** The sockets are there: introduces this worker. */
  open(address: string, key: string, now: number): void {
    if (this.#state.kind !== "connecting") return;
    this.#address = address;
    this.#key = key;
    this.#state = { kind: "greeting", since: now, saidAt: now };
    this.#sayHello();
  }

  /** Says something; what cannot be sent now is kept, as far as it is part of the session. */
  say(message: Message): void {
    switch (this.#state.kind) {
      case "connecting":
      case "greeting":
      case "resuming":
        this.#session.number(message);
        return;
      case "serving":
        return this.on.send(message, this.#session.number(message));
      case "alone":
      case "leaving":
      case "lost":
    }
  }

  /** Says goodbye, and nothing after it. */
  leave(): void {
    if (this.#state.kind === "lost") return;
    if (this.stands) this.on.send({ type: "goodbye" }, 0);
    this.#state = { kind: "leaving" };
  }

  /** The connection has broken; libzmq makes a new one if somebody is there. */
  broke(now: number): void {
    if (this.#state.kind === "serving") this.#resume(now, true);
    else if (this.#state.kind === "resuming" && !this.#state.broken) {
      this.#state = { ...this.#state, since: now, broken: true };
    }
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
    if (state.kind === "lost" || state.kind === "leaving") return undefined;
    if (state.kind === "serving") state.heardAt = now;
    if (message.type === "welcome") {
      return this.#welcome(message.received, now) ? message : undefined;
    }
    if (message.type === "sync") return void this.#sync(message.received, message.sent, now);
    if (message.type === "refuse") {
      const why = `the broker refused this worker: ${message.reason}`;
      return void this.fail(new BrokerLostError(why));
    }
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
  #welcome(received: number, now: number): boolean {
    if (!this.stands) return false;
    if (!this.#session.acknowledge(received)) {
      this.fail(new BrokerLostError(`the broker at ${this.#address} has forgotten this worker`));
      return false;
    }
    const first = !this.#welcomed;
    this.#welcomed = true;
    this.#state = { kind: "serving", heardAt: now, saidAt: now };
    for (const { message, number } of this.#session.unacknowledged()) this.on.send(message, number);
    return first;
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
        if (now - state.since > firstAnswerMs) {
          return this.fail(new BrokerLostError(`no broker answers at ${this.#address}: ${remedy}`));
        }
        return this.#repeatHello(state, LIMITS.introduceMs, now);
      case "resuming": {
        const limit = state.broken ? LIMITS.brokerGraceMs : LIMITS.silenceMs;
        if (now - state.since > limit) return this.fail(this.#brokerLost());
        return this.#repeatHello(state, LIMITS.introduceMs, now);
      }
      case "serving":
        if (now - state.heardAt > LIMITS.silenceMs) return this.fail(this.#brokerLost());
        if (now - state.saidAt >= LIMITS.syncMs) this.#saySync(state, now);
        return;
      case "alone":
      case "connecting":
      case "leaving":
      case "lost":
    }
  }

  #repeatHello(state: { saidAt: number }, afterMs: number, now: number): void {
    if (now - state.saidAt < afterMs) return;
    state.saidAt = now;
    this.#sayHello();
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
