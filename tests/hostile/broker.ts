/** A hostile broker: it takes in workers, the origin and other brokers, and speaks nonsense to them. */

import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { encodeEach } from "../../wire/codec.ts";
import { isNumbered, readMessage, writeMessage } from "../../wire/messages.ts";
import type { Message } from "../../wire/messages.ts";
import { MetaPublisher, RouterSocket } from "../../wire/socket.ts";
import { framesOf } from "./said.ts";
import type { Said } from "./said.ts";

/** Generous, against hangs only: milliseconds for an answer. */
const LIMIT = 60_000;
/** Bundles of ours that are to be answered have numbers from here on. */
const FIRST_CHECK = 2 ** 40;

/** What ends a connection, as it should: it is said seldom. */
const FATAL = new Set<Message["type"]>([
  ...["shutdown", "refuse", "noneLeft", "welcome", "peerWelcome", "sync", "retire"] as const,
]);

/** Whoever has connected. */
interface Caller {
  /** Its name, as it says. */
  readonly name: string;
  /** What was numbered so far, in each direction. */
  sent: number;
  heard: number;
  /** Whether it may have ended, or takes no tasks any more: it was told to. */
  dismissed: boolean;
}

/** See the module's text. */
export class HostileBroker {
  readonly #router: RouterSocket;
  readonly #publisher: MetaPublisher;
  readonly #callers = new Map<string, Caller>();
  readonly #results = new Map<number, (value: Message) => void>();
  readonly #newcomers: ((address: string) => void)[] = [];
  #checks = FIRST_CHECK;
  #said = 0;
  task = "";
  meta = "";

  private constructor(readonly program: string) {
    this.#router = new RouterSocket({
      onMessage: (identity, frames) => {
        const { message, number } = readMessage(frames);
        this.#hear(identity, message, number);
      },
    });
    this.#publisher = new MetaPublisher({ topics: ["load", "shutdown"] });
  }

  /** One that listens; `program` is the path of what its workers are to import. */
  static async start(program: string): Promise<HostileBroker> {
    const broker = new HostileBroker(pathToFileURL(program).href);
    broker.task = await broker.#router.bind("tcp://127.0.0.1:*");
    broker.meta = await broker.#publisher.bind("tcp://127.0.0.1:*");
    return broker;
  }

  async close(): Promise<void> {
    await Promise.all([this.#router.close(), this.#publisher.close()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The address of the next one that introduces itself for the first time. */
  next(): Promise<string> {
    return new Promise((resolve) => this.#newcomers.push(resolve));
  }

  /** Whether somebody was told to end. */
  hasDismissed(address: string): boolean {
    return this.#callers.get(address)!.dismissed;
  }

  #hear(address: string, message: Message, number: number): void {
    if (message.type === "hello" || message.type === "peer") return this.#greet(address, message);
    const caller = this.#callers.get(address);
    if (caller === undefined) return;
    caller.heard = Math.max(caller.heard, number);
    // What is said next is what it waits for.
    if (message.type === "sync") caller.sent = message.received;
    if (message.type !== "result") return;
    this.#results.get(message.result.id)?.(message);
  }

  /** Here it says what is true: else nobody would listen. */
  #greet(address: string, message: Message & { type: "hello" | "peer" }): void {
    let caller = this.#callers.get(address);
    const isNew = caller === undefined;
    caller ??= { name: message.name, sent: 0, heard: 0, dismissed: false };
    this.#callers.set(address, caller);
    caller.sent = message.received;
    const { heard: received } = caller;
    const welcome: Message = message.type === "peer" ? { type: "peerWelcome", received } : {
      ...{ type: "welcome", broker: "hostile", instance: "1", received, size: 3, demand: 1 },
      ...{ program: this.program, modules: [], tallyMs: 0, watched: false },
    };
    this.#router.send(address, writeMessage(welcome));
    if (isNew) this.#newcomers.shift()?.(address);
  }

  /** Says something on either socket; what would end it only now and then. */
  say(address: string, said: Said): void {
    const caller = this.#callers.get(address)!;
    this.#said++;
    const type = typeOf(said);
    if (type !== undefined && FATAL.has(type)) {
      if (this.#said % 20 > 0) return;
      // A sync is none of the numbered, and may be false.
      caller.dismissed ||= type !== "sync" && type !== "peerWelcome";
    }
    const isLoad = said.kind === "message" && type === "load";
    const frames = framesOf(said, caller.name, () => ++caller.sent);
    if (!isLoad) this.#router.send(address, frames);
    // Whatever it is, it may come on the other socket.
    if (isLoad || this.#said % 10 === 0) this.#publisher.publish("load", frames);
  }

  /** A worker still does what it should, unless it was told to end. */
  async check(address: string): Promise<void> {
    const caller = this.#callers.get(address)!;
    const answer = Promise.withResolvers<Message>();
    const id = ++this.#checks;
    this.#results.set(id, answer.resolve);
    const until = performance.now() + LIMIT;
    let message: Message | undefined;
    // More than once: what was said before may have made it drop what follows, until it has asked.
    while (message === undefined && !caller.dismissed && performance.now() < until) {
      this.#ask(address, caller, id);
      message = await within(answer.promise, 200);
    }
    this.#results.delete(id);
    if (caller.dismissed) return;
    assert.ok(message?.type === "result", `${caller.name} does not answer any more`);
    assert.deepEqual(message.payload.body, encodeEach([5]).body);
    assert.deepEqual(message.result.failed, []);
  }

  #ask(address: string, caller: Caller, id: number): void {
    const message: Message = {
      type: "bundle",
      bundle: {
        ...{ owner: "origin", id, base: 0, count: 1, label: "Math.abs", attempt: 0, retries: 2 },
        ...{ fn: { kind: "builtin", name: "Math.abs" }, priority: 0, timeout: 0, estimate: 0 },
        needs: [],
        parent: "",
      },
      payload: encodeEach([[-5]]),
    };
    assert.ok(isNumbered(message));
    this.#router.send(address, writeMessage(message, ++caller.sent));
  }
}

/** What it will be taken for; what was damaged may still be a message. */
function typeOf(said: Said): Message["type"] | undefined {
  if (said.kind === "message") return said.said.message.type;
  try {
    return readMessage(said.frames).message.type;
  } catch {
    return undefined;
  }
}

function within<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
