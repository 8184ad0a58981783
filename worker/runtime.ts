/**
 * The shell of a worker: it has the sockets, the timers and the executor, and feeds its
 * {@link Reactor}, which decides. A program that is in no run has the same shell and the same
 * reactor, without sockets.
 *
 * @module
 */

import { examine } from "../futures/changed_variables.ts";
import { endOfRun } from "../futures/dropped.ts";
import { Executor } from "../futures/executor.ts";
import type { ResultStore } from "../futures/result_store.ts";
import type { RunInfo, Runtime } from "../futures/runtime.ts";
import { keepFor, ownerBegins, ownerEnds } from "../futures/owners.ts";
import { forget, payloadOf } from "../futures/scatter.ts";
import { newTurn, type Turn } from "../futures/turn.ts";
import type { RunStats } from "../telemetry/stats.ts";
import type { TallyKeeper } from "../telemetry/tally_keeper.ts";
import type { Source } from "../futures/work.ts";
import type { Encoded } from "../wire/codec.ts";
import { BrokerLostError, CancelledError, WorkerLostError } from "../wire/errors.ts";
import type { NamedPayloads } from "../wire/constant_group.ts";
import type { Welcome } from "../wire/messages.ts";
import type { WorkerAction, WorkerEvent } from "./actions.ts";
import { handOver } from "./away.ts";
import { SharedConstants } from "./constants.ts";
import type { Environment } from "./environment.ts";
import { type Spawner, tellAtEnd, tellNoMore } from "./end.ts";
import { answered } from "./farewell.ts";
import { Flushing } from "./flushing.ts";
import { type Host, THIS_PROCESS } from "./host.ts";
import { connectionOptions, runInfo, unansweredText } from "./introduction.ts";
import { KeptAlive } from "./kept_alive.ts";
import { Looks } from "./looks.ts";
import type { NetworkOptions } from "./network_options.ts";
import { Numbers } from "./numbers.ts";
import { QuotaWatch } from "./quota.ts";
import { Reactor } from "./reactor.ts";
import { Unaddressed } from "./unaddressed.ts";
import { Uplink } from "./uplink.ts";
import { turnEvents, workQueue } from "./work_queue.ts";

/** See the module's text. */
export class WorkerRuntime implements Runtime, Spawner {
  readonly executor: Executor;
  readonly program: Turn | undefined;
  /** Ends when the run is over; rejects when this worker has to leave it. */
  readonly over: Promise<string>;
  serving = false;
  readonly #environment: Environment | undefined;
  readonly #options: NetworkOptions;
  readonly #host: Host;
  readonly #reactor: Reactor;
  readonly #constants: SharedConstants;
  readonly #now: () => number;
  readonly #quota: QuotaWatch | undefined;
  #stopClock: () => void = () => {};
  readonly #uplink: Uplink | undefined;
  /** Whether anything was ever spawned. */
  #hasOffered = false;
  /** Whether the reactor wants the link to keep the process alive. */
  #wantsHold = false;
  readonly #flushing: Flushing;
  readonly #looks: Looks;
  readonly #numbers: Numbers;
  readonly tally: TallyKeeper;
  readonly #unaddressed = new Unaddressed();
  /** Outcomes that somebody waits for who cannot keep the process alive. */
  #expected = new KeptAlive();
  /** Whether the process goes on for what is awaited here. */
  #attached = true;
  #resolveOver!: (reason: string) => void;
  #rejectOver!: (error: Error) => void;

