/**
 * The runtime of a worker: it ties the executor and the scheduler of this process to a broker.
 *
 * @module
 */

import type { Encoded } from "../wire/codec.ts";
import { BrokerLostError } from "../wire/errors.ts";
import { PROTOCOL } from "../wire/messages.ts";
import type { BundleMessage, Load, Message, ResultHeader, Welcome } from "../wire/messages.ts";
import { Executor } from "../futures/executor.ts";
import { handleOfRef } from "../futures/function_handle.ts";
import { lookup } from "../futures/function_lookup.ts";
import type { FunctionRef } from "../futures/function_ref.ts";
import type { RunInfo, Runtime } from "../futures/runtime.ts";
import { areHere, forget, load } from "../futures/scatter.ts";
import { newTurn } from "../futures/turn.ts";
import type { Turn } from "../futures/turn.ts";
import type { LocalWork, Source } from "../futures/work.ts";
import { Away } from "./away.ts";
import { SharedConstants } from "./constants.ts";
import { hostname } from "./environment.ts";
import type { Environment } from "./environment.ts";
import type { Link } from "./link.ts";
import type { NetworkOptions } from "./network_options.ts";
import { ReceivedWork } from "./received_work.ts";
import type { ReceivedWorkEvents } from "./received_work.ts";
import { watchBroker } from "./watch.ts";
import { Scheduler } from "./scheduler.ts";

/** Milliseconds the program may go on without awaiting us before it gives back what it was sent. */
const PATIENCE = 2;

/** See the module's text. */
export class NetworkRuntime implements Runtime {
  readonly executor: Executor;
  readonly program: Turn | undefined;
  /** Ends when the run is over; rejects when this worker has to leave it. */
  readonly over: Promise<string>;
  serving = false;
  readonly #environment: Environment;
  readonly #scheduler = new Scheduler<ReceivedWork>();
  readonly #away = new Away();
  #brokerName: string;
  #link: Link | undefined;
  /** True until there is a link, or will never be one. */
  #connecting = true;
  #unsent: Message[] = [];
  #welcomed = false;
  #lost: Error | undefined;
  #flushing = false;
  #granted = 0;
  #wasIdle = false;
  #ready = new Set<ReceivedWork>();
  /** Bundles received that have not come to their end, by owner and id. */
  #received = new Map<string, Set<ReceivedWork>>();
  readonly #constants = new SharedConstants((message) => this.#send(message));
  #end!: (reason: string) => void;
  #fail!: (error: Error) => void;
  #workEvents: ReceivedWorkEvents;
  readonly #options: NetworkOptions;

  constructor(environment: Environment, options: NetworkOptions) {
    this.#environment = environment;
    this.#options = options;
    this.#brokerName = environment.brokerName;
    this.#scheduler.size = Math.max(1, environment.size);
    this.over = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    this.over.catch(() => {});
    this.executor = new Executor({
      take: () => {
        // What leaves can be sent only then, and a first task may be a long one.
        if (this.#connecting || options.broker !== undefined) return undefined;
        const work = this.#scheduler.take();
        this.#flushSoon();
        return work;
      },
      putBack: (work) => this.#scheduler.putBack(work),
      rescue: (turns) => {
        const work = this.#scheduler.rescue(turns);
        this.#flushSoon();
        return work;
      },
    });
    if (environment.isOrigin) this.program = this.#beginProgram();
    else this.#scheduler.open = false;
    this.#workEvents = {
      ready: (work) => {
        this.#ready.add(work);
        this.#flushSoon();
      },
      result: (work, result, payload) => this.#result(work, result, payload),
      started: ({ bundle: { owner, id, base } }, index) =>
        this.#send({ type: "started", owner, id, base, index }),
      lost: (work, _index, reason) => {
        const { owner, id, base } = work.bundle;
        this.#send({ type: "lost", owner, id, base, reason });
        this.#forget(work);
      },
    };
    this.#connect();
  }

  get info(): RunInfo {
    return {
      isRunning: true,
      isOrigin: this.#environment.isOrigin,
      size: this.#scheduler.size,
      workerName: this.#environment.workerName,
      brokerName: this.#brokerName,
    };
  }

  offer(source: Source, turn: Turn): void {
    this.#scheduler.offer(source, turn);
    this.executor.wake();
    this.#flushSoon();
  }

  setConstant(name: string, payload: Encoded): Promise<void> {
    return this.#constants.set(name, payload);
  }

  getConstant(name: string): Promise<Encoded> {
    return this.#constants.get(name);
  }

  dropConstant(name: string): void {
    this.#send({ type: "dropConstant", name });
  }

