/**
 * A worker's side of the shared constants, which the broker keeps.
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";
import { isScattered } from "../wire/messages.ts";
import type { Message } from "../wire/messages.ts";
import { constantTaken } from "../futures/in_process.ts";

type Waiting = PromiseWithResolvers<Encoded>;

/** See the module's text. */
export class SharedConstants {
  /** Asked for, or arrived. */
  #values = new Map<string, Waiting>();
  /** Set by this worker, and not confirmed. */
  #settings = new Map<string, PromiseWithResolvers<void>[]>();
  #send: (message: Message) => void;
  #lost: Error | undefined;

  constructor(send: (message: Message) => void) {
    this.#send = send;
  }

  /** Sets a constant; rejects when its name is taken, or the broker is lost. */
  set(name: string, payload: Encoded): Promise<void> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    const setting = Promise.withResolvers<void>();
    const before = this.#settings.get(name);
    if (before === undefined) this.#settings.set(name, [setting]);
    else before.push(setting);
    this.#send({ type: "constant", name, payload });
    return setting.promise;
  }

  /** A constant, once somebody has set it. */
  get(name: string): Promise<Encoded> {
    const known = this.#values.get(name);
    if (known !== undefined) return known.promise;
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    const waiting = Promise.withResolvers<Encoded>();
    // Whoever asked may have stopped waiting by then.
    waiting.promise.catch(() => {});
    this.#values.set(name, waiting);
    this.#send({ type: "getConstant", name });
    return waiting.promise;
  }

  /** What the broker says of constants. */
  receive(message: Message): void {
    if (message.type === "constant") {
      const { name, payload } = message;
      this.#values.get(name)?.resolve(payload);
      // Who asked for a scattered value keeps it decoded; twice would be once too often.
      if (isScattered(name)) this.#values.delete(name);
    } else if (message.type === "constantSet") {
      const setting = this.#settings.get(message.name)?.shift();
      if (message.taken) setting?.reject(constantTaken(message.name));
      else setting?.resolve();
    } else if (message.type === "noConstant") {
      this.#values.get(message.name)?.reject(
        new Error("a scattered value that a task needs has been released"),
      );
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
