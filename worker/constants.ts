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
  readonly constants: NamedPayloads;
}

/** Of what others have set, another broker is told up to so many bytes each. */
const OTHERS_BYTES = 1 << 20;

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
  /** What this process has set: another broker has to be told of it. Undefined for scattered values. */
  #kept = new Map<string, Encoded | undefined>();
  /** Names of those that have arrived, or were said to be gone: nobody waits for them. */
  #answered = new Map<string, Encoded>();
  #send: ((message: Message) => void) | undefined;
  #lost: Error | undefined;

  readonly #scattered: (name: string) => Encoded | undefined;
  readonly #keeps: () => boolean;

  /**
   * @param send to the broker; undefined where there is none
   * @param scattered a scattered value, if it is in this process
   * @param keeps whether what was set here is kept: another broker may want it
   */
  constructor(
    send: ((message: Message) => void) | undefined,
    scattered: (name: string) => Encoded | undefined = () => undefined,
    keeps: () => boolean = () => false,
  ) {
    this.#keeps = keeps;
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
    const setting = { constants, ...Promise.withResolvers<void>() };
    this.#settings.push(setting);
    for (const [name, { handles }] of constants) {
      if (isScattered(name)) this.#provided.add(name);
      handles?.forEach((handle) => this.provide(handle));
    }
    this.#send(messageOf(constants));
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
    this.#release(name);
    this.#own.delete(name);
    this.#forget(name);
    this.#send?.({ type: "dropConstant", name });
  }

  #forget(name: string): void {
    for (const names of [this.#provided, this.#kept, this.#answered]) names.delete(name);
  }

  /** All that another broker has to be told, in this order. */
  *again(): Generator<Message> {
    const others = new Map<string, Encoded | undefined>(this.#answered);
    for (const name of this.#provided) others.set(name, undefined);
    for (const [name, known] of new Map([...others, ...this.#kept])) {
      const payload = known ?? this.#scattered(name);
      if (payload === undefined) continue;
      // Whoever has set it will tell of it, too.
      const isOwn = this.#kept.has(name);
      if (isOwn || bytesOf(payload) <= OTHERS_BYTES) yield { type: "restored", name, payload };
    }
    for (const { constants } of this.#settings) yield messageOf(constants);
    for (const name of this.#values.keys()) {
      if (!this.#answered.has(name)) yield { type: "getConstant", name };
    }
  }

  /** What the broker says of constants. */
  receive(message: ConstantNews): void {
    switch (message.type) {
      case "constant":
        this.#values.get(message.name)?.resolve(message.payload);
        if (!isScattered(message.name)) this.#answered.set(message.name, message.payload);
        // Who asked for a scattered value keeps it decoded; twice would be once too often.
        if (isScattered(message.name)) {
          this.#values.delete(message.name);
          this.#provided.add(message.name);
        }
        return;
      case "constantSet": {
        const at = this.#settings.findIndex(({ constants }) =>
          constants.some(([name]) => name === message.name)
        );
        const [setting] = at < 0 ? [] : this.#settings.splice(at, 1);
        if (message.taken) setting?.reject(new ConstantTaken(message.name));
        else this.#confirm(setting);
        return;
      }
      case "noConstant":
        this.#values.get(message.name)?.reject(released());
        this.#values.delete(message.name);
        return;
      case "dropConstant":
        this.#release(message.name);
        this.#forget(message.name);
    }
  }

  /** It is gone: a scattered value that has not come by now does not come any more. */
  #release(name: string): void {
    if (isScattered(name)) this.#values.get(name)?.reject(released());
    this.#values.delete(name);
  }

  #confirm(setting: Setting | undefined): void {
    for (const [name, payload] of this.#keeps() ? setting?.constants ?? [] : []) {
      this.#kept.set(name, isScattered(name) ? undefined : payload);
    }
    setting?.resolve();
  }

  /** Nothing comes from the broker any more. */
  fail(error: Error): void {
    this.#lost = error;
    for (const waiting of this.#values.values()) waiting.reject(error);
    for (const setting of this.#settings.splice(0)) setting.reject(error);
  }
}

function messageOf(constants: NamedPayloads): Message {
  if (constants.length > 1) return groupConstants(constants);
  const [name, payload] = constants[0]!;
  return { type: "constant", name, payload };
}

function bytesOf({ body, frames }: Encoded): number {
  return frames.reduce((sum, frame) => sum + frame.length, body.length);
}

function released(): Error {
  return new Error("a scattered value that a task needs has been released");
}
