/**
 * The bodies of a simulated program's functions, and of the program itself: they spawn and wait as
 * programs do, by the very classes behind `submit` and `map`, but what is a promise there is a
 * callback here, called at its virtual time.
 *
 * @module
 */

import type { FunctionHandle } from "../../futures/function_handle.ts";
import { ProcessEnd } from "../../futures/process_end.ts";
import { inputsOf } from "../../futures/inputs.ts";
import { Failed, InOrder } from "../../futures/map_results.ts";
import { MapRun } from "../../futures/map_run.ts";
import { Stage } from "../../futures/outcome.ts";
import type { Runtime } from "../../futures/runtime.ts";
import { payloadOf, scatter } from "../../futures/scatter.ts";
import type { Scattered } from "../../futures/scatter.ts";
import { CancelledError } from "../../wire/errors.ts";
import { signalOf } from "../../futures/spawned.ts";
import { SpawnedTask } from "../../futures/spawned_task.ts";
import { currentTurn, runInTurn } from "../../futures/turn.ts";
import type { Turn } from "../../futures/turn.ts";
import type { Process } from "./process.ts";
import { FAILED, sizeOf } from "./spec.ts";
import type { Cancelling, Spawning, Spec } from "./spec.ts";

/** Where bodies run. */
export interface Home {
  readonly process: Process;
  readonly runtime: Runtime;
  readonly isOrigin: boolean;
  handle(fn: string): FunctionHandle;
  /** A scattered value is here: it was made here. */
  keep(name: string): void;
  /** Ends the process from within. */
  die(reason: string): void;
}

/** What bodies tell. */
export interface ProgramEvents {
  /** A task begins. */
  began(spec: Spec, home: Home): void;
  /** Whoever spawned a task has its outcome. */
  told(spec: Spec, error: unknown, home: Home): void;
  /** Whether a task ends its process, or throws, this time. */
  isFatal(spec: Spec): boolean;
  /** Whoever spawned a task, and cancelled it, has been told that it will not begin any more. */
  acknowledged(spec: Spec, home: Home): void;
}

/** Milliseconds that a task takes at the least, and the spawning of one. */
const LEAST = 0.002;
/** Milliseconds between two looks of somebody who polls. */
const POLL = 40;
/** Microtasks from a future's end to the code that awaited it. */
const HOPS = 3;

/** Something that will have a value, or an error, as a promise does. */
class Later {
  #settled: { readonly value: number; readonly error: unknown } | undefined;
  #told: (() => void) | undefined;

  constructor(private readonly process: Process) {}

