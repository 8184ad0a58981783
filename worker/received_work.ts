/**
 * A bundle that came from another worker, as it is executed here.
 *
 * @module
 */

import { decodeEach, encodeEach, encodeResult, isPrimitive } from "../wire/codec.ts";
import type { Encoded } from "../wire/codec.ts";
import { CancelledError } from "../wire/errors.ts";
import { LIMITS } from "../wire/limits.ts";
import { joinArray } from "../wire/split.ts";
import type { BundleHeader, ResultHeader } from "../wire/messages.ts";
import { Withdrawn } from "../wire/withdrawn.ts";
import { errorForCaller, unsendableResult } from "../futures/errors.ts";
import type { FunctionHandle } from "../futures/function_handle.ts";
import { WITHOUT_END } from "../futures/work.ts";
import type { CallOptions, Stoppable, Work } from "../futures/work.ts";

/** What a bundle tells the worker that executes it. */
export interface ReceivedWorkEvents {
  /** There may be something to report: {@link ReceivedWork.report} wants to be called soon. */
  noted(work: ReceivedWork): void;
  /** A task has returned a promise. */
  suspended(work: ReceivedWork, index: number): void;
  /** A task ended its process, where that has to live on. */
  lost(work: ReceivedWork, index: number, reason: string): void;
}

/** A stretch of outcomes, ready to leave. */
export interface Report {
  readonly result: ResultHeader;
  readonly payload: Encoded;
}

/** What a value was when its task returned it; the task may go on changing it. */
class Snapshot {
  constructor(readonly encoded: Encoded) {}

  /** The value within an array of one: everything but the array's header. */
  get element(): Uint8Array {
    return this.encoded.body.subarray(1);
  }
}

/** In the place of a task's outcome: it is not there yet, or has left already. */
const OPEN = Symbol("open");
const LEFT = Symbol("left");

/** See the module's text. */
export class ReceivedWork implements Work {
  readonly turn = undefined;
  readonly options: CallOptions;
  /** Tasks that the broker knows to have begun. */
  readonly told = new Set<number>();
  next = 0;
  #count: number;
  #args: unknown[][] | undefined;
  /** Primitives, {@link Snapshot}s, OPEN or LEFT. */
  #values: unknown[];
  #failed = new Set<number>();
  /** Tasks without an outcome. */
  #open: number;
  /** Outcomes that have not left. */
  #noted = 0;
  #bulky = false;
  /** When somebody first looked at the oldest of these; -1 while nobody has. */
  #notedAt = -1;
  #cancelled: Set<number> | undefined;
  /** Ends those that are suspended. */
  #suspended: Map<number, Stoppable> | undefined;

  constructor(
    readonly bundle: BundleHeader,
    readonly payload: Encoded,
    readonly handle: FunctionHandle,
    readonly worker: string,
    readonly events: ReceivedWorkEvents,
  ) {
    const { timeout, retries, priority, count } = bundle;
    this.options = { timeout, retries, priority };
    this.#values = new Array(count).fill(OPEN);
    this.#count = this.#open = count;
  }

  get parent(): string {
    return this.bundle.parent;
  }

  get count(): number {
    return this.#count;
  }

  /** True when every task has had its outcome and all have left. */
  get over(): boolean {
    return this.#open === 0 && this.#noted === 0;
  }

  /** True when there is no outcome that has not left. */
  get hasNothingNoted(): boolean {
    return this.#noted === 0;
  }

