/**
 * A bundle that came from another worker, as it is executed here.
 *
 * @module
 */

import { decodeEach, encodeEach, isPrimitive } from "../wire/codec.ts";
import type { Encoded } from "../wire/codec.ts";
import { joinArray } from "../wire/split.ts";
import type { BundleHeader, ResultHeader } from "../wire/messages.ts";
import { errorForCaller, unsendableResult } from "../futures/errors.ts";
import type { FunctionHandle } from "../futures/function_handle.ts";
import type { CallOptions, Work } from "../futures/work.ts";

/** What a bundle tells the worker that executes it. */
export interface ReceivedWorkEvents {
  /** There is something to report: {@link ReceivedWork.report} wants to be called soon. */
  ready(work: ReceivedWork): void;
  result(work: ReceivedWork, result: ResultHeader, payload: Encoded): void;
  started(work: ReceivedWork, index: number): void;
  lost(work: ReceivedWork, index: number, reason: string): void;
}

/** Tasks longer than this are announced when they begin, in milliseconds. */
const ANNOUNCE_FROM = 10;
/** Outcomes are not kept back for longer than this, in milliseconds, while others still run. */
const REPORT_AFTER = 50;

/** What a value was when its task returned it; the task may go on changing it. */
class Snapshot {
  constructor(readonly encoded: Encoded) {}

  /** The value within an array of one: everything but the array's header. */
  get element(): Uint8Array {
    return this.encoded.body.subarray(1);
  }
}

const OPEN = Symbol("open");

/** See the module's text. */
export class ReceivedWork implements Work {
  readonly turn = undefined;
  readonly options: CallOptions;
  next = 0;
  #args: unknown[][] | undefined;
  /** Primitives, {@link Snapshot}s, or OPEN. */
  #values: unknown[];
  #failed = new Set<number>();
  #open: number;
  /** Tasks below this have been reported. */
  #reported = 0;
  #reportedAt: number;
  #cancelled: Set<number> | undefined;
  #abandoned = false;

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
    this.#open = count;
    this.#reportedAt = performance.now();
  }

  get count(): number {
    return this.bundle.count;
  }

  /** Milliseconds the tasks nobody has begun should take; 0 when nothing is known. */
  get expected(): number {
    const mean = this.handle.known ? this.handle.mean : this.bundle.estimate;
    return mean * (this.count - this.next);
  }

  /** The owner does not want a task any more (its index within the owner's bundle; -1: none). */
  cancel(index: number): void {
    if (index === -1) this.#abandoned = true;
    else (this.#cancelled ??= new Set()).add(index - this.bundle.base);
  }

  skip(index: number): boolean {
    if (!this.#abandoned && !this.#cancelled?.has(index)) return false;
    // Nobody reads it, but the bundle has to come to its end.
    this.#note(index, undefined);
    return true;
  }

  begin(index: number): unknown[] {
    this.#args ??= decodeEach(this.payload.body, this.payload.frames) as unknown[][];
    const { timeout, estimate } = this.bundle;
    const mean = this.handle.known ? this.handle.mean : estimate;
    if (timeout > 0 || mean === 0 || mean > ANNOUNCE_FROM) this.events.started(this, index);
    return this.#args[index]!;
  }

  settle(index: number, value: unknown): void {
    if (isPrimitive(value)) return this.#note(index, value);
    try {
      this.#note(index, new Snapshot(encodeEach([value], () => "result")));
    } catch (error) {
      this.fail(index, unsendableResult(error, this.handle.label));
    }
  }

  fail(index: number, error: unknown): void {
    const copy = errorForCaller(error, this.handle.label, this.worker);
    this.#failed.add(index);
    this.#note(index, new Snapshot(encodeEach([copy])));
  }

  lose(index: number, reason: string): void {
    // The broker queues the whole bundle again; what else of it is still under way here is void.
    this.#abandoned = true;
    this.#open = -1;
    this.events.lost(this, index, reason);
  }

  #note(index: number, value: unknown): void {
    if (this.#open < 0) return;
    this.#values[index] = value;
    const done = --this.#open === 0;
    const slow = this.handle.mean > 1 || !this.handle.known;
    const bulky = value instanceof Snapshot && value.encoded.frames.length > 0;
    if (done || bulky || (slow && performance.now() - this.#reportedAt > REPORT_AFTER)) {
      this.events.ready(this);
    }
  }

  /**
   * Reports the outcomes that nobody has been told of yet, up to the first that is not there; those
   * with frames of their own go alone. It comes a little after the outcomes, so that their time has
   * been measured.
   */
  report(): void {
    let end = this.#reported;
    while (end < this.count && this.#values[end] !== OPEN) end++;
    while (this.#reported < end) {
      let stop = this.#reported;
      while (stop < end && !this.#isBulky(stop)) stop++;
      this.#report(stop > this.#reported ? stop : stop + 1);
    }
  }

  #isBulky(index: number): boolean {
    const value = this.#values[index];
    return value instanceof Snapshot && value.encoded.frames.length > 0;
  }

  #report(end: number): void {
    const from = this.#reported;
    const values = this.#values.slice(from, end);
    this.#values.fill(undefined, from, end);
    const failed = values.map((_, i) => i).filter((i) => this.#failed.has(from + i));
    const { owner, id, base } = this.bundle;
    const elapsed = this.handle.mean * (end - from);
    this.#reported = end;
    this.#reportedAt = performance.now();
    const result = { owner, id, base: base + from, count: end - from, elapsed, failed };
    this.events.result(this, result, payloadOf(values));
  }
}

function payloadOf(values: unknown[]): Encoded {
  if (!values.some((value) => value instanceof Snapshot)) return encodeEach(values);
  if (values.length === 1) return (values[0] as Snapshot).encoded;
  const parts = values.map((value) =>
    value instanceof Snapshot ? value.element : encodeEach([value]).body.subarray(1)
  );
  return { body: joinArray(parts), frames: [] };
}