  /** Number of bundles that are not done; what a map has not begun to read does not count. */
  get pending(): number {
    return this.#away.size + (this.#scheduler.empty ? 0 : 1);
  }

  async serve(): Promise<void> {
    this.serving = true;
    await this.over;
  }

  report(text: string): void {
    console.error(`scoop: ${text}`);
  }

  /** Says goodbye and closes the connection; whoever waits for something is given `error`. */
  async leave(error?: Error): Promise<void> {
    this.#send({ type: "goodbye" });
    const link = this.#link;
    this.#link = undefined;
    await link?.close();
    if (error !== undefined) this.#giveUp(error);
  }

  #beginProgram(): Turn {
    this.executor.active = 1;
    this.#scheduler.open = false;
    if (this.#options.broker !== undefined) {
      this.#scheduler.eager = true;
      const turn = newTurn("program", false, this);
      this.executor.program = { turn, onWait: (waits) => this.#link?.hold(waits) };
      return turn;
    }
    const turn = newTurn("program", false);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onWait = (waits: boolean) => {
      if (waits) {
        clearTimeout(timer);
        timer = undefined;
        this.#scheduler.open = true;
        this.#link?.hold(true);
        this.#flushSoon();
      } else {
        // While results stream in the program stops waiting for a moment with each of them.
        timer ??= setTimeout(() => {
          timer = undefined;
          this.#programGoesOn();
        }, PATIENCE);
      }
    };
    this.executor.program = { turn, onWait };
    return turn;
  }

  /** The program does something else: others get what it was sent, and it may end. */
  #programGoesOn(): void {
    this.#scheduler.open = false;
    for (const work of this.#scheduler.returnInbox()) this.#return(work);
    this.#link?.hold(false);
    this.#flushSoon();
  }

