/**
 * Executes tasks, one turn at a time.
 *
 * `active` counts the turns that hold the processor: those that have begun, have not ended and do
 * not wait for a future of ours. A new task begins only when it is zero. Tasks that return plain
 * values run one after another in one loop; a task that returns a promise keeps its place until
 * the promise settles or it begins to wait for a future, and the rest of its bundle goes back to
 * the queue meanwhile.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { TimeoutError } from "../wire/errors.ts";
import { newTurn, runInTurn } from "./turn.ts";
import type { Turn } from "./turn.ts";
import type { Work } from "./work.ts";

/** Where the executor gets its work from. */
export interface WorkQueue {
  /** What to execute next, or undefined when there is nothing. */
  take(): Work | undefined;
  /** The rest of a bundle whose last begun task is suspended or took long. */
  putBack(work: Work): void;
  /** Work that one of these turns may be waiting for without our knowledge. */
  rescue?(turns: Iterable<Turn>): Work | undefined;
}

/** Milliseconds of tasks after which timers and sockets get their turn (a yield costs 2.3 µs). */
const SLICE = 5;
/** Of the stretches whose function is known well, one in this many is measured (0.12 µs a look). */
const SAMPLE_EVERY = 16;
/**
 * Milliseconds of tasks that still go before a turn that has become ready: its continuation comes
 * with the microtasks, and going there and back for each of many small tasks costs more than they.
 */
const GRACE = 0.25;
/** Charged for a task of which nothing is known, so that the clock is looked at after it. */
const UNKNOWN = SLICE;
/** Charged for every task on top of its measured time, in milliseconds. */
const OVERHEAD = 0.003;

/** A task ended its process, where the process has to live on. */
export class ProcessEnd {
  constructor(readonly reason: string) {}
}

/** See the module's text. */
export class Executor {
  /** Turns that hold the processor. */
  active = 0;
  /** The turn of the user's program, and what to call when it begins or ends to wait. */
  program: { turn: Turn; onWait(waits: boolean): void } | undefined;
  #queue: WorkQueue;
  #pumping = false;
  #awake = false;
  #budget = SLICE;
  #grace = GRACE;
  #sliceBegan = performance.now();
  #stretches = 0;
  /** Turns of tasks that returned a promise which has not settled. */
  #suspended = new Set<Turn>();
  #progress = 0;
  #progressSeen = 0;
  #stopped = false;

  constructor(queue: WorkQueue) {
    this.#queue = queue;
  }

