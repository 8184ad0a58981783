/**
 * A worker in virtual time: the production scheduler, and a stand-in for the executor that lets
 * time pass instead of calling functions.
 *
 * @module
 */

import { decodeEach, encodeEach } from "../../wire/codec.ts";
import type { Encoded } from "../../wire/codec.ts";
import type { BundleHeader, Message } from "../../wire/messages.ts";
import { FunctionHandle } from "../../futures/function_handle.ts";
import { TaskGroup } from "../../futures/task_group.ts";
import { newTurn } from "../../futures/turn.ts";
import type { Turn } from "../../futures/turn.ts";
import { DEFAULT_OPTIONS } from "../../futures/work.ts";
import type { LocalWork, Source, Work } from "../../futures/work.ts";
import { Away } from "../../worker/away.ts";
import { Scheduler } from "../../worker/scheduler.ts";
import type { Received } from "../../worker/scheduler.ts";
import type { Run, Spec } from "./simulation.ts";

/** A task spawned on this worker. */
class SpawnedSpec implements LocalWork, Source {
  readonly count = 1;
  readonly remaining = 1;
  readonly chunkSize = 0;
  readonly priority = 0;
  readonly drained = true;
  readonly options = DEFAULT_OPTIONS;
  next = 0;
  #ended = false;

  constructor(
    readonly spec: Spec,
    readonly handle: FunctionHandle,
    readonly turn: Turn,
    readonly done: (value: number, error?: unknown) => void,
  ) {}

  take(): LocalWork {
    return this;
  }
  skip(): boolean {
    return false;
  }
  begin(): unknown[] {
    return [this.spec.id];
  }
  settle(_index: number, value: unknown): void {
    this.arrived(0, value);
  }
  fail(_index: number, error: unknown): void {
    this.failed(0, error);
  }
  lose(): void {}
  arrived(_index: number, value: unknown): void {
    this.#end();
    this.done(value as number);
  }
  failed(_index: number, error: unknown): void {
    this.#end();
    this.done(0, error);
  }
  started(): void {}
  left(): void {}
  encode(): Encoded {
    return encodeEach([[this.spec.id]]);
  }
  joins(other: Source): boolean {
    return other instanceof SpawnedSpec && other.handle === this.handle;
  }
  join(others: readonly SpawnedSpec[]): LocalWork {
    return new TaskGroup([this, ...others]);
  }
  #end(): void {
    if (this.#ended) throw new Error(`task ${this.spec.id} has two outcomes`);
    this.#ended = true;
  }
}

/** A bundle from elsewhere. */
class ReceivedSpecs implements Received {
  readonly turn = undefined;
  readonly options = DEFAULT_OPTIONS;
  next = 0;
  #ids: number[];
  #values: unknown[];
  #open: number;

  constructor(
    readonly bundle: BundleHeader,
    readonly payload: Encoded,
    readonly handle: FunctionHandle,
    readonly finish: (work: ReceivedSpecs, values: unknown[]) => void,
  ) {
    this.#ids = decodeEach(payload.body, payload.frames).map((args) => (args as number[])[0]!);
    this.#values = new Array(bundle.count);
    this.#open = bundle.count;
  }

