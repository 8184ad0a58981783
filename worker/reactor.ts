/**
 * A worker's decisions, all of them: what to execute next, what to give away, how much to ask for,
 * what to report, and what to think of the broker.
 *
 * A state machine. {@link Reactor.receive} takes in what has happened and answers with what is to be
 * done; between two of these the executor takes work from it ({@link Reactor.take}), and
 * {@link Reactor.flush}, called when the code that ran has let go, says what the broker has to be
 * told of all that. There is no socket, timer, promise or clock inside: `worker/runtime.ts` has
 * them, and the simulation drives this very class.
 *
 * Its parts, each a state machine of its own: {@link Connection}, {@link Scheduler} (queues, credit),
 * {@link OwnWork} (what was spawned here), {@link ReceivedWork} (what has come), and the program's state.
 *
 * @module
 */

import { endOfRun } from "../futures/dropped.ts";
import type { FunctionRef } from "../futures/function_ref.ts";
import type { Turn } from "../futures/turn.ts";
import type { Source, Work } from "../futures/work.ts";
import { BrokerLostError } from "../wire/errors.ts";
import { LIMITS } from "../wire/limits.ts";
import type { BundleMessage, Message, Welcome } from "../wire/messages.ts";
import { isConstantNews } from "./actions.ts";
import type { WorkerAction, WorkerEvent } from "./actions.ts";
import { Asking } from "./asking.ts";
import { Connection } from "./connection.ts";
import { type Held, OwnProgram } from "./own_program.ts";
import { failingOneByOne, failRest } from "./draining.ts";
import type { ReactorOptions } from "./reactor_options.ts";
import { OwnWork } from "./own_work.ts";
import { ReceivedTable } from "./received_table.ts";
import { Retirement } from "./retirement.ts";
import { sayAgain } from "./say_again.ts";
import { Scheduler } from "./scheduler.ts";
import { bytesOf, Telling } from "./telling.ts";

/** See the module's text. */
export class Reactor {
  readonly connection: Connection;
  readonly telling: Telling;
  readonly #options: ReactorOptions;
  readonly #scheduler = new Scheduler();
  readonly #asking = new Asking(this.#scheduler);
  readonly #own: OwnWork;
  readonly #received: ReceivedTable;
  readonly #program: OwnProgram;
  #brokerName = "";
  /** Workers can be given functions. */
  #prepared = false;
  readonly #retirement = new Retirement();
  #out: WorkerAction[] = [];

  constructor(options: ReactorOptions) {
    this.#options = options;
    const { connection, isOrigin, isOwner, size, workerName } = options;
    this.connection = new Connection(connection, {
      send: (message, number) => this.#out.push({ kind: "send", message, number }),
      lost: (error) => this.#brokerLost(error),
      move: () => this.#out.push({ kind: "move" }),
      again: (untold) => {
        this.#asking.beginAnew();
        this.#retirement.again();
        sayAgain(this.connection, this.#received, this.#own, untold, options.again);
      },
    });
    this.#own = new OwnWork(
      workerName,
      this.#scheduler,
      {
        say: (message) => this.connection.say(message),
        sayLater: (message) => this.say(message),
        act: (action) => this.#out.push(action),
        provide: (name) => options.provide?.(name),
      },
      this.connection.survives,
      options.keeper,
      !isOrigin,
    );
    this.telling = new Telling(options.keeper, () => {
      return { ...options.facts(), queued: this.#scheduler.received };
    });
    this.#received = new ReceivedTable(workerName, {
      noted: () => options.stir(),
      say: (message) => this.connection.say(message),
    }, options.keeper);
    Object.assign(this.#scheduler, { size: Math.max(1, size), eager: isOwner, open: false });
    this.#program = new OwnProgram(isOrigin);
  }

  /** Workers in the run. */
  get size(): number {
    return this.#scheduler.size;
  }

  /** The broker's own name, once it has told; empty before. */
  get brokerName(): string {
    return this.#brokerName;
  }

  /** Number of bundles that are not done; what a map has not begun to read does not count. */
  get pending(): number {
    return this.#own.away + (this.#scheduler.empty ? 0 : 1);
  }

  /** Whether it will be known what became of what is with others. */
  get hearsOfAway(): boolean {
    return this.#own.away > 0 && this.connection.hears;
  }

  /** Number of bundles of others that are here and not done. */
  get received(): number {
    return this.#received.size;
  }

