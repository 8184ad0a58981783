/**
 * Executes tasks, one turn at a time.
 *
 * A new task begins only when no turn holds the processor ({@link Turns}). Tasks that return plain
 * values run one after another in one loop; a task that returns a promise keeps its place until the
 * promise settles or it begins to wait for a future, and the rest of its bundle goes back to the
 * queue meanwhile.
 *
 * There is at most one plan to go on (`#plan`): every reason to look for work while there is one is
 * covered by it. With a second chain of yields beside the first, whoever waits for the event loop
 * waits for both (measured with 16,000 tasks of 1 ms and one more chain for every result: gaps of
 * 2.1 s).
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import { failWork } from "./process_end.ts";
import { Overlap } from "./overlap.ts";
import { EVENT_LOOP } from "./pace.ts";
import type { Pace } from "./pace.ts";
import type { ExecutedStretch, Stretch } from "./stretch.ts";
import { SuspendedTask, timedOut } from "./suspended_task.ts";
import type { TaskHome } from "./suspended_task.ts";
import { beginTurn, isTurnUntouched, newTurn, nextTask } from "./turn.ts";
import type { Turn } from "./turn.ts";
import { Turns } from "./turns.ts";
import type { TurnEvents } from "./turns.ts";
import type { Work } from "./work.ts";

/** Where the executor gets its work from, and whom it tells of it. */
export interface WorkQueue {
  /** Tasks are about to begin: whoever should hear of anything hears of it before. */
  opens?(): void;
  /** What to execute next, or undefined when there is nothing. */
  take(): Work | undefined;
  /** The rest of a bundle whose last begun task is suspended or took long. */
  putBack(work: Work): void;
  /** A task begins that takes long, or may: nobody can be told of anything before it lets go. */
  begins?(work: Work, index: number): void;
  /** A task with a timeout has come to its end. */
  ends?(work: Work): void;
  /** How many tasks of `work` may begin before somebody is asked for more. */
  room?(work: Work): number;
  /** So many tasks have begun: there may be something to report. None: one has ended. */
  executed?(tasks: number, work: Work): void;
  /** Whether it is to be known of each stretch when it was. */
  watched?(): boolean;
  /** Tasks have been executed, with what that took. */
  ran?(stretch: ExecutedStretch): void;
  /** A task that was to end has not, in its time; it goes on beside those that come after it. */
  leftBehind?(label: string, graceMs: number): void;
}

const NO_ARGS: readonly unknown[] = [];

/** Milliseconds of tasks after which everybody else gets a turn. */
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
/** When the executor goes on by itself: not at all, with the microtasks, or after everybody else. */
type Plan = "none" | "soon" | "later";

/** See the module's text. */
export class Executor {
  readonly turns: Turns;
  readonly #overlap: Overlap;
  readonly #taskHome: TaskHome;
  #queue: WorkQueue;
  #pace: Pace;
  readonly #home: object | undefined;
  #plan: Plan = "none";
  #pumping = false;
  #budget = SLICE;
  #grace = GRACE;
  #sliceBegan: number;
  /** When everybody else last had a turn. */
  #breathed: number;
  /** Since when nothing begins, or has gone on beginning, although something is to be sent first. */
  #behindSince: number | undefined;
  #stretches = 0;
  #stopped = false;

  /** @param home the runtime that its turns belong to, if not that of this process */
  constructor(
    queue: WorkQueue,
    events: Omit<TurnEvents, "freed"> = {},
    pace: Pace = EVENT_LOOP,
    home?: object,
  ) {
    this.#home = home;
    this.#queue = queue;
    this.#pace = pace;
    this.#sliceBegan = this.#breathed = pace.now();
    this.turns = new Turns({ ...events, freed: () => this.wake() });
    this.#overlap = new Overlap(this.turns);
    this.#taskHome = this.#makeTaskHome(pace);
  }