  /** There may be work: looks for it when the code that runs now has let go. */
  wake(): void {
    if (this.#awake || this.active > 0) return;
    this.#awake = true;
    queueMicrotask(() => {
      this.#awake = false;
      this.#pump();
    });
  }

  /**
   * Lets work go on that stands still because a task waits for it in a way that cannot be seen, such
   * as a promise of its own that a callback resolves: it keeps the processor from the very task it
   * waits for. To be called every half second or so.
   */
  rescueStalled(): void {
    const stands = this.active > 0 && this.#progress === this.#progressSeen;
    this.#progressSeen = this.#progress;
    if (!stands || this.#suspended.size === 0) return;
    const work = this.#queue.rescue?.(this.#suspended);
    if (work === undefined) return;
    this.#grace = GRACE;
    this.#beginSlice();
    this.#stretch(work);
  }

  /** Begins nothing any more. */
  stop(): void {
    this.#stopped = true;
  }

  /** `turn` begins to wait for one more future. */
  block(turn: Turn): void {
    if (turn.waiting++ > 0 || turn.over) return;
    if (turn.spent >= 0) turn.spent += performance.now() - turn.since;
    this.active--;
    if (turn === this.program?.turn) this.program.onWait(true);
    this.wake();
  }

  /** One of the futures `turn` waited for has settled. */
  unblock(turn: Turn): void {
    if (--turn.waiting > 0 || turn.over) return;
    if (turn.spent >= 0) turn.since = performance.now();
    this.active++;
    if (turn === this.program?.turn) this.program.onWait(false);
  }

  #pump(): void {
    if (this.#pumping || this.#stopped || this.active > 0) return;
    this.#pumping = true;
    this.#grace = GRACE;
    let suspended = false;
    try {
      // Whoever has become ready meanwhile is not kept waiting for long; and a task that is
      // suspended without waiting for us goes on holding the processor.
      while (this.active === 0 || (!suspended && this.#grace > 0)) {
        if (this.#budget <= 0 && this.#overdue()) {
          // The macrotask comes after everything that became ready meanwhile.
          setImmediate(() => {
            this.#beginSlice();
            this.#pump();
          });
          return;
        }
        const work = this.#queue.take();
        if (work === undefined) return;
        suspended = this.#stretch(work);
      }
    } finally {
      this.#pumping = false;
    }
  }

  #beginSlice(): void {
    this.#budget = SLICE;
    this.#sliceBegan = performance.now();
  }

  #overdue(): boolean {
    const left = SLICE - (performance.now() - this.#sliceBegan);
    // Whoever idled since the slice began has let everyone else in already: at worst this yields
    // once too often.
    if (left <= 0) return true;
    this.#budget = left;
    return false;
  }

  /** Runs tasks of `work` until it ends, suspends (then true), or has used up the slice. */
  #stretch(work: Work): boolean {
    this.#progress++;
    const { handle } = work;
    const measured = !handle.known || this.#stretches++ % SAMPLE_EVERY === 0 || handle.mean > 0.1;
    const first = work.next;
    const began = measured ? performance.now() : 0;
    let suspended = false;
    while (work.next < work.count && !suspended && this.#budget > 0) {
      if (this.active > 0 && this.#grace <= 0) break;
      const turn = newTurn(handle.label, measured);
      turn.since = began;
      this.active++;
      suspended = runInTurn(turn, this.#runTasks, { work, turn });
    }
    const tasks = work.next - first - (suspended ? 1 : 0);
    if (measured && tasks > 0) {
      handle.observe(performance.now() - began, tasks);
    }
    if (work.next < work.count) this.#queue.putBack(work);
    return suspended;
  }

  /** Runs tasks that share `turn`; true when the last one begun is suspended. */
  #runTasks = ({ work, turn }: { work: Work; turn: Turn }): boolean => {
    const { handle } = work;
    const fn = handle.fn!;
    const cost = (handle.known ? handle.mean : UNKNOWN) + OVERHEAD;
    while (work.next < work.count) {
      const index = work.next++;
      if (work.skip(index)) continue;
      this.#budget -= cost;
      if (this.active > 1) this.#grace -= cost;
      const began = work.options.timeout > 0 ? performance.now() : 0;
      let result: unknown;
      let promised: boolean;
      try {
        result = fn(...work.begin(index));
        promised = isThenable(result);
      } catch (error) {
        fail(work, index, error);
        if (this.#shouldPause(turn)) break;
        continue;
      }
      if (promised) {
        this.#suspend(work, index, turn, result as PromiseLike<unknown>);
        return true;
      }
      const { timeout } = work.options;
      if (timeout > 0 && performance.now() - began > timeout) {
        work.fail(index, new TimeoutError(timedOut(handle.label, timeout)));
      } else work.settle(index, result);
      if (this.#shouldPause(turn)) break;
    }
    this.#end(turn);
    return false;
  };

  /** After a task that returned at once: has someone else become ready, or has `turn` leftovers? */
  #shouldPause(turn: Turn): boolean {
    return turn.waiting > 0 || this.#budget <= 0 || (this.active > 1 && this.#grace <= 0);
  }

  #suspend(work: Work, index: number, turn: Turn, result: PromiseLike<unknown>): void {
    if (turn.spent >= 0 && turn.waiting === 0) {
      const now = performance.now();
      turn.spent += now - turn.since;
      turn.since = now;
    }
    this.#suspended.add(turn);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const over = (tell: () => void) => {
      if (turn.over) return;
      this.#progress++;
      this.#suspended.delete(turn);
      clearTimeout(timer);
      if (turn.spent >= 0) {
        if (turn.waiting === 0) turn.spent += performance.now() - turn.since;
        work.handle.observe(turn.spent, 1);
      }
      this.#end(turn);
      tell();
      // Whoever waited for the outcome goes first: its continuation is queued by now.
      if (this.active === 0) this.wake();
    };
    if (work.options.timeout > 0) {
      const { timeout } = work.options;
      timer = setTimeout(
        () => over(() => work.fail(index, new TimeoutError(timedOut(turn.label, timeout)))),
        timeout,
      );
    }
    const failed = (error: unknown) => over(() => fail(work, index, error));
    try {
      result.then((value) => over(() => work.settle(index, value)), failed);
    } catch (error) {
      failed(error);
    }
  }

  #end(turn: Turn): void {
    turn.over = true;
    if (turn.waiting === 0) this.active--;
  }
}

function fail(work: Work, index: number, error: unknown): void {
  if (error instanceof ProcessEnd) work.lose(index, error.reason);
  else work.fail(index, error);
}

function timedOut(label: string, timeout: number): string {
  return `${label} ran longer than its timeout of ${timeout} ms`;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}
