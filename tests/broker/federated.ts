/** Several dispatchers, wired to each other by hand. */

import assert from "node:assert/strict";
import type { Action } from "../../broker/actions.ts";
import { Dispatcher } from "../../broker/dispatcher.ts";
import type { Load, Message, Numbered } from "../../wire/messages.ts";
import { Session } from "../../wire/session.ts";
import { hello } from "./messages.ts";
import { options } from "./run.ts";

/** Brokers a, b, … each with its workers; messages between brokers arrive at once, and in order. */
export function federation(workers: Record<string, string[]>) {
  const brokers = new Map<string, Dispatcher>();
  const size = Object.values(workers).flat().length;
  /** What workers were sent. */
  const sent: { worker: string; message: Message }[] = [];
  const ended: string[] = [];
  /** What each broker has announced last. */
  const loads = new Map<string, Load>();
  const lost = new Set<string>();
  /** Connections, as "borrower lender", over which nothing comes through. */
  const cut = new Map<string, Message[]>();
  /** The workers' sides of their sessions, by "broker worker". */
  const sessions = new Map<string, Session>();
  const mail: (() => void)[] = [];
  let delivering = false;
  let now = 0;

  function perform(from: string, actions: Action[]): void {
    brokers.get(from)!.check();
    for (const action of actions) {
      if (action.kind === "tell") {
        const { link, message } = action;
        const waiting = cut.get(`${from} ${link}`);
        // What is said first waits for the connection; anything else was under way.
        if (waiting === undefined) deliver(link, (to) => to.receive(`peer ${from}`, action, now));
        else if (message.type === "peer") waiting.push(message);
      } else if (action.kind === "publish") {
        const load: Numbered = { message: action.message, number: 0 };
        loads.set(from, action.message);
        for (const other of brokers.keys()) {
          if (other !== from && !cut.has(`${other} ${from}`)) {
            deliver(other, (to) => to.receiveFrom(from, load, now));
          }
        }
      } else if (action.kind === "send") {
        const other = /^peer (.*)$/.exec(action.to)?.[1];
        if (other === undefined) toWorker(from, action.to, action);
        else if (!cut.has(`${other} ${from}`)) {
          deliver(other, (to) => to.receiveFrom(from, action, now));
        }
      } else if (action.kind === "end") ended.push(from);
    }
  }

  function toWorker(broker: string, worker: string, numbered: Numbered): void {
    const { message } = numbered;
    const session = sessions.get(`${broker} ${worker}`);
    if (message.type === "sync") session?.acknowledge(message.received);
    else if (session !== undefined) assert.equal(session.arrive(numbered), "new");
    sent.push({ worker, message });
  }

  function deliver(broker: string, decide: (to: Dispatcher) => Action[]): void {
    mail.push(() => {
      if (!lost.has(broker)) perform(broker, decide(brokers.get(broker)!));
    });
    if (delivering) return;
    delivering = true;
    for (let next = mail.shift(); next !== undefined; next = mail.shift()) next();
    delivering = false;
  }

  for (const name of Object.keys(workers)) {
    brokers.set(name, new Dispatcher(options({ name, size })));
  }
  const at = (broker: string) => brokers.get(broker)!;
  const test = {
    sent,
    ended,
    loads,
    at,
    /** A message of another broker, as if it came over a connection. */
    from(broker: string, link: string, message: Message) {
      const actions = at(broker).receiveFrom(link, { message, number: 0 }, now);
      deliver(broker, () => actions);
      return actions;
    },
    say(broker: string, worker: string, message: Message) {
      if (message.type === "hello") {
        sessions.set(`${broker} ${worker}`, new Session(message.session));
      }
      const number = sessions.get(`${broker} ${worker}`)?.number(message) ?? 0;
      deliver(broker, (to) => to.receive(worker, { message, number }, now));
    },
    /** Time passes; the workers of each broker say that they live. */
    wait(milliseconds: number) {
      for (const end = now + milliseconds; now < end;) {
        now += 50;
        for (const name of brokers.keys()) {
          if (now % 500 === 0) {
            for (const { address } of [...at(name).connected()]) {
              const session = sessions.get(`${name} ${address}`);
              if (session !== undefined) test.say(name, address, session.sync());
            }
          }
          deliver(name, (broker) => broker.tick(now));
        }
      }
    },
    /** A broker dies; the others notice that its connections broke. */
    lose(broker: string) {
      lost.add(broker);
      for (const name of brokers.keys()) {
        cut.set(`${name} ${broker}`, []);
        deliver(name, (other) => other.broken(`peer ${broker}`, now));
        deliver(name, (other) => other.linkBroken(broker, now));
      }
    },
    /** Nothing comes through any more between a borrower and a lender; nobody has noticed yet. */
    cut(borrower: string, lender: string) {
      cut.set(`${borrower} ${lender}`, []);
    },
    /** Both notice it. */
    notice(borrower: string, lender: string) {
      deliver(lender, (broker) => broker.broken(`peer ${borrower}`, now));
      deliver(borrower, (broker) => broker.linkBroken(lender, now));
    },
    /** The connection stands again. */
    mend(borrower: string, lender: string) {
      const waiting = cut.get(`${borrower} ${lender}`) ?? [];
      cut.delete(`${borrower} ${lender}`);
      deliver(lender, (broker) => broker.reached(`peer ${borrower}`, now));
      for (const message of waiting) {
        deliver(
          lender,
          (broker) => broker.receive(`peer ${borrower}`, { message, number: 0 }, now),
        );
      }
    },
    /** The lender gives up a borrower that has noticed nothing. */
    forget(borrower: string, lender: string) {
      test.cut(borrower, lender);
      deliver(lender, (broker) => broker.broken(`peer ${borrower}`, now));
      test.wait(3_500);
      test.mend(borrower, lender);
    },
    loseWorker(broker: string, worker: string) {
      sessions.delete(`${broker} ${worker}`);
      deliver(broker, (to) => to.lost(worker, "signal SIGKILL", now));
    },
    /** What a worker was sent of a type, as far as it was not asked for before. */
    take(worker: string, type: Message["type"]): Message[] {
      const found = sent.filter((one) => one.worker === worker && one.message.type === type);
      for (const one of found) sent.splice(sent.indexOf(one), 1);
      return found.map(({ message }) => message);
    },
    bundles: (worker: string): number[] =>
      test.take(worker, "bundle").map((message) =>
        message.type === "bundle" ? message.bundle.id : 0
      ),
  };
  for (const [name, own] of Object.entries(workers)) {
    for (const other of brokers.keys()) {
      if (other !== name) deliver(name, (broker) => broker.join(other, now));
    }
    for (const worker of own) test.say(name, worker, hello(worker));
  }
  test.wait(100);
  return test;
}

export type Federation = ReturnType<typeof federation>;

/** The tasks whose outcomes a worker got, as "id index", and which of them failed. */
export function outcomes(test: Federation, worker = "origin"): { tasks: string[]; failed: number } {
  const tasks: string[] = [];
  let failed = 0;
  for (const message of test.take(worker, "result")) {
    if (message.type !== "result") continue;
    const { id, base, count } = message.result;
    for (let i = 0; i < count; i++) tasks.push(`${id} ${base + i}`);
    failed += message.result.failed.length;
  }
  return { tasks: tasks.sort(), failed };
}