  #makeTaskHome(pace: Pace): TaskHome {
    return {
      now: () => pace.now(),
      after: (milliseconds, run) => pace.after(milliseconds, run),
      ended: (task, failed) => {
        this.#noteSuspended(task, failed);
        this.turns.end(task.turn);
        if (task.work.options.timeout > 0) this.#queue.ends?.(task.work);
      },
      told: ({ work }) => {
        this.#queue.executed?.(0, work);
        // Whoever waited for the outcome goes first: its continuation is queued by now.
        this.wake();
      },
      leftBehind: this.#queue.leftBehind,
    };
  }

  /** Turns that hold the processor. */
  get active(): number {
    return this.turns.active;
  }

  /** There may be work: looks for it when the code that runs now has let go. */
  wake(): void {
    if (this.#plan !== "none" || this.turns.active > 0 || this.#stopped) return;
    this.#plan = "soon";
    this.#pace.soon(this.#pumpAsPlanned);
  }

  readonly #pumpAsPlanned = (): void => {
    this.#plan = "none";
    this.#pump();
  };

  /** Calls `run` after so many milliseconds of this executor's time. */
  after(milliseconds: number, run: () => void): () => void {
    return this.#pace.after(milliseconds, run);
  }

  /** Begins nothing any more. */
  stop(): void {
    this.#stopped = true;
  }

  /** `turn` begins to wait for one more future. */
  block(turn: Turn): void {
    if (!this.turns.block(turn)) return;
    if (turn.spent >= 0) turn.spent += this.#pace.now() - turn.since;
  }

  /** One of the futures `turn` waited for has settled. */
  unblock(turn: Turn): void {
    if (this.turns.unblock(turn) && turn.spent >= 0) turn.since = this.#pace.now();
  }

  #pump(): void {
    if (this.#pumping || this.#stopped || this.turns.active > 0) return;
    this.#pumping = true;
    this.#grace = GRACE;
    let suspended = false;
    try {
      this.#queue.opens?.();
      if (this.#isHeldUp()) return this.#yield();
      // Whoever has become ready meanwhile is not kept waiting for long; and a task that is
      // suspended without waiting for us goes on holding the processor.
      while (this.turns.active === 0 || (!suspended && this.#grace > 0)) {
        if (this.#budget <= 0 && this.#overdue()) return this.#yield();
        const work = this.#queue.take();
        if (work === undefined) return;
        // To take it may have had results leave.
        if (this.#isHeldUp()) {
          this.#queue.putBack(work);
          return this.#yield();
        }
        suspended = this.#stretch(work);
      }
    } finally {
      this.#pumping = false;
    }
  }

  #yield(): void {
    if (this.#plan !== "none") return;
    this.#plan = "later";
    const isShort = this.#behindSince === undefined && this.#isAlone() &&
      this.#pace.now() - this.#breathed < LIMITS.breathAloneMs;
    this.#pace[isShort ? "drain" : "later"](() => {
      this.#plan = "none";
      this.#budget = SLICE;
      this.#sliceBegan = this.#pace.now();
      if (!isShort) this.#breathed = this.#sliceBegan;
      this.#pump();
    });
  }

  /**
   * Whether nothing is to begin yet, as what was sent has not left (`wire/backlog.ts`); but only for
   * a while, since whoever is to take it may have stopped.
   */
  #isHeldUp(): boolean {
    if (!this.#pace.isBehind()) {
      this.#behindSince = undefined;
      return false;
    }
    this.#behindSince ??= this.#pace.now();
    return this.#pace.now() - this.#behindSince < LIMITS.heldUpMs;
  }

  /**
   * Whether nobody waits here for anything but messages: no program, and no task that has begun.
   * Then the event loop can wait: going there and back takes 0.5 ms while all processors compute.
   */
  #isAlone(): boolean {
    return this.turns.program === undefined && this.turns.begun === 0;
  }

  #overdue(): boolean {
    const left = SLICE - (this.#pace.now() - this.#sliceBegan);
    // Whoever idled since the slice began has let everyone else in already: at worst this yields
    // once too often.
    if (left <= 0) return true;
    this.#budget = left;
    return false;
  }

  /** Runs tasks of `work` until it ends, suspends (then true), or has used up the slice. */
  #stretch(work: Work): boolean {
    const { handle } = work;
    const watched = this.#queue.watched?.() === true;
    const measured = !handle.known || this.#stretches++ % SAMPLE_EVERY === 0 ||
      handle.mean > 0.1 || watched;
    const first = work.next;
    const end = Math.min(work.count, first + (this.#queue.room?.(work) ?? Infinity));
    const began = measured ? this.#pace.now() : 0;
    const mark = watched ? { id: 0 } : undefined;
    const stretch: Stretch = {
      work,
      end,
      mark,
      turn: undefined!,
      from: began,
      to: 0,
      ms: 0,
      ended: 0,
      failed: 0,
      waited: false,
      args: NO_ARGS,
    };
    let suspended = false;
    while (work.next < end && !suspended && this.#budget > 0) {
      if (this.turns.active > 0 && this.#grace <= 0) break;
      const turn = newTurn(handle.label, measured, this.#home);
      turn.since = turn.began = began;
      turn.block = mark;
      turn.orphan = work.turn?.state === "over";
      this.turns.begin(turn);
      stretch.turn = turn;
      suspended = beginTurn(turn, this.#runTasks, stretch);
    }
    if (suspended) stretch.mark = undefined;
    this.#note(stretch, measured);
    if (work.next < work.count) this.#queue.putBack(work);
    // Those that nobody wants any more were passed over.
    this.#queue.executed?.(stretch.ended + (suspended ? 1 : 0), work);
    return suspended;
  }

  /**
   * What a stretch took is known now, or taken for what such tasks take.
   *
   * @param measured whether somebody has looked at the clock
   */
  #note(stretch: Stretch, measured: boolean): void {
    const { work, ended } = stretch;
    if (measured && ended > 0) {
      stretch.to = this.#pace.now();
      stretch.ms = stretch.to - stretch.from;
      work.handle.observe(stretch.ms, ended);
    } else stretch.ms = ended * work.handle.mean;
    if (ended > 0) this.#queue.ran?.(stretch);
  }

  /** Runs tasks that share a turn; true when the last one begun is suspended. */
  #runTasks = (stretch: Stretch): boolean => {
    const { work, turn, end } = stretch;
    const { handle } = work;
    const fn = handle.fn!;
    const { timeout, retries } = work.options;
    const cost = (handle.known ? handle.mean : UNKNOWN) + OVERHEAD;
    // What may run only once is announced, so that what has not begun can be told from it.
    const long = timeout > 0 || retries === 0 || !handle.known ||
      handle.mean > LIMITS.longTaskMs;
    while (work.next < end) {
      const index = work.next++;
      if (work.skip(index)) continue;
      this.#budget -= cost;
      if (this.turns.active > 1) this.#grace -= cost;
      const began = timeout > 0 ? this.#pace.now() : 0;
      let result: unknown;
      let promised: boolean;
      try {
        const args = stretch.args = work.begin(index);
        turn.task = nextTask();
        if (long) this.#queue.begins?.(work, index);
        result = fn(...args);
        promised = isThenable(result);
      } catch (error) {
        stretch.ended++;
        stretch.failed++;
        failWork(work, index, error);
        if (timeout > 0) this.#queue.ends?.(work);
        if (this.#shouldPause(turn)) break;
        continue;
      }
      if (promised) {
        this.#suspend(stretch, index, result as PromiseLike<unknown>, began);
        return true;
      }
      stretch.ended++;
      if (timeout > 0) this.#queue.ends?.(work);
      if (timeout > 0 && this.#pace.now() - began > timeout) {
        stretch.failed++;
        work.fail(index, timedOut(handle.label, timeout));
      } else work.settle(index, result);
      if (this.#shouldPause(turn)) break;
    }
    this.turns.end(turn);
    return false;
  };

  /** After a task that returned at once: has someone else become ready, or has `turn` leftovers? */
  #shouldPause(turn: Turn): boolean {
    return turn.waiting > 0 || this.#budget <= 0 || (this.turns.active > 1 && this.#grace <= 0) ||
      !isTurnUntouched();
  }

  #suspend(
    { work, turn, args }: Stretch,
    index: number,
    result: PromiseLike<unknown>,
    began: number,
  ): void {
    if (turn.spent >= 0 && turn.waiting === 0) {
      const now = this.#pace.now();
      turn.spent += now - turn.since;
      turn.since = now;
    }
    this.#overlap.suspends(work.handle, turn);
    this.turns.suspend(turn);
    new SuspendedTask(this.#taskHome, work, turn, index, result, began, args).follow();
  }

  /** A task that returned a promise has come to its end. */
  #noteSuspended({ work, turn, args }: SuspendedTask, failed: 0 | 1): void {
    const { began: from } = turn;
    const to = turn.spent >= 0 ? this.#pace.now() : 0;
    if (to > 0 && turn.waiting === 0) turn.spent += to - turn.since;
    turn.spent = this.#overlap.ends(work.handle, turn, turn.spent);
    if (to > 0) {
      work.handle.observe(turn.spent, 1);
    }
    const ms = to > 0 ? turn.spent : work.handle.mean;
    const mark = turn.block;
    this.#queue.ran?.({ work, mark, from, to, ms, ended: 1, failed, waited: true, args });
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}