  /** @param environment undefined for a program that is in no run */
  constructor(
    environment: Environment | undefined,
    options: NetworkOptions,
    host: Host = THIS_PROCESS,
  ) {
    this.#environment = environment;
    this.#host = host;
    this.#options = options;
    const isOrigin = environment?.isOrigin ?? true;
    this.#numbers = new Numbers(host, environment?.workerName ?? "origin", {
      running: () => this.executor.turns.begun,
      ask: () => {
        this.#flushing.soon();
        return this.#reactor.telling.ask(this.#reactor.connection, this.#now());
      },
      telling: () => this.#reactor.telling,
    });
    this.tally = this.#numbers.keeper;
    if (environment !== undefined) this.tally.willBeTold();
    this.#now = this.#keepTime(isOrigin);
    this.over = new Promise((resolve, reject) => {
      this.#resolveOver = resolve;
      this.#rejectOver = reject;
    });
    this.over.catch(() => {});
    // The program ends when it has nothing left to do.
    this.#flushing = new Flushing(host, isOrigin, () => this.#flush());
    this.#constants = new SharedConstants(
      environment && ((message) => this.#reactor.say(message)),
      payloadOf,
      () => this.#reactor.connection.survives,
    );
    this.#reactor = new Reactor({
      connection: connectionOptions(environment),
      workerName: environment?.workerName ?? "origin",
      isOrigin,
      isOwner: options.broker !== undefined || options.handsOver === true,
      size: environment?.size ?? 1,
      keeper: this.tally,
      facts: () => this.#numbers.facts(),
      active: () => this.executor.active,
      areHere: host.areHere,
      handleOf: host.handleOf,
      provide: (name) => this.#constants.provide(name),
      again: () => [...this.#constants.again(), ...this.#numbers.again()],
      stir: () => this.#flushing.soon(),
    });
    this.#uplink = environment && new Uplink(host, environment, options.broker, {
      receive: (event) => this.#receive(event),
      report: (text) => this.report(text),
      wantsLink: () => this.#reactor.connection.wantsLink,
      opened: () => this.#holdLink(),
    });
    this.#quota = options.quota &&
      new QuotaWatch(options.quota, (reason) => this.#reactor.retire(reason));
    this.executor = this.#makeExecutor();
    this.#looks = new Looks(host, this.executor.turns, {
      workWaits: () => this.#reactor.workWaits,
      stalled: () => this.#receive({ kind: "stalled" }),
    });
    if (isOrigin) {
      const isAlone = options.broker === undefined && host === THIS_PROCESS;
      this.program = newTurn("program", false, isAlone ? undefined : this);
      this.executor.turns.beginProgram(this.program);
    }
    this.#uplink?.open();
    if (options.broker !== undefined) ownerBegins(this);
    if (isOrigin && host === THIS_PROCESS) tellAtEnd(this);
  }

  #keepTime(isOrigin: boolean): () => number {
    if (this.#environment === undefined) return this.#host.now;
    const clock = this.#host.keepTime(() => {
      this.#receive({ kind: "tick" });
      this.#numbers.beat();
      this.#quota?.look(this.#now());
    }, isOrigin);
    this.#stopClock = clock.stop;
    return clock.now;
  }

  #makeExecutor(): Executor {
    const on = {
      now: this.#now,
      // What has come is safe before a task keeps this process busy.
      beforeTake: () => this.results?.flush(),
      flushIfDue: this.#flushing.ifDue,
      perform: (actions: readonly WorkerAction[]) => this.#perform(actions),
      flushSoon: () => this.#flushing.soon(),
      lookSoon: () => this.#looks.soon(),
    };
    const replaceable = this.#environment?.isOrigin === false;
    return new Executor(
      workQueue(this.#reactor, this.tally, this.#quota, replaceable, on),
      turnEvents(this.#reactor, on),
      this.#host,
      this.#host === THIS_PROCESS ? undefined : this,
    );
  }

  get info(): RunInfo {
    return runInfo(this.#environment, this.#reactor);
  }

  stats(): Promise<RunStats> {
    return keepFor([this], this.#numbers.stats());
  }

  get unanswered(): string | undefined {
    return unansweredText(this.#environment, this.#reactor.connection);
  }

  get results(): ResultStore | undefined {
    return this.#options.results;
  }

  get isInRun(): boolean {
    return this.#uplink?.isOpen === true;
  }

  /** See {@link Uplink.tried}. */
  get tried(): Promise<void> | undefined {
    return this.#uplink?.tried;
  }

  get keepsTasks(): boolean {
    // Of a run that was begun by hand nobody knows how many will come; an Executor has others.
    return this.#options.broker === undefined && (this.#environment?.size ?? 1) === 1;
  }

  /** What decides, for whoever wants to see how it stands. */
  get reactor(): Reactor {
    return this.#reactor;
  }

  offer(source: Source, turn: Turn): void {
    const isFirst = !this.#hasOffered;
    this.#hasOffered = true;
    if (isFirst) this.#options.begins?.();
    this.executor.turns.touch(turn);
    const { addressing } = source.handle;
    if (addressing !== undefined) {
      return this.#unaddressed.add(source, addressing, () => this.offer(source, turn));
    }
    if (!source.handle.examined) examine(source.handle, this);
    this.#reactor.offer(source, turn);
    this.executor.wake();
  }

  setConstants(constants: NamedPayloads): Promise<void> {
    return keepFor([this], this.#constants.setAll(constants));
  }

  getConstant(name: string): Promise<Encoded> {
    return this.#constants.get(name);
  }

  dropConstant(name: string): void {
    this.#constants.drop(name);
  }

  /** Number of bundles that are not done; what a map has not begun to read does not count. */
  get pending(): number {
    return this.#reactor.pending;
  }

  async serve(): Promise<void> {
    this.serving = true;
    await this.over;
  }

  expect(change: 1 | -1): void {
    if (this.#expected.change(change)) this.#holdLink();
  }

  /** Says whether the process goes on for what is awaited here, as it does unless told otherwise. */
  attach(attached: boolean): void {
    this.#attached = attached;
    this.#expected.attach(attached);
    this.#holdLink();
  }

  report(text: string): void {
    console.error(`scoop: ${text}`);
  }

  /**
   * Withdraws what was spawned here, says goodbye and closes the connection.
   *
   * @param error that whoever waits for something is given
   */
  async leave(error?: Error): Promise<void> {
    if (!(error instanceof BrokerLostError || error instanceof WorkerLostError)) {
      this.drop(error, true);
      this.expect(1);
      const isOpen = () => this.#reactor.hearsOfAway;
      if (isOpen()) await answered(this.#host, isOpen);
      this.expect(-1);
      this.drop(error);
    }
    this.#numbers.fail(error ?? new CancelledError("the program ended"));
    ownerEnds(this);
    tellNoMore(this);
    this.#receive({ kind: "leave", error });
    this.#stopClock();
    this.#flushing.stop();
    await this.#uplink?.close();
  }

  /**
   * What was spawned here and has no outcome is given up, with what is with others: that is asked
   * for, or given up at once since this process ends now.
   */
  drop(error: Error = new CancelledError("the program ended"), ask = false): void {
    endOfRun(error);
    this.#unaddressed.refuseAll(error);
    this.#receive({ kind: "withdraw", error, ask });
  }

  /** Nothing is awaited any more: what this process has done is told before its sockets are closed. */
  exit(): void {
    this.drop();
    this.#receive({ kind: "leave", error: undefined });
  }

  #receive(event: WorkerEvent): void {
    const now = this.#now();
    const isMessage = event.kind === "message";
    this.#perform(this.#reactor.receive(event, now, !isMessage));
    if (isMessage) this.#flushing.atTurnsEnd();
    else this.#flushing.at(this.#reactor.changesAt(now), now);
    // What came may be waiting behind a task that does nothing.
    if (this.#reactor.workWaits && this.executor.active > 0) this.#looks.soon();
  }

  #perform(actions: readonly WorkerAction[]): void {
    if (actions.length === 0) return;
    const all = () => actions.forEach((action) => this.#attempt(action));
    if (this.#uplink === undefined || actions.length < 2) all();
    else this.#uplink.together(all);
  }

  #attempt(action: WorkerAction): void {
    try {
      this.#do(action);
    } catch (error) {
      // Nothing that comes of one message may keep the others from being handled.
      this.report(`an outcome could not be handed over: ${error}`);
    }
  }

  #do(action: WorkerAction): void {
    switch (action.kind) {
      case "send":
        return this.#uplink?.send(action.message, action.number);
      case "arrived":
        return handOver(action.arrived);
      case "abandon":
        return action.work.failed(action.index, action.error);
      case "refuse":
        return action.source.refuse?.(action.error);
      case "started":
        return action.work.started(action.index);
      case "fetch": {
        const { work } = action;
        return this.#host.fetch(
          work.handle.ref,
          work.bundle.needs,
          (fn) => this.#receive({ kind: "fetched", work, fn }),
          (error) => this.#receive({ kind: "unfetched", work, error }),
        );
      }
      case "constants":
        if (action.message.type === "dropConstant") forget(action.message.name);
        return this.#constants.receive(action.message);
      case "move":
        return this.#uplink?.move();
      case "stats":
        return this.#numbers.arrived(action.payload);
      case "prepare":
        return this.#prepare(action.welcome);
      case "hold":
        this.#wantsHold = action.hold;
        return this.#holdLink();
      case "report":
        return this.report(action.text);
      case "wake":
        return this.executor.wake();
      case "over":
        return this.#resolveOver(action.reason);
      case "lost":
        return this.#lose(action.error);
    }
  }

  #holdLink(): void {
    const isWorker = this.#environment?.isOrigin === false;
    this.#uplink?.hold(isWorker || this.#attached && (this.#wantsHold || this.#expected.any));
  }

  #lose(error: Error): void {
    // There is nothing left to judge, and a clock that goes on would keep the process alive.
    this.#stopClock();
    void this.#uplink?.close();
    this.#constants.fail(error);
    this.#numbers.fail(error);
    this.#rejectOver(error);
  }

  #prepare(welcome: Welcome): void {
    const prepared = () => this.#receive({ kind: "prepared" });
    const preparing = this.#options.prepare(welcome);
    if (preparing === undefined) return prepared();
    preparing.catch((error) => this.report(`the program could not be prepared: ${error}`))
      .then(prepared);
  }

  /** Tells the broker all that has changed. */
  #flush(): void {
    // Looked at once: with three looks a recursion of tiny tasks spent 9 % of its time on that.
    const now = this.#now();
    this.#perform(this.#reactor.flush(now));
    this.#flushing.at(this.#reactor.changesAt(now), now);
  }
}
