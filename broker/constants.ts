/**
 * The shared constants of a run, and who waits for those that are not set yet.
 *
 * In a federation they are at home at the origin's broker. The others ask it, and keep what they
 * got: a constant does not change.
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";
import { constantsOf } from "../wire/constant_group.ts";
import type { NamedPayloads } from "../wire/constant_group.ts";
import { isScattered } from "../wire/messages.ts";
import type { Constant, DropConstant, GetConstant, Message } from "../wire/messages.ts";
import type { SetConstants } from "../wire/messages.ts";

/** What constants need of the dispatcher. */
export interface ConstantsEvents {
  send(address: string, message: Message): void;
  /** Sends to all workers of this broker. */
  toWorkers(message: Message): void;
  /** Sends to all brokers that borrow from this one. */
  toBorrowers(message: Message): void;
  /** Whether the constants are at home at another broker. */
  elsewhere(): boolean;
  /** Sends to the broker where they are at home, as soon as that is known. */
  toHome(message: Message): void;
}

/** See the module's text. */
export class Constants {
  #values = new Map<string, Encoded>();
  #waiting = new Map<string, Set<string>>();
  /** Who has set what elsewhere, and waits for the answers, which come in this order. */
  #setting: { readonly address: string; readonly names: readonly string[] }[] = [];
  #asked = new Set<string>();

  constructor(private readonly on: ConstantsEvents) {}

  /** Takes in what a worker, or a broker that borrows, says of constants. */
  hear(address: string, message: Constant | SetConstants | GetConstant | DropConstant): void {
    if (message.type === "getConstant") this.get(address, message.name);
    else if (message.type === "dropConstant") this.drop(message.name);
    else this.set(address, message);
  }

  /** `address` sets constants, all or none. */
  set(address: string, message: Constant | SetConstants): void {
    const constants: NamedPayloads = message.type === "constant"
      ? [[message.name, message.payload]]
      : constantsOf(message);
    const names = constants.map(([name]) => name);
    if (this.on.elsewhere()) {
      this.#setting.push({ address, names });
      return this.on.toHome(message);
    }
    const taken = names.find((name) => this.#values.has(name));
    const name = taken ?? names[0]!;
    this.on.send(address, { type: "constantSet", name, taken: taken !== undefined });
    if (taken !== undefined) return;
    for (const [name, payload] of constants) this.#arrived(name, payload);
  }

  /** `address` asks for a constant, and waits for it if there is none yet. */
  get(address: string, name: string): void {
    const payload = this.#values.get(name);
    if (payload !== undefined) return this.on.send(address, { type: "constant", name, payload });
    const elsewhere = this.on.elsewhere();
    if (!elsewhere && isScattered(name)) {
      return this.on.send(address, { type: "noConstant", name });
    }
    const waiting = this.#waiting.get(name);
    if (waiting === undefined) this.#waiting.set(name, new Set([address]));
    else waiting.add(address);
    if (!elsewhere || this.#asked.has(name)) return;
    this.#asked.add(name);
    this.on.toHome({ type: "getConstant", name });
  }

  /** Somebody has released a constant. */
  drop(name: string): void {
    this.#values.delete(name);
    this.on.toWorkers({ type: "dropConstant", name });
    if (this.on.elsewhere()) this.on.toHome({ type: "dropConstant", name });
    else this.on.toBorrowers({ type: "dropConstant", name });
  }

  /** What the broker says where the constants are at home. */
  fromHome(message: Message): void {
    // Nothing was asked elsewhere where they are at home.
    if (!this.on.elsewhere()) return;
    if (message.type === "constant") this.#arrived(message.name, message.payload);
    else if (message.type === "constantSet") {
      const at = this.#setting.findIndex(({ names }) => names.includes(message.name));
      if (at < 0) return;
      for (const { address } of this.#setting.splice(at, 1)) this.on.send(address, message);
    } else if (message.type === "noConstant") this.#tellWaiting(message.name, message);
    else if (message.type === "dropConstant") {
      this.#values.delete(message.name);
      this.on.toWorkers(message);
    }
  }

  /** The broker where they are at home has forgotten us, and with us what we asked for. */
  askAgain(): void {
    for (const name of this.#asked) this.on.toHome({ type: "getConstant", name });
  }

  /** Names that somebody waits for, or that were asked for elsewhere. */
  get awaited(): number {
    return this.#waiting.size;
  }

  /** `address` waits for nothing any more. */
  forget(address: string): void {
    for (const [name, waiting] of this.#waiting) {
      waiting.delete(address);
      // What was asked of home may still come, for others.
      if (waiting.size === 0 && !this.#asked.has(name)) this.#waiting.delete(name);
    }
  }

  #arrived(name: string, payload: Encoded): void {
    this.#values.set(name, payload);
    this.#tellWaiting(name, { type: "constant", name, payload });
  }

  #tellWaiting(name: string, message: Message): void {
    const waiting = this.#waiting.get(name) ?? [];
    this.#waiting.delete(name);
    this.#asked.delete(name);
    for (const address of waiting) this.on.send(address, message);
  }
}
