/** A dispatcher with workers, and a clock that the test moves. */

import assert from "node:assert/strict";
import type { Action, DispatcherOptions } from "../../broker/actions.ts";
import { Dispatcher } from "../../broker/dispatcher.ts";
import { decodeEach } from "../../wire/codec.ts";
import type { Message } from "../../wire/messages.ts";
import { Session } from "../../wire/session.ts";
import { hello } from "./messages.ts";

/** What a dispatcher is told that is not told otherwise. */
export function options(changes: Partial<DispatcherOptions> = {}): DispatcherOptions {
  let sessions = 0;
  return {
    ...{ name: "broker", key: "", size: 1, program: "file:///program.ts", modules: [] },
    ...{ replaces: false, newSession: () => `session ${++sessions}` },
    ...changes,
  };
}

/** See the module's text. Addresses are the workers' names. Invariants are checked after each step. */
export function run(workers: string[], changes: Partial<DispatcherOptions> = {}) {
  const dispatcher = new Dispatcher(options({ size: workers.length, ...changes }));
  /** The workers' sides of their sessions. */
  const sessions = new Map<string, Session>();

  function take(actions: Action[]): Action[] {
    dispatcher.check();
    for (const action of actions) {
      if (action.kind !== "send") continue;
      const session = sessions.get(action.to);
      if (session === undefined || test.deaf.has(action.to)) continue;
      const { message } = action;
      if (message.type === "sync" || message.type === "welcome") {
        assert(session.acknowledge(message.received));
      } else assert.equal(session.arrive(action), "new");
    }
    return actions;
  }

  const test = {
    dispatcher,
    now: 0,
    /** Workers that hear nothing. */
    deaf: new Set<string>(),
    sessionOf: (name: string) => sessions.get(name)!,
    say(from: string, message: Message, number?: number) {
      number ??= sessions.get(from)?.number(message) ?? 0;
      return take(dispatcher.receive(from, { message, number }, test.now));
    },
    drain: (reason: string) => take(dispatcher.drain(reason, test.now)),
    sync: (from: string) => test.say(from, sessions.get(from)!.sync()),
    lose: (name: string, reason = "signal SIGKILL") => {
      sessions.delete(name);
      return take(dispatcher.lost(name, reason, test.now));
    },
    broken: (name: string) => take(dispatcher.broken(name, test.now)),
    reached: (name: string) => take(dispatcher.reached(name, test.now)),
    /** Time passes; workers say that they live. */
    wait(milliseconds: number, silent: string[] = []): Action[] {
      const actions: Action[] = [];
      for (const end = test.now + milliseconds; test.now < end;) {
        test.now += 50;
        if (test.now % 500 === 0) {
          for (const name of sessions.keys()) {
            if (!silent.includes(name)) actions.push(...test.sync(name));
          }
        }
        actions.push(...take(dispatcher.tick(test.now)));
      }
      return actions;
    },
    join(name: string): Action[] {
      const greeting = hello(name);
      sessions.set(name, new Session(greeting.session));
      return test.say(name, greeting);
    },
  };
  for (const name of workers) test.join(name);
  return test;
}

/** What was sent, as "receiver type id/base+count"; not what only concerns the session. */
export function sent(actions: Action[]): string[] {
  return actions.flatMap((action) => {
    if (action.kind !== "send" || action.message.type === "sync") return [];
    return [`${action.to} ${described(action.message)}`];
  });
}

function described(message: Message): string {
  switch (message.type) {
    case "bundle": {
      const { id, base, count } = message.bundle;
      return `bundle ${id}/${base}+${count}`;
    }
    case "result": {
      const { id, base, count, failed } = message.result;
      return `result ${id}/${base}+${count}${failed.length > 0 ? ` failed ${failed}` : ""}`;
    }
    case "cancel":
      return `cancel ${message.id}/${message.index}`;
    case "forget":
      return `forget ${message.id}`;
    default:
      return message.type;
  }
}

/** The same, of one type. */
export function sentOf(type: Message["type"], actions: Action[]): string[] {
  return sent(actions).filter((line) => line.split(" ")[1] === type);
}

/** The first outcome that was sent. */
export function valueIn(actions: Action[]): unknown {
  for (const action of actions) {
    if (action.kind !== "send") continue;
    const { message } = action;
    if (message.type !== "result" && message.type !== "bundle") continue;
    return decodeEach(message.payload.body, message.payload.frames)[0];
  }
  throw new Error("no payload was sent");
}

/** What is said in the log, at a level. */
export function logged(level: string, actions: Action[]): string[] {
  return actions.flatMap((one) => one.kind === "log" && one.level === level ? [one.text] : []);
}

export const killed = (actions: Action[]): string[] =>
  actions.flatMap((one) => one.kind === "kill" ? [`${one.worker}: ${one.reason}`] : []);

export const replaced = (actions: Action[]): string[] =>
  actions.flatMap((one) => one.kind === "replace" ? [`${one.worker}: ${one.reason}`] : []);
