/** Hostile peers of a broker: they know the keys of its run, and speak nonsense. */

import assert from "node:assert/strict";
import { PROTOCOL, readMessage, writeMessage } from "../../wire/messages.ts";
import type { Message } from "../../wire/messages.ts";
import type { CurveClientKeys } from "../../wire/socket.ts";
import { DealerSocket, MetaSubscriber } from "../../wire/socket.ts";
import { framesOf, PEERS, steps } from "./said.ts";
import type { Said, Step } from "./said.ts";

/** Where a broker is, and what its members know. */
export interface Target {
  readonly task: string;
  readonly meta: string;
  /** The run's secret. */
  readonly key: string;
  readonly curve?: CurveClientKeys;
}

/** How a peer behaves. */
export interface Manners {
  /** What it introduces itself as; as nobody it does not. */
  readonly as: "worker" | "broker" | "nobody";
  /** Whether it asks for tasks, and so gets some: what it says of these is believed. */
  readonly takes: boolean;
}

/** Generous, against hangs only: milliseconds for an answer. */
const LIMIT = 60_000;
/** Steps between two looks whether the broker is alive; so much may be under way at once. */
const BETWEEN = 250;

let named = 0;

/** One hostile peer. */
class HostilePeer {
  readonly name = `hostile-${++named}`;
  readonly #socket: DealerSocket;
  readonly #answered = Promise.withResolvers<void>();
  #number = 0;

  constructor(readonly target: Target, readonly manners: Manners) {
    this.#socket = new DealerSocket({
      identity: `${this.name}#${crypto.randomUUID().slice(0, 8)}`,
      ...(target.curve && { curve: target.curve }),
      onMessage: (frames) => this.#hear(readMessage(frames).message),
    });
    this.#socket.connect(target.task);
    const { as } = manners;
    if (as !== "nobody") this.#socket.send(writeMessage(this.#introduction(as)));
  }

  /** Resolves when the broker has taken it in, or has refused it. */
  get answered(): Promise<void> {
    return this.#answered.promise;
  }

  #introduction(as: "worker" | "broker"): Message {
    const { name, target: { key } } = this;
    const common = { protocol: PROTOCOL, name, key, session: crypto.randomUUID(), received: 0 };
    if (as === "broker") return { type: "peer", ...common };
    return { type: "hello", ...common, origin: false, pid: 1, host: "nowhere" };
  }

  #hear(message: Message): void {
    if (message.type === "welcome" || message.type === "peerWelcome") {
      this.#number = message.received;
      this.#answered.resolve();
    } else if (message.type === "refuse") this.#answered.resolve();
  }

  say(said: Said): void {
    const { takes } = this.manners;
    if (said.kind === "message" && said.said.message.type === "credit" && !takes) {
      const message = { ...said.said.message, bundles: 0 };
      said = { ...said, said: { ...said.said, message } };
    }
    this.#socket.send(framesOf(said, this.name, () => ++this.#number));
  }

  close(): Promise<void> {
    return this.#socket.close();
  }
}

/** A worker with good manners is taken in. */
async function isAlive(target: Target): Promise<void> {
  const peer = new HostilePeer(target, { as: "worker", takes: false });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the broker does not answer any more")), LIMIT);
  });
  try {
    await Promise.race([peer.answered, late]);
  } finally {
    clearTimeout(timer);
    await peer.close();
  }
}

/** Subscribes to what there is, and to what there is not. */
function subscribe({ meta, curve }: Target, topics: string[]): MetaSubscriber {
  const common = { topics, onMessage: () => {}, ...(curve && { curve }) };
  const subscriber = new MetaSubscriber(common);
  subscriber.connect(meta);
  return subscriber;
}

/** One of each kind, then others of the first. */
function mannersOf(who: number, takes: boolean): Manners {
  const kinds = ["worker", "broker", "nobody"] as const;
  return { as: kinds[who] ?? "worker", takes };
}

/** Says `count` things to a broker, and looks whether it is alive now and then. */
export async function besiege(
  target: Target,
  { names, count, seed, takes }: {
    names: readonly string[];
    count: number;
    seed: number;
    takes: boolean;
  },
): Promise<void> {
  assert.ok(count > 0);
  const peers = Array.from(
    { length: PEERS },
    (_, who) => new HostilePeer(target, mannersOf(who, takes)),
  );
  const subscriber = subscribe(target, ["load", "shutdown", "", "x".repeat(200), ...names]);
  try {
    for (let said = 0, block = 0; said < count; block++) {
      // In blocks, so that any number of them can be replayed.
      const some = steps(names, BETWEEN, seed + block);
      await take(some, peers, target, takes);
      said += some.length;
      await isAlive(target);
    }
  } finally {
    await Promise.all([...peers.map((peer) => peer.close()), subscriber.close()]);
  }
}

async function take(
  all: readonly Step[],
  peers: HostilePeer[],
  target: Target,
  takes: boolean,
): Promise<void> {
  for (const { who, said, leaves } of all) {
    peers[who]!.say(said);
    if (!leaves) continue;
    await peers[who]!.close();
    peers[who] = new HostilePeer(target, mannersOf(who, takes));
  }
}
