/**
 * The broker's decisions: who gets which bundle, what becomes of a lost worker's work, when the
 * run is over.
 *
 * A state machine: messages and the time go in, {@link Action}s come out. It knows no socket, timer
 * or process, so the same code runs in the simulation.
 *
 * A bundle is queued until a worker has credit for it; of several such workers the one that has
 * waited longest gets it. What was lost with its worker is the matter of {@link Recovery}.
 *
 * @module
 */

import { encodeEach } from "../wire/codec.ts";
import { TimeoutError } from "../wire/errors.ts";
import { isScattered, PROTOCOL } from "../wire/messages.ts";
import type {
  BundleHeader,
  Cancel,
  Constant,
  Hello,
  Load,
  Message,
  ResultMessage,
  Started,
} from "../wire/messages.ts";
import { workerLost } from "../wire/worker_lost.ts";
import { BundleQueue } from "./bundle_queue.ts";
import { Constants } from "./constants.ts";
import { createInterner } from "./intern.ts";
import { Ledger } from "./ledger.ts";
import type { Entry } from "./ledger.ts";
import { Recovery } from "./recovery.ts";
import { Roster } from "./roster.ts";
import type { Worker } from "./roster.ts";

/** What the broker's shell has to do. */
export type Action =
  | { kind: "send"; to: string; message: Message }
  | { kind: "publish"; message: Load }
  /** Says something to whoever reads the log. */
  | { kind: "log"; level: "info" | "warning"; text: string }
  /** A worker does not come back from a task: its process should be ended. */
  | { kind: "kill"; worker: string; reason: string }
  /** The run is over. */
  | { kind: "end"; reason: string };

/** What a dispatcher is told at its beginning. */
export interface DispatcherOptions {
  readonly name: string;
  /** The run's secret; workers that do not know it are refused. Empty for none. */
  readonly key: string;
  /** Workers that were planned, the origin among them; 1 when nothing is known. */
  readonly size: number;
  readonly program: string;
  readonly modules: readonly string[];
}

/** Milliseconds between two announcements of an unchanged load. */
const ANNOUNCE_EVERY = 200;
/** Milliseconds beyond its timeout after which a task's worker counts as stuck. */
const STUCK_AFTER = 2_000;