  get count(): number {
    return this.bundle.count;
  }
  get expected(): number {
    const mean = this.handle.known ? this.handle.mean : this.bundle.estimate;
    return mean * (this.count - this.next);
  }
  skip(): boolean {
    return false;
  }
  begin(index: number): unknown[] {
    return [this.#ids[index]];
  }
  settle(index: number, value: unknown): void {
    this.#values[index] = value;
    if (--this.#open === 0) this.finish(this, this.#values);
  }
  fail(index: number, error: unknown): void {
    this.settle(index, error);
  }
  lose(): void {}
}

/** See the module's text. */
export class SimulatedWorker {
  alive = true;
  #scheduler = new Scheduler<ReceivedSpecs>();
  #away = new Away();
  #handles = new Map<string, FunctionHandle>();
  #active = 0;
  #granted = 0;
  #wasIdle = false;

  /** @param broker its place among the brokers */
  constructor(readonly name: string, readonly run: Run, readonly broker: number) {
    this.#scheduler.size = run.options.workers;
  }

  /** Spawns the program's tasks and waits for all of them; only on the origin. */
  runProgram(
    specs: readonly Spec[],
    done: (values: number[], errors: unknown[]) => void,
  ): void {
    const errors: unknown[] = [];
    this.#spawn(specs, newTurn("program", false), (values) => done(values, errors), errors);
    this.#pump();
  }

  receive(message: Message): void {
    if (!this.alive) return;
    if (message.type === "bundle") {
      const { bundle, payload } = message;
      this.#scheduler.arrived();
      const handle = this.#handle(bundle.fn.name!);
      this.#scheduler.receive(
        new ReceivedSpecs(bundle, payload, handle, (work, values) => {
          const { owner, id, base, count } = work.bundle;
          const elapsed = handle.mean * count;
          const result = { owner, id, base, count, elapsed, failed: [] };
          this.#send({ type: "result", result, payload: encodeEach(values) });
        }),
      );
    } else if (message.type === "result") {
      const expected = this.#away.settle(message);
      if (expected !== undefined) this.#scheduler.cameBack(expected);
    } else if (message.type === "load" || message.type === "welcome") {
      this.#scheduler.demand = message.demand;
      this.#scheduler.size = message.size;
    }
    this.#pump();
  }

  #handle(fn: string): FunctionHandle {
    let handle = this.#handles.get(fn);
    if (handle === undefined) {
      handle = new FunctionHandle({ kind: "builtin", name: fn }, undefined, fn);
      this.#handles.set(fn, handle);
    }
    return handle;
  }

  #spawn(
    specs: readonly Spec[],
    turn: Turn,
    done: (values: number[]) => void,
    errors: unknown[],
  ): void {
    const values: number[] = [];
    for (const spec of specs) {
      const task = new SpawnedSpec(spec, this.#handle(spec.fn), turn, (value, error) => {
        if (!this.alive) return;
        values.push(value);
        if (error !== undefined) errors.push(error);
        if (values.length === specs.length) done(values);
      });
      this.#scheduler.offer(task, turn);
    }
  }

  #pump(): void {
    while (this.alive && this.#active === 0) {
      const work = this.#scheduler.take();
      if (work === undefined) break;
      const index = work.next++;
      if (work.next < work.count) this.#scheduler.putBack(work);
      this.#execute(work, index);
    }
    this.#flush();
  }

  #execute(work: Work, index: number): void {
    const spec = this.run.specs.get(work.begin(index)[0] as number)!;
    this.#active++;
    this.run.executed++;
    if (spec.deadly && this.run.deadlyOnce(spec) && this.name !== "origin") {
      return this.run.kill(this, "exit code 1");
    }
    this.run.clock.after(spec.duration, () => {
      if (!this.alive) return;
      this.run.work += spec.duration;
      work.handle.observe(spec.duration, 1);
      this.#active--;
      if (spec.children.length === 0) work.settle(index, 1);
      else {
        const turn = newTurn(spec.fn, false);
        const sum = (values: number[]) => work.settle(index, values.reduce((a, b) => a + b, 1));
        this.#spawn(spec.children, turn, sum, []);
      }
      this.#pump();
    });
  }

  #flush(): void {
    if (!this.alive) return;
    const idle = this.#active === 0;
    for (const { work, expected } of this.#scheduler.give(!idle)) {
      const payload = work.encode();
      this.#send({ type: "bundle", bundle: this.#away.add(work, expected, this.name), payload });
    }
    for (const { bundle, payload } of this.#scheduler.surplus(!idle)) {
      this.#send({ type: "bundle", bundle, payload });
    }
    const granted = this.#scheduler.credit(idle);
    if (granted !== this.#granted || (idle && !this.#wasIdle && granted > 0)) {
      this.#granted = granted;
      this.#send({ type: "credit", bundles: granted, idle });
    }
    this.#wasIdle = idle;
  }

  #send(message: Message): void {
    if (this.alive) this.run.toBroker(this, message);
  }
}
