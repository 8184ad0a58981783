/**
 * A process's side of the shared constants: the broker keeps them, or this process where there is
 * none.
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";
import { ConstantTaken } from "../futures/owners.ts";
import { groupConstants } from "../wire/constant_group.ts";
import type { NamedPayloads } from "../wire/constant_group.ts";
import { isScattered } from "../wire/messages.ts";
import type { Message } from "../wire/messages.ts";
import type { ConstantNews } from "./actions.ts";

type Waiting = PromiseWithResolvers<Encoded>;

/** Constants that are set together, and not confirmed. */
interface Setting extends PromiseWithResolvers<void> {
  readonly names: readonly string[];
}

/** See the module's text. */
export class SharedConstants {
  /** Asked for, or arrived. */
  #values = new Map<string, Waiting>();
  /** Set by this worker, and not confirmed; answers come in this order. */
  #settings: Setting[] = [];
  /** Scattered values that the broker has been given. */
  #provided = new Set<string>();
  /** Names that this process has set by itself. */
  #own = new Set<string>();
  #send: ((message: Message) => void) | undefined;
  #lost: Error | undefined;

  readonly #scattered: (name: string) => Encoded | undefined;

  /**
   * @param send to the broker; undefined where there is none
   * @param scattered a scattered value, if it is in this process
   */
  constructor(
    send: ((message: Message) => void) | undefined,
    scattered: (name: string) => Encoded | undefined = () => undefined,
  ) {
    this.#send = send;
    this.#scattered = scattered;
  }

  /** Sets a constant; rejects when its name is taken, or the broker is lost. */
  set(name: string, payload: Encoded): Promise<void> {
    return this.setAll([[name, payload]]);
  }

  /** Sets constants; rejects, and sets none, when a name is taken or the broker is lost. */
  setAll(constants: NamedPayloads): Promise<void> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    if (this.#send === undefined) return this.#setHere(constants);
    const setting = { names: constants.map(([name]) => name), ...Promise.withResolvers<void>() };
    this.#settings.push(setting);
    for (const [name, { handles }] of constants) {
      if (isScattered(name)) this.#provided.add(name);
      handles?.forEach((handle) => this.provide(handle));
    }
    if (constants.length === 1) {
      const [name, payload] = constants[0]!;
      this.#send({ type: "constant", name, payload });
    } else this.#send(groupConstants(constants));
    return setting.promise;
  }

  /** Gives the broker a scattered value that tasks are about to need, if it is from elsewhere. */
  provide(name: string): void {
    if (this.#send === undefined || this.#provided.has(name)) return;
    const payload = this.#scattered(name);
    // The broker knows what this process does not.
    if (payload !== undefined) this.setAll([[name, payload]]).catch(() => {});
  }

  #setHere(constants: NamedPayloads): Promise<void> {
    const taken = constants.find(([name]) => this.#own.has(name));
    if (taken !== undefined) return Promise.reject(new ConstantTaken(taken[0]));
    for (const [name, payload] of constants) {
      this.#own.add(name);
      this.#waitFor(name).resolve(payload);
    }
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
    this.#own.delete(name);
    this.#provided.delete(name);
    this.#send?.({ type: "dropConstant", name });
  }

  /** What the broker says of constants. */
  receive(message: ConstantNews): void {
    switch (message.type) {
      case "constant":
        this.#values.get(message.name)?.resolve(message.payload);
        // Who asked for a scattered value keeps it decoded; twice would be once too often.
        if (isScattered(message.name)) {
          this.#values.delete(message.name);
          this.#provided.add(message.name);
        }
        return;
      case "constantSet": {
        const at = this.#settings.findIndex(({ names }) => names.includes(message.name));
        const [setting] = at < 0 ? [] : this.#settings.splice(at, 1);
        if (message.taken) setting?.reject(new ConstantTaken(message.name));
        else setting?.resolve();
        return;
      }
      case "noConstant":
        this.#values.get(message.name)?.reject(released());
        this.#values.delete(message.name);
        return;
      case "dropConstant":
        this.#values.delete(message.name);
        this.#provided.delete(message.name);
    }
  }

  /** Nothing comes from the broker any more. */
  fail(error: Error): void {
    this.#lost = error;
    for (const waiting of this.#values.values()) waiting.reject(error);
    for (const setting of this.#settings.splice(0)) setting.reject(error);
  }
}

function released(): Error {
  return new Error("a scattered value that a task needs has been released");
}
