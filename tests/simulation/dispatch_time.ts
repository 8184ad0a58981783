/**
 * What one dispatch costs a broker, whatever waits behind it.
 *
 * @module
 */

import { Dispatcher } from "../../broker/dispatcher.ts";
import { encodeEach } from "../../wire/codec.ts";
import { PROTOCOL } from "../../wire/messages.ts";
import type { Message } from "../../wire/messages.ts";
import { Session } from "../../wire/session.ts";

/** Microseconds for each of some thousand bundles, with `queued` others waiting behind. */
export function dispatchTime(workers: number, queued: number): number {
  const broker = brokerWith(workers);
  let id = 0;
  while (id < queued) broker.say("origin", bundle(++id));
  const rounds = 5_000;
  const granted = new Map<string, number>();
  const began = performance.now();
  for (let i = 0; i < rounds; i++) {
    const name = `worker-${1 + i % (workers - 1)}`;
    const bundles = (granted.get(name) ?? 0) + 1;
    granted.set(name, bundles);
    broker.say("origin", bundle(++id));
    const given = broker.say(name, { type: "credit", bundles, ahead: 0, idle: true });
    const action = given.find((one) => one.kind === "send" && one.message.type === "bundle");
    if (action?.kind !== "send" || action.message.type !== "bundle") throw new Error("no bundle");
    const { owner, id: done, base } = action.message.bundle;
    const result = { owner, id: done, base, count: 1, elapsed: 1, failed: [] };
    broker.say(name, { type: "result", result, payload });
  }
  return 1000 * (performance.now() - began) / rounds;
}

function brokerWith(workers: number) {
  const dispatcher = new Dispatcher({
    ...{ name: "broker", key: "", size: workers, program: "", modules: [], replaces: false },
    newSession: () => "unused",
  });
  const sessions = new Map<string, Session>();
  const say = (from: string, message: Message) => {
    const session = sessions.get(from)!;
    const number = session.number(message);
    session.acknowledge(number || session.sent);
    return dispatcher.receive(from, { message, number }, 0);
  };
  for (let i = 0; i < workers; i++) {
    const name = i === 0 ? "origin" : `worker-${i}`;
    sessions.set(name, new Session(name));
    const hello = { protocol: PROTOCOL, name, origin: i === 0, key: "", pid: 1, host: "here" };
    say(name, { type: "hello", ...hello, session: name, received: 0 });
  }
  return { say };
}

const payload = encodeEach([[1]]);

function bundle(id: number): Message {
  return {
    type: "bundle",
    payload,
    bundle: {
      ...{ owner: "origin", id, base: 0, count: 1, label: "Math.sqrt" },
      ...{ fn: { kind: "builtin", name: "Math.sqrt" }, needs: [], parent: "" },
      ...{ attempt: 0, retries: 2, priority: 0, timeout: 0, estimate: 1 },
    },
  };
}
