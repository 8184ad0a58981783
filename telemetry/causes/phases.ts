/**
 * The phases of a run: times at whose ends all tasks that had begun were over, and none was left to
 * begin, such as the rounds of a program that waits for all results before it goes on.
 *
 * @module
 */

import type { PlacedBlock, WorkerFacts } from "../run_model.ts";
import { binOf, Steps } from "./grid.ts";
import type { Grid } from "./grid.ts";
import type { Timeline } from "./timeline.ts";

/** See the module's text. */
export interface Phase {
  /** Milliseconds since 1970; from the first spawn on. */
  readonly from: number;
  readonly to: number;
  /** From when on there was nothing left to begin. */
  readonly tailFrom: number;
  /** Tasks that began in it. */
  readonly tasks: number;
}

/** Shares of a span that come from rounding. */
const NOTHING = 0.02;
/** Phases of workers that are looked at. */
const MOST_ENDS = 2_000_000;
/** Below this there is no task that waits, but for what rounding makes of none. */
const LEAST_WAITING = 0.5;
/** Of two processes, clocks may differ by so many milliseconds, or this share of a phase. */
const UNSURE_MS = 10;
const UNSURE_SHARE = 0.1;

/** The phases of a run, in the order of their times. */
export function phasesOf(over: Timeline, blocks: readonly PlacedBlock[]): Phase[] {
  return blocks.length > 0 ? phasesOfBlocks(over, blocks) : phasesOfSpans(over);
}

function phasesOfBlocks({ grid, queue }: Timeline, blocks: readonly PlacedBlock[]): Phase[] {
  // What is spawned at its end is another one's.
  const waitingAt = (at: number) => {
    const bin = binOf(grid, at);
    return Math.min(queue[bin]!, queue[Math.max(0, bin - 1)]!);
  };
  const sorted = blocks.map((block) => ({ block, spawned: block.from - (block.waitMs ?? 0) }));
  sorted.sort((a, b) => a.spawned - b.spawned);
  const phases: Phase[] = [];
  let phase: { from: number; to: number; tailFrom: number; tasks: number } | undefined;
  for (const { block, spawned } of sorted) {
    const { from, tasks } = block;
    const to = computedUntil(block);
    const isApart = phase !== undefined && spawned >= phase.to - unsure(phase) &&
      waitingAt(phase.to) < LEAST_WAITING;
    if (phase === undefined || isApart) {
      phases.push(phase = { from: spawned, to, tailFrom: from, tasks: 0 });
    }
    phase.to = Math.max(phase.to, to);
    phase.tailFrom = Math.max(phase.tailFrom, from);
    phase.tasks += tasks;
  }
  return phases;
}

function unsure({ from, to }: { from: number; to: number }): number {
  return Math.min(UNSURE_MS, (to - from) * UNSURE_SHARE);
}

/** What a task spawned, and waited for, may be another phase. */
function computedUntil({ from, to, ms, waited }: PlacedBlock): number {
  return waited ? Math.min(to, from + ms) : to;
}

/** How many workers have nothing more to do in a phase while it goes on, over time. */
export function finishedIn(
  phases: readonly Phase[],
  blocks: readonly PlacedBlock[],
  workers: readonly WorkerFacts[],
  grid: Grid,
): Float64Array {
  const steps = new Steps(grid);
  if (phases.length * workers.length > MOST_ENDS) return steps.values();
  const byWorker = Map.groupBy(blocks, ({ worker }) => worker);
  for (const { name, joinedAt, goneAt = Infinity } of workers) {
    const mine = (byWorker.get(name) ?? []).sort((a, b) => a.from - b.from);
    let next = 0;
    for (const { from, to } of phases) {
      let end = Math.max(from, joinedAt);
      for (; next < mine.length && mine[next]!.from < to; next++) {
        end = Math.max(end, computedUntil(mine[next]!));
      }
      steps.add(end, Math.min(to, goneAt), 1);
    }
  }
  return steps.values();
}

/** The same where only the spans are known. */
function phasesOfSpans({ grid, load, queue, open, begun }: Timeline): Phase[] {
  const phases: Phase[] = [];
  const at = (bin: number) => grid.from + bin * grid.width;
  let first = -1;
  let [last, tasks] = [0, 0];
  for (let i = 0; i <= grid.bins; i++) {
    const isLive = i < grid.bins && load[i]! + queue[i]! + open[i]! > NOTHING;
    if (isLive && first < 0) [first, last, tasks] = [i, i, 0];
    if (isLive && begun[i]! > 0) [last, tasks] = [i, tasks + begun[i]!];
    if (isLive || first < 0) continue;
    phases.push({ from: at(first), to: at(i), tailFrom: at(last + 1), tasks });
    first = -1;
  }
  return phases;
}