  /** Takes in what has happened; `flushes` unless {@link flush} follows, once for several. */
  receive(event: WorkerEvent, now: number, flushes = true): WorkerAction[] {
    switch (event.kind) {
      case "opened":
        this.#asking.opened(event.address);
        this.connection.open(event.address, event.key, now);
        this.#wake();
        break;
      case "failed":
        this.connection.fail(event.error);
        break;
      case "broke":
        this.connection.broke(now);
        break;
      case "message": {
        const message = this.connection.hear(event.numbered, now);
        if (message !== undefined) this.#message(message, now);
        if (event.numbered.message.type === "welcome") this.#wake();
        // Only now: who hears that a message has come may count on what it has led to.
        this.connection.syncIfDue(now);
        break;
      }
      case "prepared":
        this.#prepared = true;
        break;
      case "fetched":
        event.work.handle.fn ??= event.fn;
        if (this.#received.fetched(event.work)) this.#begin(event.work, now);
        break;
      case "unfetched":
        if (this.#received.fetched(event.work)) failRest(event.work, event.error);
        break;
      case "stalled":
        // What came from others may be what the task waits for that holds the processor: somebody
        // else does it, until this worker begins something again.
        this.#scheduler.stalled = true;
        this.#returnInbox();
        break;
      case "withdraw":
        this.#own.withdraw(event.error, event.ask);
        break;
      case "tick":
        this.connection.tick(now);
        // Whoever has waited long enough for the welcome begins without it.
        if (this.connection.state.kind === "greeting") this.#wake();
        break;
      case "leave":
        this.telling.tell(this.connection, now);
        this.connection.leave();
        if (event.error !== undefined) this.connection.fail(event.error);
    }
    return flushes ? this.flush(now) : this.#takeOut();
  }

  /** The program begins or ceases to wait for us. */
  programMoves(how: "waiting" | "idle" | "running", now: number): void {
    if (this.#program.moves(how, now)) this.#options.stir();
  }

  /** Queues what `turn` spawned. */
  offer(source: Source, turn: Turn): void {
    const { drained } = this.#retirement;
    if (drained === undefined) this.#scheduler.offer(source, turn);
    else this.#out.push({ kind: "refuse", source: failingOneByOne(source), error: drained });
    this.#options.stir();
  }

  /** What to execute next. */
  take(now: () => number): Work | undefined {
    this.#scheduler.stalled = false;
    if (this.#options.isOwner || this.connection.isFirst(now)) return undefined;
    const work = this.#scheduler.take();
    if (work !== undefined) this.#asking.computes(), this.#received.begun(work);
    // The broker is to hear of a task that may get stuck before it begins.
    if (!this.connection.isAway || this.#options.isOrigin || !work?.options.timeout) return work;
    this.putBack(work);
    return undefined;
  }

  /** Whether work of others waits here for the processor. */
  get workWaits(): boolean {
    return this.#scheduler.receivedWaits;
  }

  /** Takes back what {@link take} gave, for later. */
  putBack(work: Work): void {
    this.#received.putBack(work);
    const { drained } = this.#retirement;
    if (drained !== undefined && work.turn !== undefined) return failRest(work, drained);
    this.#scheduler.putBack(work);
    if (this.#retires) this.#returnInbox();
  }

  /** A task begins that takes long, or may: the broker is told before it does. */
  begins(work: Work, index: number, now: number): WorkerAction[] {
    if (!this.#received.begins(work, index)) this.#own.begins(work);
    // It holds the processor: what waits here goes to others first.
    this.#giveAway("perhaps for long", now);
    return this.#takeOut();
  }

  /** A task with a timeout has let go of the processor. */
  ends(work: Work): void {
    if (work.turn !== undefined) this.#own.ends(work);
  }

  /**
   * This worker is to be replaced, as soon as nothing is lost by that. The origin and its like cannot
   * be.
   */
  retire(reason: string): void {
    if (this.#options.isOrigin) return;
    this.#retirement.want(reason);
    if (this.#retires) this.#returnInbox();
    this.#options.stir();
  }

  /** Says something of shared constants. */
  say(message: Message): void {
    this.connection.say(message);
    this.#options.stir();
  }

  /** When something changes by itself next, in milliseconds; Infinity for never. */
  changesAt(now: number): number {
    const held = this.#received.isWaiting ? now + LIMITS.reportMs : Infinity;
    const news = Math.min(this.#asking.changesAt(), this.telling.changesAt());
    return Math.min(held, this.connection.speaks ? news : Infinity, this.#program.changesAt(now));
  }

  /** What the broker has to be told of all that has changed. */
  flush(now: number): WorkerAction[] {
    this.#received.report(now);
    const { error } = this.connection;
    if (error !== undefined && this.#options.isOwner) this.#own.refuseAll(error);
    this.#followProgram(now);
    this.#balance(now);
    const idle = this.#options.active() === 0 && this.#scheduler.idle;
    this.telling.follow(this.connection, idle, now);
    const reason = this.#received.inTasks ? undefined : this.#retirement.tell();
    if (reason !== undefined) {
      this.#received.reportAll();
      this.connection.say({ type: "retire", reason });
    }
    return this.#takeOut();
  }

  #takeOut(): WorkerAction[] {
    const out = this.#out;
    if (out.length > 0) this.#out = [];
    return out;
  }

  /** Gives away, gives back and asks for as much as is right. */
  #balance(now: number): void {
    const { isOwner, active } = this.#options;
    const held = isOwner ? "perhaps for long" : this.#program.held(active());
    if (!this.#giveAway(held, now) || this.connection.state.kind !== "serving") return;
    const { coming } = this.#received;
    this.connection.sayAll(this.#asking.words(held === "not" && coming === 0, coming, now));
  }

  /** Gives away and gives back what others should do; false when there is nobody to give it to. */
  #giveAway(held: Held, now: number): boolean {
    if (this.#own.withdrawn || !(this.connection.stands || this.connection.isOpening)) return false;
    this.#own.giveAll(this.#scheduler.give(held, now), now);
    this.#received.giveBackAll(this.#scheduler.surplus(held !== "not"));
    return true;
  }

  /** Opens the process to the work of others, or gives back what it will not get to. */
  #followProgram(now: number): void {
    const { isOrigin, isOwner } = this.#options;
    const hold = this.#program.settle(now);
    if (hold !== undefined) this.#out.push({ kind: "hold", hold });
    let open = isOrigin ? !isOwner && !this.#program.keepsOthersOut(now) : this.#prepared;
    const retires = this.#retires;
    if (this.connection.error !== undefined || this.#own.withdrawn || retires) open = false;
    const wasOpen = this.#scheduler.open;
    this.#scheduler.open = open;
    if ((isOrigin || retires) && wasOpen && !open) this.#returnInbox();
  }

  /** Whether it takes no work any more. */
  get #retires(): boolean {
    return this.#retirement.closes(() => this.#received.inTasks && this.#options.active() === 0);
  }

  #returnInbox(): void {
    this.#received.giveBackAll(this.#scheduler.returnInbox());
  }

  #message(message: Message, now: number): void {
    switch (message.type) {
      case "bundle":
        return this.#bundle(message, now);
      case "result":
        if (this.#own.result(message, now)) this.#wake();
        return;
      case "load":
        return this.#scheduler.loaded(message);
      case "echo":
        return this.#asking.answered(message.number, now);
      case "welcome":
        return this.#welcome(message, now);
      case "started":
        return this.#own.started(message);
      case "cancel":
      case "forget":
      case "stop":
        return this.#scheduler.remove(this.#received.hear(message));
      case "retire":
        this.#own.refuseAll(this.#retirement.drain(message.reason), failingOneByOne);
        return this.#returnInbox();
      case "stats":
        return void this.#out.push({ kind: "stats", payload: message.payload });
      case "shutdown":
        this.telling.tell(this.connection, now);
        this.connection.leave();
        this.#out.push({ kind: "over", reason: message.reason });
        return this.connection.fail(
          endOfRun(new BrokerLostError(`the broker has ended the run: ${message.reason}`)),
        );
      default:
        // All others are for the connection alone, or not for workers.
        if (isConstantNews(message)) this.#out.push({ kind: "constants", message });
    }
  }

  #welcome(message: Welcome, now: number): void {
    if (this.#brokerName === "") this.#out.push({ kind: "prepare", welcome: message });
    this.#brokerName = message.broker;
    this.#scheduler.loaded(message);
    this.telling.greeted(message);
    this.connection.sayAll(this.#asking.greeted(now));
    this.#wake();
  }

  #bundle(message: BundleMessage, now: number): void {
    const { bundle, payload } = message;
    this.#scheduler.arrived();
    const handle = this.#options.handleOf(bundle.fn as unknown as FunctionRef);
    this.#options.keeper.of(handle).moved(bytesOf(payload), 0);
    const work = this.#received.add(bundle, payload, handle);
    const isHere = handle.fn !== undefined && this.#options.areHere(bundle.needs);
    if (!isHere) this.#out.push({ kind: "fetch", work });
    else if (this.#received.fetched(work)) this.#begin(work, now);
  }

  #begin(work: Parameters<Scheduler["receive"]>[0], now: number): void {
    // What arrives at a program that has stopped waiting goes to somebody else.
    const closed = this.#program.keepsOthersOut(now);
    if (closed || this.#scheduler.stalled || this.#retires) return this.#received.giveBack(work);
    this.#scheduler.receive(work);
    this.#wake();
  }

  /** Nothing comes from the broker any more: whoever waits is told so. */
  #brokerLost(error: Error): void {
    const { isOrigin, isOwner } = this.#options;
    const text = `${error.message}; the program goes on in this process alone`;
    // It may go on without noticing; somebody should.
    if (isOrigin && !isOwner && !this.#brokerName) this.#out.push({ kind: "report", text });
    this.#scheduler.size = 1;
    this.telling.lost();
    this.#own.abandonAll(error);
    this.#out.push({ kind: "lost", error });
    this.#wake();
  }

  #wake(): void {
    this.#out.push({ kind: "wake" });
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    this.connection.check();
    this.#own.check();
    this.#scheduler.check();
    this.#received.check(this.#scheduler.inbox());
    if (this.connection.error !== undefined && this.#own.away > 0) {
      throw new Error("something is away although the broker is lost");
    }
  }
}
