/** Drives a worker's reactor without any I/O: events go in, actions are collected and carried out. */

import assert from "node:assert/strict";
import type { FunctionHandle } from "../../futures/function_handle.ts";
import type { FunctionRef } from "../../futures/function_ref.ts";
import { newTurn } from "../../futures/turn.ts";
import { TallyKeeper } from "../../telemetry/tally_keeper.ts";
import type { Turn } from "../../futures/turn.ts";
import type { Source, Work } from "../../futures/work.ts";
import { decodeEach, encodeEach } from "../../wire/codec.ts";
import { LIMITS } from "../../wire/limits.ts";
import { isNumbered, PROTOCOL, readMessage, writeMessage } from "../../wire/messages.ts";
import type { BundleHeader, BundleMessage, Message } from "../../wire/messages.ts";
import type { WorkerAction, WorkerEvent } from "../../worker/actions.ts";
import { Reactor } from "../../worker/reactor.ts";
import { FakeWork, FixedHandle } from "../futures/fakes.ts";
import type { FakeOptions } from "../futures/fakes.ts";
import { loadCounts } from "../wire/any_message.ts";

/** What a test says of the worker. */
export interface DriverOptions {
  isOrigin?: boolean;
  isOwner?: boolean;
  /** True for a program that is in no run. */
  alone?: boolean;
  size?: number;
  /** Its broker is known to be there. */
  isThere?: boolean;
  /** Other brokers that it knows of. */
  others?: number;
  /** What another broker is told and asked. */
  again?: () => Message[];
}

/** What a broker says in its welcome. */
export interface WelcomeOptions {
  size?: number;
  demand?: number;
  received?: number;
  /** How often the worker is to tell what it has done; 0 for never. */
  tallyMs?: number;
  watched?: boolean;
}

/** A task of ours that remembers how to be withdrawn, and that nothing is told twice. */
export class OwnWork extends FakeWork {
  withdraw: ((index: number) => void) | undefined;
  /** How often each task has had an outcome. */
  readonly told: number[] = new Array(this.count).fill(0);

  override left(withdraw: (index: number) => void): void {
    this.withdraw = withdraw;
  }

  override settle(index: number, value: unknown): void {
    this.told[index]!++;
    super.settle(index, value);
  }

  override fail(index: number, error: unknown): void {
    this.told[index]!++;
    super.fail(index, error);
  }
}

/** See the module's text. */
export class Driver {
  readonly reactor: Reactor;
  now = 0;
  /** Milliseconds in which this process was not served: it computed. */
  computedMs = 0;
  /** How many turns hold the processor. */
  active = 0;
  /** Functions that are known here, by their name; their tasks are known to take so long. */
  readonly functions = new Map<string, FixedHandle>();
  /** Names of scattered values that are here. */
  readonly here = new Set<string>();
  /** What was sent since the last look. */
  sent: { message: Message; number: number }[] = [];
  /** Everything else that was to be done since the last look. */
  actions: WorkerAction[] = [];
  /** The number of the last message that was sent. */
  said = 0;
  /** Whether the reactor wants to be flushed. */
  stirred = false;
  readonly turn: Turn = newTurn("program", false);
  /** Counts what is done here; it is told when a welcome says so. */
  readonly keeper: TallyKeeper = new TallyKeeper(
    "w",
    (at) => at,
    () => this.now + this.computedMs,
  );
  #told = 0;

  constructor(
    { isOrigin = false, isOwner = false, alone = false, size = 3, others = 0, again, isThere }:
      DriverOptions = {},
  ) {
    const introduction = { protocol: PROTOCOL, name: "w", origin: isOrigin, pid: 1, host: "h" };
    this.reactor = new Reactor({
      connection: {
        introduction: alone ? undefined : introduction,
        session: "s",
        remedy: "start one",
        firstAnswerMs: LIMITS.firstAnswerMs,
        others,
        ...isThere && { isThere },
      },
      workerName: "w",
      isOrigin,
      isOwner,
      size: alone ? 1 : size,
      keeper: this.keeper,
      facts: () => ({ cpuMs: 0, rss: 0, lagMs: 0, running: this.active }),
      active: () => this.active,
      handleOf: (ref) => this.#handleOf(ref),
      areHere: (names) => names.every((name) => this.here.has(name)),
      stir: () => void (this.stirred = true),
      ...again && { again },
    });
  }

