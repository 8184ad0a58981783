// Sessions: whatever a connection loses, each message is taken in once, in order.

import assert from "node:assert/strict";
import { LIMITS } from "../../wire/limits.ts";
import type { Message, Numbered } from "../../wire/messages.ts";
import { Session } from "../../wire/session.ts";
import fc from "../fast_check.ts";

const task = (id: number): Message => ({ type: "started", owner: "w", id, base: 0, count: 1 });

/** One end of a conversation; it does what brokers and workers do with their sessions. */
class End {
  readonly session = new Session(crypto.randomUUID());
  readonly taken: number[] = [];
  /** What is on its way to the other end. */
  outbox: Numbered[] = [];
  told = 0;

  constructor(readonly connects: boolean) {}

  say(): void {
    const message = task(this.told++);
    this.outbox.push({ message, number: this.session.number(message) });
  }

  tick(): void {
    this.outbox.push({ message: this.session.sync(), number: 0 });
  }

  /** The connecting end introduces itself again; the other takes it in again. */
  agree(): void {
    const { id: session, received } = this.session;
    const message: Message = this.connects
      ? { type: "peer", protocol: 3, name: "a", key: "", session, received }
      : { type: "peerWelcome", received };
    this.outbox.push({ message, number: 0 });
  }

  receive(numbered: Numbered): void {
    const { message } = numbered;
    switch (message.type) {
      case "peer":
        this.agree();
        return this.resume(message.received);
      case "peerWelcome":
        return this.resume(message.received);
      case "sync":
        assert.ok(this.session.acknowledge(message.received));
        if (this.session.misses(message.sent)) this.agree();
        return;
      case "started":
        switch (this.session.arrive(numbered)) {
          case "new":
            this.taken.push(message.id);
            if (this.session.isSyncDue) this.tick();
            return;
          case "gap":
            return this.agree();
        }
    }
  }

  resume(received: number): void {
    assert.ok(this.session.acknowledge(received));
    this.outbox.push(...this.session.unacknowledged());
  }
}

type Step = { kind: "say" | "deliver" | "lose" | "break" | "tick"; first: boolean; count: number };

const step = fc.record<Step>({
  kind: fc.constantFrom("say", "say", "deliver", "deliver", "lose", "break", "tick"),
  first: fc.boolean(),
  count: fc.integer({ min: 1, max: 5 }),
});

function play(first: End, second: End, steps: Step[]): void {
  for (const { kind, first: byFirst, count } of steps) {
    const [from, to] = byFirst ? [first, second] : [second, first];
    switch (kind) {
      case "say":
        for (let i = 0; i < count; i++) from.say();
        break;
      case "deliver":
        for (const numbered of from.outbox.splice(0, count)) to.receive(numbered);
        break;
      case "lose":
        from.outbox.splice(0, count);
        break;
      case "tick":
        from.tick();
        break;
      case "break":
        // What had left is lost; what the connecting end has not sent yet comes before it agrees.
        first.outbox.splice(0, count);
        second.outbox = [];
        first.agree();
    }
    first.session.check();
    second.session.check();
  }
}

/** Nothing is lost from now on; both ends still tell where they stand now and then. */
function settle(first: End, second: End): void {
  for (let round = 0; round < 100; round++) {
    first.tick();
    second.tick();
    while (first.outbox.length + second.outbox.length > 0) {
      for (const numbered of first.outbox.splice(0)) second.receive(numbered);
      for (const numbered of second.outbox.splice(0)) first.receive(numbered);
    }
    const [a, b] = [first.session, second.session];
    if (a.kept + b.kept === 0 && a.sent === b.received && b.sent === a.received) return;
  }
  assert.fail("the ends do not come to agree");
}

Deno.test("sessions: whatever is lost, each message is taken in once, in order", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const first = new End(true), second = new End(false);
      play(first, second, steps);
      settle(first, second);
      const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
      assert.deepEqual(second.taken, numbers(first.told));
      assert.deepEqual(first.taken, numbers(second.told));
    }),
    { numRuns: 2000 },
  );
});

Deno.test("sessions: what arrives is new, known, or shows a gap", () => {
  const session = new Session("s");
  const arrive = (number: number) => session.arrive({ message: task(number), number });
  assert.equal(arrive(2), "gap");
  assert.equal(arrive(1), "new");
  assert.equal(arrive(1), "known");
  assert.equal(arrive(3), "gap");
  assert.equal(arrive(4), "known", "asked already");
  assert.equal(arrive(2), "new");
  assert.equal(arrive(4), "gap");
  assert.equal(arrive(1), "known");
  assert.equal(session.arrive({ message: session.sync(), number: 0 }), "new");
  assert.equal(session.received, 2);
  assert.ok(session.misses(3) && !session.misses(2));
});

Deno.test("sessions: false acknowledgements are refused, and change nothing", () => {
  const session = new Session("s");
  for (let i = 0; i < 5; i++) assert.equal(session.number(task(i)), i + 1);
  assert.equal(session.number({ type: "goodbye" }), 0);
  assert.ok(session.acknowledge(3));
  for (const claimed of [6, 2, 0, -1, Infinity, NaN]) {
    assert.equal(session.acknowledge(claimed), false, String(claimed));
    assert.equal(session.kept, 2);
    session.check();
  }
  assert.ok(session.acknowledge(3));
  assert.deepEqual([...session.unacknowledged()].map(({ number }) => number), [4, 5]);
  assert.ok(session.acknowledge(5));
  assert.equal(session.kept, 0);
});

Deno.test("sessions: much that was taken in is told at once", () => {
  const session = new Session("s");
  for (let i = 1; i <= LIMITS.syncMessages; i++) {
    assert.equal(session.isSyncDue, false);
    session.arrive({ message: task(i), number: i });
  }
  assert.equal(session.isSyncDue, true);
  assert.deepEqual(session.sync(), { type: "sync", received: LIMITS.syncMessages, sent: 0 });
  assert.equal(session.isSyncDue, false);
  assert.equal(session.isSyncWorthwhile, false);
  const payload = { body: new Uint8Array(LIMITS.syncBytes), frames: [] };
  const large: Message = { type: "constant", name: "x", payload };
  session.arrive({ message: large, number: LIMITS.syncMessages + 1 });
  assert.equal(session.isSyncDue, true);
});