  async #connect(): Promise<void> {
    const environment = { ...this.#environment };
    const { workerName, isOrigin } = environment;
    try {
      const { Link } = await import("./link.ts");
      Object.assign(environment, await this.#options.broker);
      this.#link = new Link(environment, {
        message: (message) => this.#receive(message),
        trouble: (error) => this.report(`a message could not be handled: ${error}`),
      });
    } catch (error) {
      return this.#giveUp(error instanceof Error ? error : new Error(String(error)));
    }
    this.#link.send({
      type: "hello",
      protocol: PROTOCOL,
      name: workerName,
      origin: isOrigin,
      key: environment.key,
      pid: Deno.pid,
      host: hostname(),
    });
    for (const message of this.#unsent) this.#link.send(message);
    this.#unsent = [];
    this.#connecting = false;
    this.executor.wake();
    if (this.executor.program?.turn.waiting) this.#link.hold(true);
    this.#watch();
  }

  #watch(): void {
    watchBroker(this.#environment, {
      look: () => {
        this.executor.rescueStalled();
        return this.#link && { heardAt: this.#link.heardAt, welcomed: this.#welcomed };
      },
      forgive: (now) => {
        if (this.#link !== undefined) this.#link.heardAt = now;
      },
      lost: (error) => this.#giveUp(error),
    });
  }

  /** Nothing comes from the broker any more: whoever waits is told so. */
  #giveUp(error: Error): void {
    if (this.#lost !== undefined) return;
    this.#lost = error;
    // The program may go on without noticing; somebody should.
    const owned = this.#options.broker !== undefined;
    if (this.program !== undefined && !this.#welcomed && !owned) {
      this.report(`${error.message}; the program goes on in this process alone`);
    }
    this.#connecting = false;
    this.#scheduler.size = 1;
    this.#scheduler.open = false;
    this.#link?.close();
    this.#link = undefined;
    this.#away.failAll(error);
    this.#constants.fail(error);
    this.#fail(error);
    this.#flushSoon();
  }

  #receive(message: Message): void {
    switch (message.type) {
      case "bundle":
        return this.#bundle(message);
      case "result": {
        const expected = this.#away.settle(message);
        if (expected !== undefined) this.#scheduler.cameBack(expected);
        this.executor.wake();
        return this.#flushSoon();
      }
      case "load":
        return this.#load(message);
      case "welcome":
        return this.#welcome(message);
      case "started":
        return this.#away.started(message);
      case "cancel":
        for (const work of this.#received.get(`${message.owner}/${message.id}`) ?? []) {
          work.cancel(message.index);
        }
        return;
      case "constant":
      case "constantSet":
      case "noConstant":
        return this.#constants.receive(message);
      case "dropConstant":
        return forget(message.name);
      case "refuse":
        return this.#giveUp(new Error(`the broker refused this worker: ${message.reason}`));
      case "shutdown":
        this.#end(message.reason);
        return this.#giveUp(new BrokerLostError(`the broker has ended the run: ${message.reason}`));
    }
  }

  #welcome(message: Welcome): void {
    this.#welcomed = true;
    this.#brokerName = message.broker;
    this.#scheduler.size = message.size;
    this.#scheduler.demand = message.demand;
    this.#options.prepare(message).finally(() => {
      if (!this.#environment.isOrigin) this.#scheduler.open = true;
      this.#flushSoon();
    });
  }

  #load(message: Load): void {
    this.#scheduler.size = message.size;
    this.#scheduler.demand = message.demand;
    this.#flushSoon();
  }

  #bundle(message: BundleMessage): void {
    this.#scheduler.arrived();
    const { bundle, payload } = message;
    const handle = handleOfRef(bundle.fn as unknown as FunctionRef);
    const { workerName } = this.#environment;
    const work = new ReceivedWork(bundle, payload, handle, workerName, this.#workEvents);
    const key = `${bundle.owner}/${bundle.id}`;
    const parts = this.#received.get(key);
    if (parts === undefined) this.#received.set(key, new Set([work]));
    else parts.add(work);
    if (handle.fn !== undefined && areHere(bundle.needs)) return this.#begin(work);
    this.#scheduler.coming++;
    Promise.all([lookup(handle.ref), ...bundle.needs.map(load)]).then(([fn]) => {
      handle.fn ??= fn;
      this.#scheduler.coming--;
      this.#begin(work);
    }, (error) => {
      this.#scheduler.coming--;
      for (let i = 0; i < work.count; i++) work.fail(i, error);
    });
  }

  #begin(work: ReceivedWork): void {
    // What arrives at a program that has stopped waiting goes to somebody else.
    if (this.program !== undefined && !this.#scheduler.open) return this.#return(work);
    this.#scheduler.receive(work);
    this.executor.wake();
    this.#flushSoon();
  }

  #return(work: ReceivedWork): void {
    this.#forget(work);
    this.#send({ type: "bundle", bundle: work.bundle, payload: work.payload });
  }

  #result(work: ReceivedWork, result: ResultHeader, payload: Encoded): void {
    this.#send({ type: "result", result, payload });
    if (result.base + result.count === work.bundle.base + work.count) this.#forget(work);
  }

  #forget(work: ReceivedWork): void {
    const key = `${work.bundle.owner}/${work.bundle.id}`;
    const parts = this.#received.get(key);
    parts?.delete(work);
    if (parts?.size === 0) this.#received.delete(key);
  }

  /** Tells the broker all that has changed when the code that runs now has let go. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    // The second step lets an `await` that follows a submit take effect first: then it is known
    // whether this worker is free to run the task itself, which is 30 times as quick.
    queueMicrotask(() =>
      queueMicrotask(() => {
        this.#flushing = false;
        this.#flush();
      })
    );
  }

  #flush(): void {
    for (const work of this.#ready) work.report();
    this.#ready.clear();
    const owned = this.#options.broker !== undefined;
    if (this.#lost !== undefined) {
      if (owned) this.#failAll(this.#lost);
      return;
    }
    const idle = !owned && this.executor.active === 0 && this.#scheduler.coming === 0;
    for (const { work, expected } of this.#scheduler.give(!idle)) this.#giveAway(work, expected);
    for (const work of this.#scheduler.surplus(!idle)) this.#return(work);
    const granted = this.#scheduler.credit(idle);
    if (granted !== this.#granted || (idle && !this.#wasIdle && granted > 0)) {
      this.#granted = granted;
      this.#send({ type: "credit", bundles: granted, idle });
    }
    this.#wasIdle = idle;
  }

  /** Nobody will execute what is left here. */
  #failAll(error: Error): void {
    for (let work = this.#scheduler.take(); work; work = this.#scheduler.take()) {
      while (work.next < work.count) work.fail(work.next++, error);
    }
  }

  #giveAway(work: LocalWork, expected: number): void {
    const owner = this.#environment.workerName;
    const payload = work.encode();
    const bundle = this.#away.add(work, expected, owner, payload.handles);
    const { id } = bundle;
    work.left((index) => {
      if (this.#lost === undefined) this.#send({ type: "cancel", owner, id, index });
    });
    this.#send({ type: "bundle", bundle, payload });
  }

  #send(message: Message): void {
    if (this.#lost !== undefined) return;
    if (this.#link === undefined) this.#unsent.push(message);
    else this.#link.send(message);
  }
}
