/** Several dispatchers, wired to each other by hand. */

import type { Action } from "../../broker/actions.ts";
import { Dispatcher } from "../../broker/dispatcher.ts";
import type { Message } from "../../wire/messages.ts";
import { hello } from "./messages.ts";

/** Brokers a, b, … each with its workers; messages between brokers arrive at once. */
export function federation(workers: Record<string, string[]>) {
  const brokers = new Map<string, Dispatcher>();
  const size = Object.values(workers).flat().length;
  /** What workers were sent, as "worker type id". */
  const sent: { worker: string; message: Message }[] = [];
  const ended: string[] = [];
  const lost = new Set<string>();
  let now = 0;

  function perform(from: string, actions: Action[]): void {
    for (const action of actions) {
      if (action.kind === "tell") {
        deliver(action.link, (to) => to.receive(`peer ${from}`, action.message, now));
      } else if (action.kind === "publish") {
        for (const other of brokers.keys()) {
          if (other !== from) deliver(other, (to) => to.receiveFrom(from, action.message, now));
        }
      } else if (action.kind === "send") {
        const other = /^peer (.*)$/.exec(action.to)?.[1];
        if (other === undefined) sent.push({ worker: action.to, message: action.message });
        else deliver(other, (to) => to.receiveFrom(from, action.message, now));
      } else if (action.kind === "end") ended.push(from);
    }
  }
  function deliver(broker: string, decide: (to: Dispatcher) => Action[]): void {
    if (!lost.has(broker)) perform(broker, decide(brokers.get(broker)!));
  }

  for (const name of Object.keys(workers)) {
    const options = { name, key: "", size, program: "", modules: [] };
    brokers.set(name, new Dispatcher(options));
  }
  const at = (broker: string) => brokers.get(broker)!;
  const test = {
    sent,
    ended,
    at,
    say(broker: string, worker: string, message: Message) {
      perform(broker, at(broker).receive(worker, message, now));
    },
    wait(milliseconds: number) {
      for (const end = now + milliseconds; now < end;) {
        now += 50;
        for (const name of brokers.keys()) deliver(name, (broker) => broker.tick(now));
      }
    },
    lose(broker: string) {
      lost.add(broker);
      for (const name of brokers.keys()) {
        deliver(name, (other) => other.borrowerLost(`peer ${broker}`, now));
      }
    },
    loseWorker(broker: string, worker: string) {
      perform(broker, at(broker).lost(worker, "signal SIGKILL", now));
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
      if (other !== name) perform(name, at(name).join(other, now));
    }
    for (const worker of own) test.say(name, worker, hello(worker));
  }
  test.wait(100);
  return test;
}