  /** Stretches of tasks, within the owner's bundle, whose outcomes have not left. */
  *held(): Generator<{ base: number; count: number }> {
    for (let i = 0; i < this.#count; i++) {
      if (this.#values[i] === LEFT) continue;
      const first = i;
      while (i < this.#count && this.#values[i] !== LEFT) i++;
      yield { base: this.bundle.base + first, count: i - first };
    }
  }

  /** Whether a task has no outcome. */
  isOpen(index: number): boolean {
    return this.#values[index] === OPEN;
  }

  /** The first task that has begun and has no outcome, if there is one. */
  get waiting(): number | undefined {
    if (this.#open <= this.#count - this.next) return undefined;
    return this.#values.indexOf(OPEN);
  }

  /** Milliseconds the tasks nobody has begun should take; 0 when nothing is known. */
  get expected(): number {
    return this.mean * (this.#count - this.next);
  }

  /** Milliseconds one task should take; 0 when nothing is known. */
  get mean(): number {
    return this.handle.known ? this.handle.mean : this.bundle.estimate;
  }

  /** The owner does not want a task any more (its index within the owner's bundle). */
  cancel(index: number): void {
    (this.#cancelled ??= new Set()).add(index - this.bundle.base);
  }

  /**
   * Its owner does not want any of it any more, begun or not: every task has an outcome now, which
   * is none.
   */
  abandon(): void {
    const begun = this.#takeSuspended();
    const { notBegun, notEnded } = Withdrawn;
    for (let i = 0; i < this.#count; i++) this.#note(i, i < this.next ? notEnded : notBegun);
    this.#end(begun);
  }

  /**
   * It is not the matter of this worker any more, begun or not, and nothing is told of it, not even
   * what was not told yet: the same tasks may come again, to this worker too, and nothing of before
   * must be taken for their outcomes.
   */
  forget(): void {
    const begun = this.#takeSuspended();
    this.#values.fill(LEFT);
    this.#failed.clear();
    this.#open = this.#noted = 0;
    this.#end(begun);
  }

  #takeSuspended(): Stoppable[] {
    const begun = [...this.#suspended?.values() ?? []];
    this.#suspended?.clear();
    return begun;
  }

  /** Nobody asked for the end of what has begun. It hears that nobody waits, and that is all. */
  #end(begun: readonly Stoppable[]): void {
    this.next = this.#count;
    for (const task of begun) task.stop(unwanted(this.handle.label), WITHOUT_END);
  }

  /** Nobody wants the tasks that nobody has begun; they count as done. */
  abandonRest(): void {
    while (this.next < this.#count) this.#note(this.next++, Withdrawn.notBegun);
  }

  suspended(index: number, task: Stoppable): void {
    (this.#suspended ??= new Map()).set(index, task);
    this.events.suspended(this, index);
  }

  /** What is suspended is to end: the task with an index within the owner's bundle, or any (-1). */
  stop(index: number, reason: unknown, graceMs: number): void {
    if (index >= 0) return this.#suspended?.get(index - this.bundle.base)?.stop(reason, graceMs);
    for (const task of [...this.#suspended?.values() ?? []]) task.stop(reason, graceMs);
  }

  /** Gives up the tasks that nobody has begun; what is returned is theirs. */
  cutRest(): { base: number; count: number } | undefined {
    const count = this.#count - this.next;
    if (count === 0) return undefined;
    this.#count = this.next;
    this.#open -= count;
    this.#values.length = this.next;
    return { base: this.bundle.base + this.next, count };
  }

  skip(index: number): boolean {
    if (!this.#cancelled?.has(index)) return false;
    // Nobody reads it, but the bundle has to come to its end.
    this.#note(index, undefined);
    return true;
  }

  begin(index: number): unknown[] {
    this.#args ??= decodeEach(this.payload.body, this.payload.frames) as unknown[][];
    return this.#args[index]!;
  }

  settle(index: number, value: unknown): void {
    if (isPrimitive(value)) return this.#note(index, value);
    try {
      this.#note(index, new Snapshot(encodeResult(value)));
    } catch (error) {
      this.fail(index, unsendableResult(error, this.handle.label));
    }
  }

  fail(index: number, error: unknown): void {
    if (this.#values[index] !== OPEN) return;
    const attempts = this.bundle.attempt + 1;
    const copy = errorForCaller(error, this.handle.label, this.worker, attempts);
    this.#failed.add(index);
    this.#note(index, new Snapshot(encodeEach([copy])));
  }

  lose(index: number, reason: string): void {
    if (this.#values[index] !== OPEN) return;
    this.#values[index] = LEFT;
    this.#open--;
    this.events.lost(this, this.bundle.base + index, reason);
  }

  #note(index: number, value: unknown): void {
    if (this.#values[index] !== OPEN) return;
    this.#values[index] = value;
    this.#suspended?.delete(index);
    this.#open--;
    this.#noted++;
    this.#bulky ||= value instanceof Snapshot && value.encoded.frames.length > 0;
    this.events.noted(this);
  }

  /** Whether what is there should leave now: all of it is, it is large, or it has waited long. */
  isDue(now: number): boolean {
    if (this.#noted === 0) return false;
    if (this.#open === 0 || this.#bulky) return true;
    if (this.#notedAt < 0) this.#notedAt = now;
    return now - this.#notedAt >= LIMITS.reportMs;
  }

  /** Takes the outcomes that nobody has been told of, in stretches; large ones go alone. */
  report(): Report[] {
    const reports: Report[] = [];
    for (let at = 0; at < this.#count && this.#noted > 0;) {
      if (this.#isAbsent(at)) {
        at++;
        continue;
      }
      let end = at + 1;
      if (!this.#isBulky(at)) {
        while (end < this.#count && !this.#isAbsent(end) && !this.#isBulky(end)) end++;
      }
      reports.push(this.#stretch(at, end));
      at = end;
    }
    this.#bulky = false;
    this.#notedAt = -1;
    return reports;
  }

  #isAbsent(index: number): boolean {
    const value = this.#values[index];
    return value === OPEN || value === LEFT;
  }

  #isBulky(index: number): boolean {
    const value = this.#values[index];
    return value instanceof Snapshot && value.encoded.frames.length > 0;
  }

  #stretch(from: number, end: number): Report {
    const values = this.#values.slice(from, end);
    this.#values.fill(LEFT, from, end);
    this.#noted -= values.length;
    const failed: number[] = [];
    if (this.#failed.size > 0) {
      for (let i = from; i < end; i++) if (this.#failed.delete(i)) failed.push(i - from);
    }
    const { owner, id, base } = this.bundle;
    const count = end - from;
    const elapsed = this.handle.mean * count;
    return {
      result: { owner, id, base: base + from, count, elapsed, failed },
      payload: payloadOf(values),
    };
  }

  /** @throws {Error} when an invariant is broken */
  check(): void {
    const open = this.#values.filter((value) => value === OPEN).length;
    const left = this.#values.filter((value) => value === LEFT).length;
    if (this.#values.length !== this.#count || open !== this.#open) {
      throw new Error(`${this.#open} tasks of a bundle are counted as open, ${open} are`);
    }
    if (this.#count - open - left !== this.#noted) throw new Error("outcomes are miscounted");
    if (this.next > this.#count) throw new Error("a bundle was begun beyond its end");
  }
}

/** Why a task is to end that nobody waits for any more. */
export function unwanted(label: string): CancelledError {
  return new CancelledError(`${label} was cancelled`);
}

function payloadOf(values: unknown[]): Encoded {
  if (!values.some((value) => value instanceof Snapshot)) return encodeEach(values);
  if (values.length === 1) return (values[0] as Snapshot).encoded;
  const parts = values.map((value) =>
    value instanceof Snapshot ? value.element : encodeEach([value]).body.subarray(1)
  );
  return { body: joinArray(parts), frames: [] };
}
