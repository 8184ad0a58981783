/**
 * The shared constants of a run, and who waits for those that are not set yet.
 *
 * In a federation they are at home at the origin's broker. The others ask it, and keep what they
 * got: a constant does not change.
 *
 * @module
 */

import { Buffer } from "node:buffer";

import type { Encoded } from "../wire/codec.ts";
import { constantsOf } from "../wire/constant_group.ts";
import type { NamedPayloads } from "../wire/constant_group.ts";
import type { HomePlace } from "./home.ts";
import { LIMITS } from "../wire/limits.ts";
import { isScattered } from "../wire/messages.ts";
import type { Constant, DropConstant, GetConstant, Message, Restored } from "../wire/messages.ts";
import type { SetConstants } from "../wire/messages.ts";

/** Names of values that were released, and are remembered for those who ask too late. */
const MOST_RELEASED = 4_096;

/** What constants need of the dispatcher. */
export interface ConstantsEvents {
  send(address: string, message: Message): void;
  /** Sends to all workers of this broker. */
  toWorkers(message: Message): void;
  /** Sends to all brokers that borrow from this one. */
  toBorrowers(message: Message): void;
  /** Where the constants are at home, seen from this broker. */
  place(): HomePlace;
  /** Sends to the broker where they are at home, as soon as that is known. */
  toHome(message: Message): void;
}

/** What workers, and brokers that borrow, say of constants. */
export type Said = Constant | Restored | SetConstants | GetConstant | DropConstant;

/** See the module's text. */
export class Constants {
  #values = new Map<string, Encoded>();
  #waiting = new Map<string, Set<string>>();
  /** Who has set what elsewhere, and waits for the answers, which come in this order. */
  #setting: { readonly address: string; readonly message: Constant | SetConstants }[] = [];
  #asked = new Set<string>();
  /** Names of those that were brought from a broker that is lost. */
  #restored = new Set<string>();
  /** Until when somebody waits for a scattered value that may be on its way from another broker. */
  #patience = new Map<string, number>();
  #released = new Set<string>();
  #now = 0;
  /** Until then more may be brought. */
  #expectsUntil = 0;

  constructor(private readonly on: ConstantsEvents) {}

  /** Takes in what a worker, or a broker that borrows, says of constants. */
  hear(address: string, message: Said): void {
    if (message.type === "getConstant") this.get(address, message.name);
    else if (message.type === "restored") this.restore(message.name, message.payload);
    else if (message.type === "dropConstant") this.drop(message.name);
    else this.set(address, message);
  }

  /** `address` sets constants, all or none. */
  set(address: string, message: Constant | SetConstants): void {
    if (this.#isElsewhere) {
      this.#setting.push({ address, message });
      return this.on.toHome(message);
    }
    const constants = namedBy(message);
    const taken = constants.find(([name, payload]) => this.#isTaken(name, payload))?.[0];
    const name = taken ?? constants[0]![0];
    this.on.send(address, { type: "constantSet", name, taken: taken !== undefined });
    if (taken !== undefined) return;
    for (const [name, payload] of constants) this.#settle(name, payload);
  }

  /** What is set again, since a lost broker did not confirm it, may be known from others. */
  #isTaken(name: string, payload: Encoded): boolean {
    const known = this.#values.get(name);
    return known !== undefined && !(this.#restored.has(name) && isSame(known, payload));
  }

  /** A constant is known here, where they are at home: others are to know, should this one be lost. */
  #settle(name: string, payload: Encoded): void {
    this.#arrived(name, payload);
    if (!isScattered(name)) this.on.toBorrowers({ type: "constant", name, payload });
  }

