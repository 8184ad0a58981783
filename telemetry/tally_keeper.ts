/**
 * Counts what a process does, until it is told: a {@link Tally}.
 *
 * Whoever knows of a change calls one of the methods here, which add to a sum and no more: a process
 * that runs a million tasks a second does so a million times. What became of a task is counted by its
 * owner, who hears of exactly one outcome; what running it took by whoever ran it.
 *
 * @module
 */

import { LIMITS } from "../wire/limits.ts";
import type { Block, FunctionTally, Tally } from "../wire/tally.ts";
import { Histogram } from "./histogram.ts";
import { noCounts } from "./run_facts.ts";
import { shownInputs } from "./shown_inputs.ts";

/** Where what is spawned in a turn is known to come from; 0 as long as nobody has asked. */
export interface BlockMark {
  id: number;
}

/** Tasks of one function that have been executed, one after the other or (one that waits) by itself. */
export interface Stretch {
  readonly label: string;
  readonly mark: BlockMark | undefined;
  /** As {@link Block.parent}. */
  readonly parent: string;
  /** When they were spawned, in milliseconds since 1970; 0 where nobody noted it. */
  readonly spawnedAt: number;
  /** By the process's clock, in milliseconds; both 0 where nobody looked. */
  readonly from: number;
  readonly to: number;
  /** Milliseconds in which they held the processor. */
  readonly ms: number;
  readonly tasks: number;
  readonly failed: number;
  readonly waited: boolean;
  /** What the last of them was called with. */
  readonly args: readonly unknown[];
}

/** How a process stands when it tells. */
export interface ProcessFacts {
  readonly cpuMs: number;
  readonly rss: number;
  readonly lagMs: number;
  readonly running: number;
  readonly queued: number;
}

/** Between two stretches that are told as one, in milliseconds at the most. */
const GAP_MS = 1;
/** Characters of a name, and of what a task was called with. */
const MOST_TEXT = 160;
/** Where the functions are counted that are too many to be told apart. */
const OTHERS = "(others)";

/** A function that is counted, and where: looked up once, since this is asked for each task. */
export interface Counted {
  readonly label: string;
  counts: FunctionCounts | undefined;
}

/** What is known of one function since the last tally. */
export class FunctionCounts {
  #sums = noCounts();
  #run = new Histogram();
  #wait = new Histogram();
  /** Tasks of the same duration that are not in the histogram yet. */
  #alike = 0;
  #alikeMs = -1;

  constructor(readonly label: string, readonly keeper: { changed: boolean }) {}

  /** So many tasks are known. */
  spawned(tasks: number): void {
    this.#sums.spawned += tasks;
    this.keeper.changed = true;
  }

  /** A task has returned. */
  done(): void {
    this.#sums.done++;
    this.keeper.changed = true;
  }

  /** A task has failed for good. */
  failed(): void {
    this.#sums.failed++;
    this.keeper.changed = true;
  }

  /** A task is tried once more. */
  retried(): void {
    this.#sums.retried++;
    this.keeper.changed = true;
  }

  /** So many tasks will have no outcome that anybody waits for. */
  dropped(tasks: number): void {
    this.#sums.dropped += tasks;
    this.keeper.changed = true;
  }

  /** So many tasks ran here and took so many milliseconds together; some of them threw. */
  ran(tasks: number, threw: number, ms: number): void {
    const sums = this.#sums;
    sums.ran += tasks;
    sums.threw += threw;
    sums.ms += ms;
    this.keeper.changed = true;
    const each = ms / tasks;
    // Where nobody looked at the clock they are all alike: the logarithm is taken once for many.
    if (each === this.#alikeMs) {
      this.#alike += tasks;
      return;
    }
    this.#addAlike();
    this.#alikeMs = each;
    this.#alike = tasks;
  }

  #addAlike(): void {
    if (this.#alike === 0) return;
    this.#run.add(this.#alikeMs, this.#alike);
    this.#sums.maxMs = Math.max(this.#sums.maxMs, this.#alikeMs);
    this.#alike = 0;
  }

  /** So many tasks have waited so long to begin, each of them. */
  waited(ms: number, tasks: number): void {
    this.#wait.add(Math.max(0, ms), tasks);
    this.keeper.changed = true;
  }

  /** Arguments or results have come, or gone. */
  moved(bytesIn: number, bytesOut: number): void {
    this.#sums.bytesIn += bytesIn;
    this.#sums.bytesOut += bytesOut;
    this.keeper.changed = true;
  }

  /** What is to be told, if there is anything; begins anew. */
  take(): FunctionTally | undefined {
    this.#addAlike();
    const sums = this.#sums;
    const [run, wait] = [this.#run.pairs(), this.#wait.pairs()];
    if (run.length + wait.length === 0 && Object.values(sums).every((sum) => sum === 0)) {
      return undefined;
    }
    this.#sums = noCounts();
    this.#run = new Histogram();
    this.#wait = new Histogram();
    return { label: this.label, ...sums, run, wait };
  }
}

/** See the module's text. */
export class TallyKeeper {
  /** Whether there is something to tell. */
  changed = false;
  /** Whether somebody wants to see each stretch of work; undecided before that is told. */
  #watched: boolean | "undecided" = false;
  #functions = new Map<string, FunctionCounts>();
  #blocks: Block[] = [];
  /** Whether nothing is told together with the last of them. */
  #isApart = false;
  #isFull = false;
  #lastId = 0;
  #busyMs = 0;
  #tallies = 0;
  #toldAt: number;

