/**
 * Who wants to hear of what, and what is worth hearing. It does not import zeromq: `wire/socket.ts`
 * does.
 *
 * @module
 */

import type { Frames } from "./receiver.ts";

/** How a socket knows a subscriber. */
type Subscriber = Uint8Array;

/** The subscribers of a publisher's topics. */
export class Subscriptions {
  readonly #byTopic: Map<string, Map<string, Subscriber>>;
  #ignored = 0;

  /** @param topics all that there are */
  constructor(topics: readonly string[]) {
    this.#byTopic = new Map(topics.map((topic) => [topic, new Map()]));
  }

  /** How many messages of subscribers were none that is known here; nothing else is kept of them. */
  get ignored(): number {
    return this.#ignored;
  }

  /**
   * Takes in what a subscriber sent.
   *
   * @returns the topic that it has subscribed to, and had not before
   */
  take(subscriber: Subscriber, frames: Frames): string | undefined {
    const topic = frames.length === 1 ? decoder.decode(frames[0]) : "";
    const subscribers = this.#byTopic.get(topic);
    if (subscribers === undefined) {
      this.#ignored++;
      return undefined;
    }
    const key = subscriber.toHex();
    if (subscribers.has(key)) return undefined;
    subscribers.set(key, subscriber.slice());
    return topic;
  }

  /** Who has subscribed to a topic. */
  of(topic: string): Iterable<Subscriber> {
    return this.#byTopic.get(topic)?.values() ?? [];
  }

  /** A connection has ended. */
  remove(subscriber: Subscriber): void {
    const key = subscriber.toHex();
    for (const subscribers of this.#byTopic.values()) subscribers.delete(key);
  }
}

const decoder = new TextDecoder();

/** Takes published messages, and hands on those that are not overtaken by one of their topic. */
export class LatestOnly {
  readonly #topics: ReadonlySet<string>;
  readonly #deliver: (topic: string, frames: Frames) => void;
  readonly #waiting = new Map<string, Frames>();

  /** @param topics those of which only the last message matters; of others, all do */
  constructor(topics: readonly string[], deliver: (topic: string, frames: Frames) => void) {
    this.#topics = new Set(topics);
    this.#deliver = deliver;
  }

  /** A message. */
  take(topic: string, frames: Frames): void {
    if (this.#topics.has(topic)) {
      this.#waiting.set(topic, frames);
      return;
    }
    this.flush();
    this.#deliver(topic, frames);
  }

  /** No other message waits now. */
  flush(): void {
    for (const [topic, frames] of this.#waiting) {
      this.#waiting.delete(topic);
      this.#deliver(topic, frames);
    }
  }
}
