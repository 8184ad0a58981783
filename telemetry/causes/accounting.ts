/**
 * Where the time of the workers went: each span of it is one kind's, so that all kinds add up to the
 * number of workers times the time of the run.
 *
 * Of workers that run nothing while tasks are known, as many wait for these tasks as there are. The
 * others wait for those that run: at the end of a phase, after which nothing is left to begin, for
 * the longest of them; before it, for more to be spawned. With no task at all they wait for the
 * program.
 *
 * @module
 */

import type { RunModel } from "../run_model.ts";
import { integralOf } from "./grid.ts";
import { finishedIn, phasesOf } from "./phases.ts";
import type { Phase } from "./phases.ts";
import type { Timeline } from "./timeline.ts";

/** What a worker's time is spent on, as far as it shows from outside. */
export type TimeKind =
  /** Tasks ran. */
  | "running"
  /** The worker was not there yet. */
  | "starting"
  /** It was lost, or what it did last was. */
  | "lost"
  /** It had left, and the run was not over yet. */
  | "ending"
  /** No task was known: before the first, between others, after the last. */
  | "before"
  | "between"
  | "after"
  /** Tasks ran, fewer than workers, and more began later. */
  | "few"
  /** Tasks ran, and nothing was left to begin. */
  | "tail"
  /** Tasks were known that nobody had begun; of a worker that had some later. */
  | "dispatch"
  /** The same of one that had none any more: others held them all. */
  | "held"
  /** All tasks that had begun waited, and for no task. */
  | "suspended";

/** See the module's text. */
export interface Accounting {
  /** Milliseconds of workers, by kind. */
  readonly ms: Readonly<Record<TimeKind, number>>;
  /** All of them together. */
  readonly capacityMs: number;
  readonly phases: readonly Phase[];
  /** Milliseconds of `dispatch` in which the origin ran a task itself. */
  readonly behindOriginMs: number;
  /** Milliseconds in which no task ran, by kind: of the run, not of workers. */
  readonly silentMs: number;
  /** How much workers waited for each that ran, in `tail` and in `few`: integrals over the grid. */
  readonly tailBlame: Float64Array;
  readonly fewBlame: Float64Array;
}

/** Shares of a span that come from rounding. */
const NOTHING = 0.02;
/** A gap between tasks of so many milliseconds is the way of a task rather than the program's work. */
const SHORT_MS = 5;

/** The account of a run. */
export function accountOf(over: Timeline, model: RunModel): Accounting {
  const { grid, wanted } = over;
  const phases = phasesOf(over, model.blocks);
  const finished = over.exact
    ? finishedIn(phases, model.blocks, [...model.workers.values()], grid)
    : new Float64Array(grid.bins);
  const ms = {
    ...{ running: 0, starting: 0, ending: 0, lost: 0, before: 0, between: 0, after: 0 },
    ...{ few: 0, tail: 0, dispatch: 0, held: 0, suspended: 0 },
  };
  const [tailBlame, fewBlame] = [new Float64Array(grid.bins), new Float64Array(grid.bins)];
  let [behindOrigin, capacity, silent] = [0, 0, 0];
  let phase = 0;
  let gap: Gap = { ms: 0, width: 0 };
  for (let i = 0; i < grid.bins; i++) {
    const at = grid.from + (i + 0.5) * grid.width;
    while (phase < phases.length && phases[phase]!.to <= at) phase++;
    const now = spanAt(over, i, finished[i]!, phases, phase);
    for (const [kind, amount] of now.parts) ms[kind] += amount * grid.width;
    capacity += wanted[i]! * grid.width;
    behindOrigin += now.behindOrigin * grid.width;
    if (over.load[i]! <= NOTHING) silent += grid.width;
    tailBlame[i] = now.tailBlame;
    fewBlame[i] = now.fewBlame;
    if (now.gap > 0) {
      gap = { ms: gap.ms + now.gap * grid.width, width: gap.width + grid.width };
    } else if (gap.ms > 0) {
      ms[isShort(gap, phases[phase - 1], wanted[i]!) ? "few" : "between"] += gap.ms;
      gap = { ms: 0, width: 0 };
    }
  }
  ms.between += gap.ms;
  return {
    ms,
    capacityMs: capacity,
    phases,
    behindOriginMs: behindOrigin,
    silentMs: silent,
    tailBlame: integralOf(tailBlame, grid.width),
    fewBlame: integralOf(fewBlame, grid.width),
  };
}

/** A time between two phases: of workers, and of the run. */
interface Gap {
  readonly ms: number;
  readonly width: number;
}

/** Whether it is no more than the way of tasks that come one after the other. */
function isShort({ width }: Gap, before: Phase | undefined, workers: number): boolean {
  const isLonely = before !== undefined && before.tasks < workers;
  return width <= Math.max(SHORT_MS, isLonely ? (before.to - before.from) / 2 : 0);
}

interface Span {
  readonly parts: (readonly [TimeKind, number])[];
  readonly behindOrigin: number;
  readonly tailBlame: number;
  readonly fewBlame: number;
  /** Workers that wait between two phases. */
  readonly gap: number;
}

/** One span of the grid, with the phase that it is in or before. */
function spanAt(
  over: Timeline,
  i: number,
  finished: number,
  phases: readonly Phase[],
  next: number,
): Span {
  const parts: (readonly [TimeKind, number])[] = [];
  const [present, queue] = [over.present[i]!, over.queue[i]!];
  const absent = Math.max(0, over.wanted[i]! - present);
  const lost = Math.min(absent, over.lost[i]!);
  const left = Math.min(absent - lost, over.left[i]!);
  parts.push(["lost", lost], ["ending", left], ["starting", absent - lost - left]);
  const load = Math.min(present, over.load[i]!);
  parts.push(["running", load]);
  let idle = present - load;
  const doomed = Math.min(idle, over.doomed[i]!);
  parts.push(["lost", doomed]);
  idle -= doomed;
  const held = Math.min(idle, queue, finished);
  const dispatch = Math.min(idle - held, queue);
  parts.push(["held", held], ["dispatch", dispatch]);
  idle -= held + dispatch;
  const none = { parts, behindOrigin: 0, tailBlame: 0, fewBlame: 0, gap: 0 };
  const phase = phases[next];
  if (load > NOTHING || queue > NOTHING || over.stretches[i]! > NOTHING) {
    const at = over.grid.from + (i + 0.5) * over.grid.width;
    const isTail = phase !== undefined && at >= phase.tailFrom && queue <= NOTHING;
    // With fewer tasks than workers, some could not have had any.
    const few = isTail ? Math.min(idle, Math.max(0, present - phase.tasks)) : idle;
    parts.push(["tail", idle - few], ["few", few]);
    const divide = (amount: number) => load > NOTHING ? amount / load : 0;
    return {
      ...none,
      behindOrigin: over.originLoad[i]! > 0.5 ? dispatch : 0,
      tailBlame: divide(held + idle - few),
      fewBlame: divide(few),
    };
  }
  if (over.open[i]! > NOTHING) parts.push(["suspended", idle]);
  else if (phase === undefined) parts.push(["after", idle]);
  else if (next === 0) parts.push(["before", idle]);
  else return { ...none, gap: idle };
  return none;
}