  #handleOf({ name }: FunctionRef): FunctionHandle {
    let handle = this.functions.get(name);
    if (handle === undefined) {
      handle = new FixedHandle(name, () => name, undefined);
      handle.fn = undefined;
      this.functions.set(name, handle);
    }
    return handle;
  }

  /** A function that is known here. */
  know(name: string, mean?: number): void {
    this.functions.set(name, new FixedHandle(name, () => name, mean));
  }

  /** Something has happened. */
  receive(event: WorkerEvent): void {
    this.#carryOut(this.reactor.receive(event, this.now));
  }

  /** What comes after whatever code ran has let go. */
  flush(): void {
    this.stirred = false;
    this.#carryOut(this.reactor.flush(this.now));
  }

  /** Time passes, and nothing else. */
  pass(milliseconds: number): void {
    this.now += milliseconds;
    this.receive({ kind: "tick" });
  }

  /** The next message of the broker; `number` when it is not the next that it has. */
  hear(message: Message, number = isNumbered(message) ? ++this.#told : 0): void {
    // As it would come from a socket: whatever passes there may come here.
    const numbered = readMessage(writeMessage(message, number));
    this.receive({ kind: "message", numbered });
  }

  /** The broker takes the worker in. */
  serve(options: WelcomeOptions = {}): void {
    this.receive({ kind: "opened", address: "tcp://b:1", key: "" });
    this.welcome(options);
    this.receive({ kind: "prepared" });
    this.look();
  }

  welcome(options: WelcomeOptions = {}): void {
    const told = { received: 0, size: 3, demand: 0, tallyMs: 0, watched: false, ...options };
    this.hear({
      type: "welcome",
      broker: "broker",
      instance: "b1",
      program: "",
      modules: [],
      ...told,
    });
  }

  /** Another broker takes the worker in. */
  welcomeAnew(instance: string, options: WelcomeOptions = {}): void {
    this.#told = 0;
    const told = { received: 0, size: 3, demand: 0, tallyMs: 0, watched: false, ...options };
    this.hear({ type: "welcome", broker: "other", instance, program: "", modules: [], ...told });
  }

  /** The broker tells how many bundles others would take. */
  load(demand: number, size = 3): void {
    this.hear({
      ...loadCounts(0),
      ...{ type: "load", broker: "broker", demand, size, workers: size, home: true },
    });
  }

  /** A bundle of another worker comes: calls with one number each. */
  bundle(changes: Partial<BundleHeader> = {}): void {
    this.hear(bundle(changes));
  }

  /** What is told to happen to a task of ours. */
  result(id: number, base: number, values: unknown[], failed: number[] = [], owner = "w"): void {
    const result = { owner, id, base, count: values.length, elapsed: 1, failed };
    this.hear({ type: "result", result, payload: encodeEach(values) });
  }

  /** The program, or a task here, spawns. */
  spawn(name: string, options: FakeOptions = {}, turn = this.turn): OwnWork {
    const work = new OwnWork(name, undefined, options);
    this.offer(work, turn);
    return work;
  }

  offer(source: Source, turn = this.turn): void {
    this.reactor.offer(source, turn);
    this.flush();
  }

  /** The program begins or ceases to wait for us. */
  program(how: "waiting" | "idle" | "running"): void {
    this.reactor.programMoves(how, this.now);
    this.flush();
  }

  take(): Work | undefined {
    const work = this.reactor.take(() => this.now);
    this.reactor.check();
    return work;
  }

  /** Takes work and begins its next task. */
  begin(): { work: Work; index: number } | undefined {
    const work = this.take();
    if (work === undefined) return undefined;
    const index = work.next++;
    this.#carryOut(this.reactor.begins(work, index, this.now));
    if (work.next < work.count) this.reactor.putBack(work);
    this.reactor.check();
    return { work, index };
  }

  /** Takes work and executes all of its tasks: their results are their arguments. */
  execute(): Work | undefined {
    const work = this.take();
    if (work === undefined) return undefined;
    while (work.next < work.count) {
      const index = work.next++;
      if (!work.skip(index)) work.settle(index, work.begin(index)[0]);
    }
    this.flush();
    return work;
  }

  /** What was sent since the last look, in words; signs of life are left out. */
  look(): string[] {
    const sent = this.sent.splice(0);
    this.actions = [];
    const formal = ["sync", "probe"];
    return sent.map(({ message }) => inWords(message)).filter((words) => !formal.includes(words));
  }

  /** The same without credit. */
  lookAtWork(): string[] {
    return this.look().filter((words) => !words.startsWith("credit"));
  }

  /** Kinds of what was to be done since the last look. */
  get kinds(): string[] {
    return this.actions.map(({ kind }) => kind);
  }

  /** The bundle that waits for its function and was asked for last. */
  fetching() {
    const action = this.actions.findLast((action) => action.kind === "fetch");
    assert.ok(action?.kind === "fetch");
    return action.work;
  }

  #carryOut(actions: readonly WorkerAction[]): void {
    for (const action of actions) {
      if (action.kind === "send") {
        this.sent.push(action);
        this.said = Math.max(this.said, action.number);
        continue;
      }
      this.actions.push(action);
      if (action.kind === "abandon") action.work.failed(action.index, action.error);
      else if (action.kind === "refuse") refuseAll(action.source, action.error);
      else if (action.kind === "started") action.work.started(action.index);
      else if (action.kind === "arrived") {
        const { work, first, values, failed } = action.arrived;
        for (const [i, value] of values.entries()) {
          if (failed.has(i)) work.failed(first + i, value);
          else work.arrived(first + i, value);
        }
      }
    }
    this.reactor.check();
  }
}