  /** A constant was set before, and the broker that knew is lost. */
  restore(name: string, payload: Encoded): void {
    this.expect();
    if (this.#values.has(name)) return;
    this.#restored.add(name);
    if (this.#isElsewhere) {
      this.#arrived(name, payload);
      this.on.toHome({ type: "restored", name, payload });
    } else this.#settle(name, payload);
  }

  /** Others come whose broker was lost, and bring what they know: nothing counts as gone yet. */
  expect(): void {
    this.#expectsUntil = this.#now + LIMITS.claimMs;
  }

  /** Time has passed. */
  tick(now: number): void {
    this.#now = now;
    if (now < this.#expectsUntil || this.#isElsewhere) return;
    for (const name of this.#waiting.keys()) {
      if (isScattered(name) && now >= (this.#patience.get(name) ?? 0)) this.#tellNone(name);
    }
  }

  get #isElsewhere(): boolean {
    return this.on.place() === "elsewhere";
  }

  /** They are at home somewhere else than before, here or at another broker. */
  moved(here: boolean): void {
    this.expect();
    if (here) this.#asked.clear();
    else {
      for (const [name, payload] of this.#values) {
        this.on.toHome({ type: "restored", name, payload });
      }
    }
    // What was to be set has not been confirmed by the one that is lost.
    for (const { address, message } of this.#setting.splice(0)) this.set(address, message);
    this.askAgain();
  }

  /** `address` asks for a constant, and waits for it if there is none yet. */
  get(address: string, name: string): void {
    const payload = this.#values.get(name);
    if (payload !== undefined) return this.on.send(address, { type: "constant", name, payload });
    const elsewhere = this.#isElsewhere;
    if (!elsewhere && isScattered(name)) {
      // From the broker of the task that has scattered it the way is another than that of the tasks
      // which need it: one in four of those came first, of values of 24 MB.
      const mayCome = this.on.place() === "here" && !this.#released.has(name);
      if (!mayCome && this.#now >= this.#expectsUntil) {
        return this.on.send(address, { type: "noConstant", name });
      }
      const until = this.#now + LIMITS.claimBegunMs;
      if (mayCome && !this.#patience.has(name)) this.#patience.set(name, until);
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
    this.#restored.delete(name);
    this.on.toWorkers({ type: "dropConstant", name });
    if (this.#isElsewhere) return this.on.toHome({ type: "dropConstant", name });
    this.on.toBorrowers({ type: "dropConstant", name });
    if (this.#waiting.has(name)) this.#tellNone(name);
    this.#released.add(name);
    if (this.#released.size <= MOST_RELEASED) return;
    for (const oldest of this.#released) return void this.#released.delete(oldest);
  }

  #tellNone(name: string): void {
    this.#tellWaiting(name, { type: "noConstant", name });
  }

  /** What the broker says where the constants are at home. */
  fromHome(message: Message): void {
    // Nothing was asked elsewhere where they are at home.
    if (!this.#isElsewhere) return;
    if (message.type === "constant") this.#arrived(message.name, message.payload);
    else if (message.type === "constantSet") {
      const at = this.#setting.findIndex(({ message: said }) =>
        namedBy(said).some(([name]) => name === message.name)
      );
      if (at < 0) return;
      const [setting] = this.#setting.splice(at, 1);
      this.on.send(setting!.address, message);
      if (message.taken) return;
      for (const [name, payload] of namedBy(setting!.message)) this.#arrived(name, payload);
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
      if (waiting.size > 0 || this.#asked.has(name)) continue;
      this.#waiting.delete(name);
      this.#patience.delete(name);
    }
  }

  #arrived(name: string, payload: Encoded): void {
    this.#values.set(name, payload);
    this.#tellWaiting(name, { type: "constant", name, payload });
  }

  #tellWaiting(name: string, message: Message): void {
    const waiting = this.#waiting.get(name) ?? [];
    this.#waiting.delete(name);
    this.#patience.delete(name);
    this.#asked.delete(name);
    for (const address of waiting) this.on.send(address, message);
  }
}

function namedBy(message: Constant | SetConstants): NamedPayloads {
  return message.type === "constant" ? [[message.name, message.payload]] : constantsOf(message);
}

function isSame(one: Encoded, other: Encoded): boolean {
  const [a, b] = [[one.body, ...one.frames], [other.body, ...other.frames]];
  return a.length === b.length && a.every((bytes, i) => Buffer.compare(bytes, b[i]!) === 0);
}
