/**
 * A process's side of the shared constants: the broker keeps them, or this process where there is
 * none.
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";
import { isScattered } from "../wire/messages.ts";
import type { Message } from "../wire/messages.ts";
import type { ConstantNews } from "./actions.ts";

type Waiting = PromiseWithResolvers<Encoded>;

/** The error of setting a constant again. */
function constantTaken(name: string): Error {
  return new Error(`the shared constant "${name}" is set already, and constants do not change`);
}

/** See the module's text. */
export class SharedConstants {
  /** Asked for, or arrived. */
  #values = new Map<string, Waiting>();
  /** Set by this worker, and not confirmed. */
  #settings = new Map<string, PromiseWithResolvers<void>[]>();
  /** Names that this process has set by itself. */
  #own = new Set<string>();
  #send: ((message: Message) => void) | undefined;
  #lost: Error | undefined;

  /** @param send to the broker; undefined where there is none */
  constructor(send: ((message: Message) => void) | undefined) {
    this.#send = send;
  }

  /** Sets a constant; rejects when its name is taken, or the broker is lost. */
  set(name: string, payload: Encoded): Promise<void> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    if (this.#send === undefined) return this.#setHere(name, payload);
    const setting = Promise.withResolvers<void>();
    const before = this.#settings.get(name);
    if (before === undefined) this.#settings.set(name, [setting]);
    else before.push(setting);
    this.#send({ type: "constant", name, payload });
    return setting.promise;
  }

  #setHere(name: string, payload: Encoded): Promise<void> {
    if (this.#own.has(name)) return Promise.reject(constantTaken(name));
    this.#own.add(name);
    this.#waitFor(name).resolve(payload);
    return Promise.resolve();
  }

  #waitFor(name: string): Waiting {
    let waiting = this.#values.get(name);
    if (waiting === undefined) {
      this.#values.set(name, waiting = Promise.withResolvers<Encoded>());
      // Whoever asked may have stopped waiting by then.
      waiting.promise.catch(() => {});
    }
    return waiting;
  }

  /** A constant, once somebody has set it. */
  get(name: string): Promise<Encoded> {
    const known = this.#values.get(name);
    if (known !== undefined) return known.promise;
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    if (this.#send === undefined && isScattered(name)) return Promise.reject(released());
    const waiting = this.#waitFor(name);
    this.#send?.({ type: "getConstant", name });
    return waiting.promise;
  }

  /** Forgets a constant, everywhere. */
  drop(name: string): void {
    this.#values.delete(name);
    this.#send?.({ type: "dropConstant", name });
  }

  /** What the broker says of constants. */
  receive(message: ConstantNews): void {
    switch (message.type) {
      case "constant":
        this.#values.get(message.name)?.resolve(message.payload);
        // Who asked for a scattered value keeps it decoded; twice would be once too often.
        if (isScattered(message.name)) this.#values.delete(message.name);
        return;
      case "constantSet": {
        const setting = this.#settings.get(message.name)?.shift();
        if (message.taken) setting?.reject(constantTaken(message.name));
        else setting?.resolve();
        return;
      }
      case "noConstant":
        this.#values.get(message.name)?.reject(released());
        this.#values.delete(message.name);
        return;
      case "dropConstant":
        this.#values.delete(message.name);
    }
  }

  /** Nothing comes from the broker any more. */
  fail(error: Error): void {
    this.#lost = error;
    for (const waiting of this.#values.values()) waiting.reject(error);
    for (const settings of this.#settings.values()) {
      for (const setting of settings) setting.reject(error);
    }
  }
}

function released(): Error {
  return new Error("a scattered value that a task needs has been released");
}