/** Fails all that is left of a source. */
function refuseAll(source: Source, error: Error): void {
  for (let work = source.take(Infinity); work !== undefined; work = source.take(Infinity)) {
    while (work.next < work.count) work.failed(work.next++, error);
    if (source.drained) return;
  }
}

/** The origin of a run, whose program awaits. */
export function origin(): Driver {
  const driver = new Driver({ isOrigin: true });
  driver.serve();
  driver.program("waiting");
  driver.look();
  return driver;
}

/** A worker that is not the origin, and knows functions called `f`, of a millisecond. */
export function worker(mean: number | undefined = 1): Driver {
  const driver = new Driver();
  driver.know("f", mean);
  driver.serve();
  return driver;
}

/** A bundle of another worker's. */
export function bundle(changes: Partial<BundleHeader> = {}): BundleMessage {
  const count = changes.count ?? 1;
  const base = changes.base ?? 0;
  const header: BundleHeader = {
    ...{ owner: "other", id: 1, base, count, fn: { kind: "builtin", name: "f" }, label: "f" },
    ...{ attempt: 0, retries: 2, priority: 0, timeout: 0, estimate: 0, needs: [], parent: "" },
    ...changes,
  };
  const args = Array.from({ length: count }, (_, i) => [base + i]);
  return { type: "bundle", bundle: header, payload: encodeEach(args) };
}

/** A message in a few words. */
function inWords(message: Message): string {
  switch (message.type) {
    case "bundle": {
      const { id, base, count, label } = message.bundle;
      return `bundle ${id} ${label} ${base}+${count}`;
    }
    case "result": {
      const { owner, id, base, failed } = message.result;
      const values = decodeEach(message.payload.body, message.payload.frames)
        .map((value, i) => failed.includes(i) ? `!${(value as Error).message}` : value);
      return `result ${owner}/${id} ${base}: ${values.join()}`;
    }
    case "credit":
      return `credit ${message.bundles}${message.idle ? " idle" : ""}`;
    case "started": {
      const { owner, id, base, count } = message;
      return `started ${owner}/${id} ${base}${count === 1 ? "" : `+${count}`}`;
    }
    case "lost":
      return `lost ${message.owner}/${message.id} ${message.index} ${message.reason}`;
    case "moved":
      return `moved ${message.bundle.id} ${message.bundle.base}+${message.bundle.count}`;
    case "hold":
      return `hold ${message.owner}/${message.id} ${message.base}+${message.count}`;
    case "giveBack":
      return `giveBack ${message.owner}/${message.id} ${message.base}+${message.count}`;
    case "cancel":
      return `cancel ${message.owner}/${message.id} ${message.index}`;
    case "busy":
      return `busy ${message.label} ${message.timeout}`;
    case "hello":
      return `hello ${message.received}`;
    default:
      return message.type;
  }
}