  /**
   * @param worker the process's name
   * @param wall milliseconds since 1970, for a time of the process's clock
   * @param now the process's clock
   */
  constructor(
    private readonly worker: string,
    private readonly wall: (at: number) => number,
    readonly now: () => number,
  ) {
    this.#toldAt = now();
  }

  /** It is going to be told whether somebody wants to see each stretch of work. */
  willBeTold(): void {
    this.#watched = "undecided";
  }

  /** It has been told. */
  decide(watched: boolean): void {
    this.#watched = watched;
    if (!watched) this.#beginBlocks();
  }

  /** Whether somebody wants to see each stretch of work, or may. */
  get shows(): boolean {
    return this.#watched !== false;
  }

  /**
   * Whether each stretch is to be measured: they are told with their neighbour when there are too
   * many, so of those it is enough to know how many they are. Where tasks are so short that this
   * matters, measuring all of them took 42 % of a run (nested fib).
   */
  get measures(): boolean {
    return this.shows && !this.#isFull;
  }

  /** Where a function is counted. */
  of(fn: Counted): FunctionCounts {
    const { counts } = fn;
    if (counts?.keeper === this) return counts;
    return fn.counts = this.#find(fn.label);
  }

  #find(label: string): FunctionCounts {
    let counts = this.#functions.get(label);
    if (counts !== undefined) return counts;
    const known = this.#functions.size < LIMITS.shownFunctions;
    const shown = known ? label : OTHERS;
    counts = this.#functions.get(shown) ?? new FunctionCounts(shorten(shown), this);
    this.#functions.set(shown, counts);
    return counts;
  }

  /** Names the block in which something is spawned, for what is spawned; empty when nobody asks. */
  parentOf(mark: BlockMark | undefined): string {
    if (!this.shows || mark === undefined) return "";
    mark.id ||= ++this.#lastId;
    return `${this.worker}:${mark.id}`;
  }

  /** Now, in milliseconds since 1970, for whoever will want to know how long a task waited; or 0. */
  spawning(): number {
    return this.shows ? this.wall(this.now()) : 0;
  }

  /** So many tasks ran here and took so many milliseconds together; some of them threw. */
  ran(fn: Counted, tasks: number, threw: number, ms: number): void {
    this.of(fn).ran(tasks, threw, ms);
    this.#busyMs += ms;
    if (!this.#isFull) return;
    const last = this.#blocks.at(-1)!;
    last.ms += ms;
    last.tasks += tasks;
    last.failed += threw;
  }

  /** A stretch of work, which has been counted, is told of by itself, while there is room. */
  show(stretch: Stretch): void {
    const { label, mark, from, to, ms, tasks, failed, waited, args, spawnedAt } = stretch;
    // As it came from another process, it may be anything.
    const parent = shorten(stretch.parent);
    const last = this.#blocks.at(-1);
    const isSlow = tasks === 1 && to - from >= LIMITS.slowTaskMs;
    // One from which something was spawned keeps its number, so it stays apart as long as there is room.
    const named = mark !== undefined && mark.id > 0;
    const isApart = named || isSlow || waited;
    const alike = last !== undefined && !isApart && !this.#isApart &&
      last.label === shorten(label) && last.parent === parent &&
      this.wall(from) - last.to <= GAP_MS;
    if (last !== undefined && (alike || this.#isFull)) {
      last.to = Math.max(last.to, this.wall(to));
      last.from = Math.min(last.from, this.wall(from));
      if (this.#isFull) return;
      last.ms += ms;
      last.tasks += tasks;
      last.failed += failed;
      return;
    }
    this.#isApart = isApart;
    this.#blocks.push({
      id: named ? mark.id : ++this.#lastId,
      label: shorten(label),
      parent,
      from: this.wall(from),
      to: this.wall(to),
      ms,
      tasks,
      failed,
      waited,
      inputs: isSlow ? shorten(shownInputs(args)) : "",
      ...(spawnedAt > 0 && { waitMs: Math.max(0, this.wall(from) - spawnedAt) }),
    });
    this.#isFull = this.#blocks.length >= LIMITS.mostBlocks;
  }

  #beginBlocks(): void {
    this.#blocks = [];
    this.#isFull = false;
  }

  /** What is to be told at `now`, by the process's clock; begins anew. */
  take(now: number, facts: ProcessFacts): Tally {
    const functions = [...this.#functions.values()].flatMap((counts) => counts.take() ?? []);
    const spanMs = Math.max(0, now - this.#toldAt);
    const tally: Tally = {
      number: ++this.#tallies,
      at: this.wall(now),
      spanMs,
      busyMs: this.#busyMs,
      ...facts,
      functions,
      blocks: this.#blocks,
    };
    this.#beginBlocks();
    this.#busyMs = 0;
    this.#toldAt = now;
    this.changed = false;
    return tally;
  }
}

function shorten(text: string): string {
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT - 1)}…` : text;
}