/** See the module's text. */
export class Dispatcher {
  readonly ledger = new Ledger();
  #options: DispatcherOptions;
  #size: number;
  #roster = new Roster();
  #queue = new BundleQueue();
  #recovery: Recovery;
  #constants = new Constants();
  #intern = createInterner();
  #demand = 0;
  #announcedAt = -Infinity;
  #changed = false;
  #out: Action[] = [];
  #over = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#size = options.size;
    this.#recovery = new Recovery(this.ledger, this.#roster, {
      give: (entry, worker) => this.#give(entry, worker),
      enqueue: (entry) => this.#queue.push(entry),
      giveUp: ({ bundle }, attempts, reason) => this.#giveUp(bundle, attempts, reason),
    });
  }

  /** Number of workers connected, the origin among them. */
  get workers(): number {
    return this.#roster.size;
  }

  /** Number of bundles that wait for a worker. */
  get queued(): number {
    return this.#queue.length + this.#recovery.length;
  }

  /** Names and addresses of the workers connected. */
  *connected(): Generator<{ name: string; address: string }> {
    yield* this.#roster;
  }

  /** The worker behind an address, if it is in the run. */
  nameOf(address: string): string | undefined {
    return this.#roster.at(address)?.name;
  }

  /** Takes in a message from `address`. */
  receive(address: string, message: Message, now: number): Action[] {
    const worker = this.#roster.at(address);
    if (message.type === "hello") this.#hello(address, message);
    else if (worker !== undefined) this.#fromWorker(worker, message, now);
    else if (message.type !== "goodbye") {
      const reason = "this broker does not know the worker, or has given it up as lost";
      this.#send(address, { type: "refuse", reason });
    }
    return this.#flush(now);
  }

  /** The worker called `name` is gone; `reason` says how, such as "signal SIGKILL". */
  lost(name: string, reason: string, now: number): Action[] {
    const worker = this.#roster.named(name);
    if (worker !== undefined) this.#forget(worker, reason);
    return this.#flush(now);
  }

  /** Time has passed: about every 50 ms. */
  tick(now: number): Action[] {
    this.#findStuck(now);
    this.#recovery.serve(now);
    if (this.#changed || now - this.#announcedAt >= ANNOUNCE_EVERY) this.#announce(now);
    return this.#flush(now);
  }

  #fromWorker(worker: Worker, message: Message, now: number): void {
    switch (message.type) {
      case "credit":
        worker.granted = message.bundles;
        worker.idle = message.idle;
        return this.#roster.refresh(worker);
      case "bundle":
        this.#intern(message.bundle, message.payload);
        return this.#enqueue(this.ledger.add(message.bundle, message.payload));
      case "result":
        return this.#result(worker, message);
      case "started":
        return this.#started(message, now);
      case "cancel":
        return this.#cancel(message);
      case "lost":
        return this.#lostWithoutWorker(message);
      case "constant":
        return this.#setConstant(worker, message);
      case "getConstant":
        return this.#getConstant(worker, message.name);
      case "dropConstant":
        this.#constants.drop(message.name);
        return this.#toAll(message);
      case "ping":
        return this.#send(worker.address, { type: "pong" });
      case "goodbye":
        return this.#forget(worker, "");
      default:
        this.#log("warning", `${worker.name} sent a ${message.type}, which workers do not send`);
    }
  }

  #hello(address: string, hello: Hello): void {
    const refuse = (reason: string) => {
      this.#send(address, { type: "refuse", reason });
      this.#log("warning", `refused ${hello.name} (${hello.host}, pid ${hello.pid}): ${reason}`);
    };
    const known = this.#roster.named(hello.name);
    if (hello.protocol !== PROTOCOL) {
      return refuse(
        `the worker's copy of SCOOP speaks protocol ${hello.protocol}, the broker's ${PROTOCOL}: ` +
          `run the same version everywhere`,
      );
    }
    if (hello.key !== this.#options.key) return refuse("the worker does not have the run's key");
    if (known !== undefined && known.address !== address) {
      return refuse(
        `a worker called ${hello.name} is in the run already: set WORKER_NAME to another name`,
      );
    }
    this.#roster.add(hello.name, address, hello.origin);
    this.#log("info", `${hello.name} joined (${hello.host}, pid ${hello.pid})`);
    this.#changed = true;
    const { name, program, modules } = this.#options;
    const { size, demand } = this;
    this.#send(address, {
      type: "welcome",
      broker: name,
      size,
      demand,
      program,
      modules: [...modules],
    });
  }

  /** The run has another size than was planned. */
  resize(size: number): void {
    this.#size = size;
    this.#changed = true;
  }

  /** Workers in the run: those planned, or those here if they are more. */
  get size(): number {
    return Math.max(this.#size, this.#roster.size);
  }

  /** Bundles that workers would take at once and that are not queued. */
  get demand(): number {
    return this.#queue.length > 0 ? 0 : this.#roster.credit;
  }

  #result(worker: Worker, message: ResultMessage): void {
    if (!this.ledger.settle(message.result)) return;
    const owner = this.#roster.named(message.result.owner);
    if (owner !== undefined) this.#send(owner.address, message);
    this.#roster.refresh(worker);
  }

  #started(message: Started, now: number): void {
    const entry = this.ledger.find(message);
    if (entry === undefined) return;
    entry.startedAt = now;
    const owner = this.#roster.named(message.owner);
    if (owner !== undefined) this.#send(owner.address, message);
  }

  #cancel(message: Cancel): void {
    for (const entry of this.ledger.partsOf(message.owner, message.id)) {
      const { base, count } = entry.bundle;
      const all = message.index === -1 || (count === 1 && message.index === base);
      if (entry.holder !== undefined) this.#tellHolder(entry, message);
      else if (all) this.ledger.remove(entry);
    }
  }

  #tellHolder(entry: Entry, message: Cancel): void {
    const holder = this.#roster.named(entry.holder!);
    if (holder !== undefined) this.#send(holder.address, message);
  }

  #setConstant(worker: Worker, message: Constant): void {
    const waiting = this.#constants.set(message.name, message.payload);
    const taken = waiting === undefined;
    this.#send(worker.address, { type: "constantSet", name: message.name, taken });
    for (const address of waiting ?? []) this.#send(address, message);
  }

  #getConstant(worker: Worker, name: string): void {
    const payload = this.#constants.get(name, worker.address);
    if (payload !== undefined) this.#send(worker.address, { type: "constant", name, payload });
    else if (isScattered(name)) this.#send(worker.address, { type: "noConstant", name });
  }

  #toAll(message: Message): void {
    for (const { address } of this.#roster) this.#send(address, message);
  }

  /** A worker has left (`reason` is empty) or was lost. */
  #forget(worker: Worker, reason: string): void {
    this.#roster.remove(worker);
    this.#constants.forget(worker.address);
    this.#changed = true;
    if (worker.origin) {
      const why = reason === "" ? "the program ended" : `the origin was lost (${reason})`;
      return this.#end(why);
    }
    // Nobody waits for what a lost worker's tasks have spawned: they will spawn it again.
    for (const entry of this.ledger.ownedBy(worker.name)) {
      const { owner, id } = entry.bundle;
      this.ledger.remove(entry);
      if (entry.holder !== undefined && entry.holder !== worker.name) {
        this.#tellHolder(entry, { type: "cancel", owner, id, index: -1 });
      }
    }
    const held = this.ledger.heldBy(worker.name);
    if (reason !== "" || held.length > 0) {
      const tasks = held.reduce((sum, entry) => sum + entry.bundle.count, 0);
      const again = tasks === 0 ? "" : `; ${tasks} unfinished tasks run again`;
      this.#log("info", `lost ${worker.name} (${reason || "it left"})${again}`);
    }
    for (const entry of held) this.#recovery.again(entry, reason || "it left");
  }

  /** A task would have ended its process, which had to live on. */
  #lostWithoutWorker(message: { owner: string; id: number; base: number; reason: string }): void {
    const entry = this.ledger.find(message);
    if (entry !== undefined) this.#recovery.again(entry, message.reason);
  }

  #giveUp(bundle: BundleHeader, attempts: number, reason: string): void {
    this.#fail(bundle, workerLost(bundle.label, attempts, reason));
  }

  #fail(bundle: BundleHeader, error: Error): void {
    const owner = this.#roster.named(bundle.owner);
    if (owner === undefined) return;
    error.stack = `${error.name}: ${error.message}`;
    const { count, id, base } = bundle;
    this.#send(owner.address, {
      type: "result",
      result: {
        owner: bundle.owner,
        id,
        base,
        count,
        elapsed: 0,
        failed: Array.from({ length: count }, (_, i) => i),
      },
      payload: encodeEach(new Array(count).fill(error)),
    });
  }

  /** Tasks that run past their timeout keep a worker's processor for good: it has to go. */
  #findStuck(now: number): void {
    for (const worker of this.#roster) {
      for (const entry of this.ledger.heldBy(worker.name)) {
        const { bundle, startedAt } = entry;
        if (bundle.timeout === 0 || startedAt === 0) continue;
        if (now - startedAt < bundle.timeout * bundle.count + STUCK_AFTER) continue;
        this.ledger.remove(entry);
        const text = `${bundle.label} ran longer than its timeout of ${bundle.timeout} ms`;
        this.#fail(bundle, new TimeoutError(text));
        // The origin cannot be spared: it goes on when the task lets go.
        if (!worker.origin) this.#out.push({ kind: "kill", worker: worker.name, reason: text });
        break;
      }
    }
  }

  #enqueue(entry: Entry): void {
    if (entry.bundle.attempt > 0) this.#recovery.add(entry);
    else this.#queue.push(entry);
  }

  #assign(): void {
    for (let worker = this.#roster.hungriest(); worker; worker = this.#roster.hungriest()) {
      const entry = this.#queue.shift();
      if (entry === undefined) return;
      this.#give(entry, worker);
    }
  }

  #give(entry: Entry, worker: Worker): void {
    this.ledger.hold(entry, worker.name);
    this.#roster.fed(worker);
    this.#send(worker.address, { type: "bundle", bundle: entry.bundle, payload: entry.payload });
  }

  #announce(now: number): void {
    this.#announcedAt = now;
    this.#changed = false;
    const { size, demand, queued } = this;
    const message: Load = { type: "load", broker: this.#options.name, queued, demand, size };
    this.#out.push({ kind: "publish", message });
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#out.push({ kind: "end", reason });
  }

  #send(to: string, message: Message): void {
    this.#out.push({ kind: "send", to, message });
  }

  #log(level: "info" | "warning", text: string): void {
    this.#out.push({ kind: "log", level, text });
  }

  #flush(now: number): Action[] {
    if (this.#recovery.length > 0) this.#recovery.serve(now);
    this.#assign();
    const { demand } = this;
    if (demand > 0 && this.#demand === 0) this.#announce(now);
    this.#changed ||= demand !== this.#demand;
    this.#demand = demand;
    const out = this.#out;
    this.#out = [];
    return out;
  }
}
