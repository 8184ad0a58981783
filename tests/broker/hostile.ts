/** A dispatcher to which anybody says anything. */

import assert from "node:assert/strict";
import type { Action } from "../../broker/actions.ts";
import { Dispatcher } from "../../broker/dispatcher.ts";
import { isNumbered, readMessage, writeMessage } from "../../wire/messages.ts";
import type { Numbered } from "../../wire/messages.ts";
import fc from "../fast_check.ts";
import { ANYTHING, likely, messagesOf } from "../wire/any_message.ts";
import { bundle, credit, hello, peer } from "./messages.ts";
import { options } from "./run.ts";

const LIKELY = likely(["origin", "a", "b", "p", "l", ""], ANYTHING.fn);

/** One thing that happens to a dispatcher. */
interface Step {
  readonly kind: "say" | "lender" | "tick" | "lost" | "broken" | "reached" | "linkBroken";
  readonly from: string;
  readonly said: Numbered;
  /** Whether the message has the number that is due. */
  readonly due: boolean;
  readonly pause: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(
    { weight: 12, arbitrary: fc.constant("say" as const) },
    { weight: 3, arbitrary: fc.constantFrom("lender" as const, "tick" as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        ...["lost" as const, "broken" as const, "reached" as const, "linkBroken" as const],
      ),
    },
  ),
  from: fc.constantFrom("origin", "a", "b", "p", "stranger"),
  said: fc.oneof(...messagesOf(LIKELY)),
  due: fc.integer({ min: 0, max: 15 }).map((n) => n > 0),
  pause: fc.oneof(
    { weight: 15, arbitrary: fc.constantFrom(1, 50, 500) },
    { weight: 1, arbitrary: fc.constantFrom(5_000, 60_000) },
  ),
});

/** What happens to one dispatcher. */
export const hostilities: fc.Arbitrary<Step[]> = fc.array(step, { minLength: 20, maxLength: 60 });

/** The origin has bundles, a and b would take some, p borrows, and there is a lender. */
class Target {
  readonly dispatcher = new Dispatcher(options());
  now = 0;
  #numbers = new Map<string, number>();

  constructor() {
    for (const who of ["origin", "a", "b"]) this.say(who, { message: hello(who), number: 0 });
    this.say("p", { message: peer("p"), number: 0 });
    this.#take(this.dispatcher.join("l", 0));
    this.say("l", { message: { type: "peerWelcome", received: 0 }, number: 0 });
    this.say("a", { message: credit(1), number: 1 });
    this.say("p", { message: credit(1), number: 1 });
    for (const id of [0, 1, 2]) {
      const message = bundle(id, { count: 4, timeout: 100 * id, retries: id });
      this.say("origin", { message, number: 1 });
    }
    this.say("l", { message: bundle(3, { owner: "l", count: 4 }), number: 1 });
  }

  /** Somebody says something: it is read, as it would be from a socket. */
  say(from: string, { message, number }: Numbered, due = true): void {
    if (due && isNumbered(message)) {
      number = (this.#numbers.get(from) ?? 0) + 1;
      this.#numbers.set(from, number);
    }
    const numbered = readMessage(writeMessage(message, number));
    const { dispatcher, now } = this;
    if (from === "l") this.#take(dispatcher.receiveFrom("l", numbered, now));
    else this.#take(dispatcher.receive(from, numbered, now));
  }

  /** Something happens. */
  meet({ kind, from, said, due, pause }: Step): void {
    const { dispatcher } = this;
    this.now += pause;
    switch (kind) {
      case "say":
        return this.say(from, said, due);
      case "lender":
        return this.say("l", said, due);
      case "tick":
        return this.#take(dispatcher.tick(this.now));
      case "lost":
        return this.#take(dispatcher.lost(from, "signal SIGKILL", this.now));
      case "broken":
        return this.#take(dispatcher.broken(from, this.now));
      case "reached":
        return this.#take(dispatcher.reached(from, this.now));
      case "linkBroken":
        return this.#take(dispatcher.linkBroken("l", this.now));
    }
  }

  /** Everybody leaves. */
  desert(): void {
    this.now += 1;
    for (const { name } of [...this.dispatcher.connected()]) {
      this.#take(this.dispatcher.lost(name, "it left", this.now));
    }
    for (const { address } of [...this.dispatcher.connected()]) {
      const numbered: Numbered = { message: { type: "goodbye" }, number: 0 };
      this.#take(this.dispatcher.receive(address, numbered, this.now));
    }
    this.#take(this.dispatcher.part("l", this.now));
    this.#take(this.dispatcher.tick(this.now));
  }

  #take(actions: Action[]): void {
    for (const action of actions) {
      if (action.kind === "send" || action.kind === "tell") {
        readMessage(writeMessage(action.message, action.number));
      } else if (action.kind === "publish") readMessage(writeMessage(action.message));
    }
    this.dispatcher.check();
  }
}

/**
 * Whatever is said, by whomever, nothing throws, all invariants hold, whatever the dispatcher says
 * can be read, and nothing is left when everybody has gone.
 */
export function endure(steps: readonly Step[]): void {
  const target = new Target();
  for (const one of steps) target.meet(one);
  target.desert();
  assert.equal(target.dispatcher.ledger.size, 0, "bundles are left");
  assert.equal(target.dispatcher.queued, 0);
}
