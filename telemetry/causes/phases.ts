/**
 * The phases of a run: times at whose ends all tasks that had begun were over, and none was left to
 * begin, such as the rounds of a program that waits for all results before it goes on.
 *
 * @module
 */

import type { PlacedBlock } from "../run_model.ts";
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
/** Milliseconds that clocks, and numbers, are not sure of. */
const UNSURE = 0.05;

/** The phases of a run, in the order of their times. */
export function phasesOf(over: Timeline, blocks: readonly PlacedBlock[]): Phase[] {
  return blocks.length > 0 ? phasesOfBlocks(blocks, over.grid.from) : phasesOfSpans(over);
}

function phasesOfBlocks(blocks: readonly PlacedBlock[], begin: number): Phase[] {
  const stretches = blocks.map(({ from, to, ms, waited, waitMs = 0, tasks }) => ({
    spawned: Math.max(begin, from - Math.max(0, waitMs)),
    from,
    // What it spawned, and waited for, may be another phase.
    to: waited ? Math.min(to, from + ms) : to,
    tasks,
  }));
  stretches.sort((a, b) => a.spawned - b.spawned);
  const phases: Phase[] = [];
  let phase: { from: number; to: number; tailFrom: number; tasks: number } | undefined;
  for (const { spawned, from, to, tasks } of stretches) {
    if (phase === undefined || spawned >= phase.to - UNSURE) {
      phases.push(phase = { from: spawned, to, tailFrom: from, tasks: 0 });
    }
    phase.to = Math.max(phase.to, to);
    phase.tailFrom = Math.max(phase.tailFrom, from);
    phase.tasks += tasks;
  }
  return phases;
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