  settle(value: number, error?: unknown): void {
    if (this.#settled !== undefined) return;
    this.#settled = { value, error };
    if (this.#told !== undefined) this.process.soon(this.#told);
  }

  then(fulfilled: (value: number) => void, rejected: (error: unknown) => void): void {
    this.#told = () => {
      const { value, error } = this.#settled!;
      if (error === undefined) fulfilled(value);
      else rejected(error);
    };
    if (this.#settled !== undefined) this.process.soon(this.#told);
  }
}

/** A task that tells when it is known that it will not begin any more although it was cancelled. */
class ObservedTask extends SpawnedTask<number> {
  #isAway = false;
  /** Called then. */
  acknowledged: (() => void) | undefined;

  override left(withdraw: Parameters<SpawnedTask<number>["left"]>[0]): void {
    this.#isAway = true;
    super.left(withdraw);
  }

  override cancel(reason?: unknown, graceMs?: number): boolean {
    const done = super.cancel(reason, graceMs);
    if (done && !this.#isAway) this.acknowledged?.();
    return done;
  }

  override arrived(index: number, value: unknown): void {
    if (this.outcome.stage === Stage.cancelled) this.acknowledged?.();
    super.arrived(index, value);
  }

  override failed(index: number, error: unknown): void {
    if (this.outcome.stage === Stage.cancelled) this.acknowledged?.();
    super.failed(index, error);
  }
}

/** What calls of the program's functions do in one process. */
export class Bodies {
  constructor(
    private readonly specs: ReadonlyMap<number, Spec>,
    private readonly home: Home,
    private readonly on: ProgramEvents,
  ) {}

  /** Every function of the program: its argument says which task it is. */
  readonly call = (id: number): number | Later => {
    const spec = this.specs.get(id)!;
    const { process } = this.home;
    this.on.began(spec, this.home);
    this.#meetFate(spec);
    if (spec.passes === "computes") {
      process.compute(LEAST + spec.duration);
      if (spec.children.length === 0) {
        if (this.#throws(spec)) throw thrownBy(spec);
        if (spec.fate !== "lasts") return 1;
      }
    }
    const later = new Later(process);
    const turn = currentTurn()!;
    if (spec.heeds && spec.passes === "sleeps") {
      signalOf(turn).addEventListener("abort", () => later.settle(0, turn.stopped!.reason));
    }
    const goOn = () => {
      if (spec.fate === "lasts") return;
      if (this.#throws(spec)) later.settle(0, thrownBy(spec));
      else if (spec.children.length === 0) later.settle(1);
      else this.spawn(spec, (sum) => later.settle(sum + 1));
    };
    if (spec.passes === "computes") goOn();
    else process.after(spec.duration, () => runInTurn(turn, goOn, undefined));
    return later;
  };

  /** Whether a task throws this time. */
  #throws(spec: Spec): boolean {
    return spec.fate === "throws" && (spec.thrown === undefined || this.on.isFatal(spec));
  }

  #meetFate(spec: Spec): void {
    const { home } = this;
    const { process, isOrigin } = home;
    switch (spec.fate) {
      case "returns":
      case "throws":
      case "lasts":
        return;
      case "stuck":
        if (isOrigin) return process.compute(spec.timeout + 10);
        process.hangs = true;
        throw new Error("nobody hears of this");
      case "kills":
        if (isOrigin || !this.on.isFatal(spec)) return;
        home.die("exit code 1");
        throw new Error("nobody hears of this");
      case "exits":
        if (!this.on.isFatal(spec)) return;
        if (isOrigin) throw new ProcessEnd("exit code 3");
        home.die("exit code 3");
        throw new Error("nobody hears of this");
    }
  }

  /** Spawns tasks in the turn that calls; `done` is called with the sum of what they return. */
  spawn(spawning: Spawning, done: (sum: number) => void): void {
    const context = currentTurn();
    const turn = context ?? this.home.runtime.program!;
    const scattered = spawning.scatters ? this.#scatter() : undefined;
    // What was spawned by a task that is to end is cancelled, which it need not look at.
    const finish = (sum: number) => {
      if (!this.home.process.acts || turn.stopped !== undefined) return;
      if (scattered !== undefined) this.#release(scattered);
      runInTurn(context, done, sum);
    };
    if (turn.stopped !== undefined) return;
    const others = scattered === undefined ? [] : [scattered];
    if (spawning.by === "map") this.#map(spawning, others, turn, finish);
    else this.#submit(spawning, others, turn, finish);
  }

  /** As `scatter` does in a process of its own. */
  #scatter(): Scattered<string> {
    const scattered = scatter("a value");
    this.home.keep(scattered.id);
    this.home.runtime.setConstants([[scattered.id, payloadOf(scattered.id)!]]).catch(() => {});
    return scattered;
  }

  #release({ id }: Scattered<string>): void {
    // Of what was sent to others some may still ask.
    this.home.runtime.dropConstant(id);
  }

  #submit(
    { children, waits }: Spawning,
    others: readonly unknown[],
    turn: Turn,
    done: (sum: number) => void,
  ): void {
    const { runtime, process } = this.home;
    const tasks = children.map((spec) => {
      const { fn, id } = spec;
      const task = new ObservedTask(this.home.handle(fn), [id, ...others], spec, turn);
      task.acknowledged = () => this.on.acknowledged(spec, this.home);
      runtime.offer(task, turn);
      process.compute(LEAST);
      if (spec.cancel !== undefined) this.#cancelLater(task, turn, spec.cancel);
      return task;
    });
    let open = tasks.length;
    const noted = () => {
      if (--open === 0) this.#hop(HOPS, finish);
    };
    const finish = () => {
      if (turn.stopped !== undefined) return;
      done(tasks.reduce((sum, task, i) => sum + this.#read(task, children[i]!), 0));
    };
    switch (waits) {
      case "all":
        for (const task of tasks) this.#await(task, turn, noted);
        return;
      case "each":
        return this.#awaitEach(tasks, turn, 0, finish);
      case "unseen":
        for (const task of tasks) task.outcome.listen(noted);
        return;
      case "polls": {
        const look = () => {
          if (tasks.every((task) => task.outcome.done)) finish();
          else process.after(POLL, look);
        };
        look();
      }
    }
  }

  #cancelLater(task: SpawnedTask<number>, turn: Turn, { afterMs, graceMs }: Cancelling): void {
    this.home.process.after(afterMs, () => {
      runInTurn(turn, () => void task.cancel(undefined, graceMs), undefined);
    });
  }

  #awaitEach(tasks: SpawnedTask<number>[], turn: Turn, at: number, finish: () => void): void {
    if (at === tasks.length) return finish();
    const next = () => this.#awaitEach(tasks, turn, at + 1, finish);
    this.#await(tasks[at]!, turn, () => this.#hop(HOPS, next));
  }

  /** As `Future.then` does. */
  #await(task: SpawnedTask<number>, turn: Turn, settled: () => void): void {
    const { executor } = this.home.runtime;
    const { outcome } = task;
    if (outcome.done) return settled();
    executor.block(turn);
    outcome.listen(() => {
      executor.unblock(turn);
      settled();
    });
  }

  /** Goes on after so many microtasks. */
  #hop(hops: number, next: () => void): void {
    if (hops === 0) next();
    else this.home.process.soon(() => this.#hop(hops - 1, next));
  }

  #read({ outcome }: SpawnedTask<number>, spec: Spec): number {
    // Looked at, as a program does, so that nobody reports it as unseen.
    const { value } = outcome;
    const failed = outcome.stage !== Stage.finished;
    this.on.told(spec, failed ? value : undefined, this.home);
    return failed ? FAILED * sizeOf(spec) : value as number;
  }

  #map(
    spawning: Spawning,
    others: readonly unknown[],
    turn: Turn,
    done: (sum: number) => void,
  ): void {
    const { children, waits, chunkSize } = spawning;
    const first = children[0]!;
    const { executor } = this.home.runtime;
    const run = new MapRun({
      handle: this.home.handle(first.fn),
      options: first,
      turn,
      inputs: inputsOf(
        [children.map(({ id }) => id), ...others.map((one) => children.map(() => one))],
        "map",
      ),
      results: new InOrder(),
      chunkSize,
      window: undefined,
    });
    let sum = 0;
    let at = 0;
    let waiting = false;
    // Whoever aborts a map reads one error, and no more.
    let aborted = false;
    const read = () => {
      // Whoever aborts a map before it knows that it was at its end is told so all the same.
      const atEnd = aborted && at === children.length;
      if (turn.stopped !== undefined || atEnd) return void run.takeResult();
      const spec = children[at++];
      if (spec === undefined) throw new Error("a map has more results than inputs");
      const slot = run.takeResult();
      const failed = slot instanceof Failed;
      this.on.told(spec, failed ? slot.error : undefined, this.home);
      sum += failed ? FAILED * sizeOf(spec) : slot as number;
    };
    const readRest = () => {
      while (at < children.length) {
        const spec = children[at++]!;
        this.on.told(spec, new CancelledError(`${spec.fn} was cancelled`), this.home);
        sum += FAILED * sizeOf(spec);
      }
    };
    const cancel = first.cancel;
    if (cancel !== undefined) {
      this.home.process.after(cancel.afterMs, () => {
        if (run.finished || run.closed) return;
        aborted = true;
        runInTurn(turn, () => run.abort(undefined), undefined);
      });
    }
    const go = () => {
      while (run.ready) read();
      if (turn.stopped !== undefined) return;
      if (run.finished || run.closed) {
        if (aborted) readRest();
        if (at !== children.length) {
          throw new Error(`a map has ${at} of ${children.length} results`);
        }
        return this.#hop(HOPS, () => done(sum));
      }
      // One by one, as `for await` does, or all at once.
      waiting = true;
      executor.block(turn);
      run.offer();
      run.onProgress!();
    };
    run.onProgress = () => {
      if (!waiting) return;
      if (waits === "all") { while (run.ready) read(); }
      const wanted = waits === "all" ? run.finished || run.closed : run.ready || run.finished;
      if (!wanted) return;
      waiting = false;
      executor.unblock(turn);
      this.#hop(HOPS, go);
    };
    go();
  }
}

function thrownBy({ id }: Spec): RangeError {
  return new RangeError(`task ${id}`);
}
