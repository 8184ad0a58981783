/**
 * How many workers were there, how many of them ran tasks and how many tasks waited, over the time
 * of a run.
 *
 * @module
 */

import type { PlacedBlock, RunModel, WorkerFacts } from "../run_model.ts";
import { between, binOf, gridOf, integralOf, Steps } from "./grid.ts";
import type { Grid } from "./grid.ts";

/** See the module's text; each has a value for every span of the grid. */
export interface Timeline {
  readonly grid: Grid;
  /** Workers that should be there, and that are. */
  readonly wanted: Float64Array;
  readonly present: Float64Array;
  /** Those of them that were to be lost, after the last task that they could tell of. */
  readonly doomed: Float64Array;
  /** Those that are not there since they were lost, and since they have left. */
  readonly lost: Float64Array;
  readonly left: Float64Array;
  /** Workers that run tasks: the sum of their shares of time. */
  readonly load: Float64Array;
  /** The same for the origin alone, where it runs a task that others may have to wait for. */
  readonly originLoad: Float64Array;
  /** Tasks that are known and have not begun. */
  readonly queue: Float64Array;
  /** Tasks that have begun and wait for others. */
  readonly open: Float64Array;
  /** Stretches of tasks of one function, short gaps between these included. */
  readonly stretches: Float64Array;
  /** Tasks that begin in each span. */
  readonly begun: Float64Array;
  /** Whether it is known of each block what ran when; otherwise there is only a sample now and then. */
  readonly exact: boolean;
}

const MOST_BINS = 1 << 16;
const LEAST_BINS = 1 << 12;
/** For each block. */
const BINS_EACH = 16;
/** Values of all workers together. */
const MOST_VALUES = 1 << 22;
/** Milliseconds in which a task keeps its process from anything else, and somebody notices. */
const LONG_MS = 100;
/** A task that waited, but held its processor for so much of its time, has not waited. */
const SOLID = 0.95;

/** The time that is looked at: what is known of a run, blocks that were not kept left out. */
export function timelineOf(model: RunModel): Timeline | undefined {
  const end = model.state.kind === "ended" ? model.state.at : model.seenAt;
  const { blocks } = model;
  const begin = model.startedAt ||
    Math.min(...[...model.workers.values()].map(({ joinedAt }) => joinedAt));
  // Of a long run only the last blocks are there.
  const from = model.blocksSeen > blocks.length && blocks.length > 0
    ? Math.max(begin, blocks.reduce((least, block) => Math.min(least, block.to), Infinity))
    : begin;
  if (!(end > from) || !Number.isFinite(from)) return undefined;
  const workers = [...model.workers.values()];
  const most = Math.min(MOST_BINS, Math.floor(MOST_VALUES / Math.max(1, workers.length)));
  const bins = Math.max(LEAST_BINS, Math.min(most, blocks.length * BINS_EACH));
  const grid = gridOf(from, end, bins);
  const presence = presenceOf(model, workers, grid);
  return blocks.length > 0
    ? { ...presence, ...blocksOver(model, grid), exact: true }
    : { ...presence, ...samplesOver(model, grid), exact: false };
}

function presenceOf(model: RunModel, workers: readonly WorkerFacts[], grid: Grid) {
  const [there, doomed, lost, left] = [0, 1, 2, 3].map(() => new Steps(grid));
  const lastBlock = new Map<string, number>();
  for (const { worker, to } of model.blocks) {
    lastBlock.set(worker, Math.max(lastBlock.get(worker) ?? 0, to));
  }
  for (const { name, joinedAt, goneAt, state, replacedBy } of workers) {
    const until = goneAt ?? grid.to;
    there!.add(joinedAt, until, 1);
    if (state === "left") left!.add(until, grid.to, 1);
    if (state !== "lost") continue;
    lost!.add(until, model.workers.get(replacedBy)?.joinedAt ?? grid.to, 1);
    // What it ran when it was lost has not been told.
    if (lastBlock.size > 0) doomed!.add(Math.max(joinedAt, lastBlock.get(name) ?? 0), until, 1);
  }
  const present = there!.values();
  const planned = Math.max(1, model.planned || workers.length);
  return {
    grid,
    present,
    wanted: present.map((there) => Math.max(there, planned)),
    doomed: doomed!.values(),
    lost: lost!.values(),
    left: left!.values(),
  };
}

function blocksOver(model: RunModel, grid: Grid) {
  const { blocks } = model;
  const byWorker = Map.groupBy(blocks, ({ worker }) => worker);
  const firstChild = firstChildren(blocks);
  const load = new Float64Array(grid.bins);
  let originLoad: Float64Array = new Float64Array(grid.bins);
  for (const [name, mine] of byWorker) {
    const own = loadOf(mine, firstChild, grid);
    for (let i = 0; i < load.length; i++) load[i]! += own[i]!;
    if (model.workers.get(name)?.origin) originLoad = loadOf(mine.filter(isLong), firstChild, grid);
  }
  const [open, stretches] = [new Steps(grid), new Steps(grid)];
  const begun = new Float64Array(grid.bins);
  for (const { from, to, tasks, waited } of blocks) {
    (waited ? open : stretches).add(from, to, 1);
    begun[binOf(grid, from)]! += tasks;
  }
  const queue = queueOf(model, grid, begun);
  return { load, originLoad, open: open.values(), stretches: stretches.values(), begun, queue };
}

function isLong({ ms, tasks }: PlacedBlock): boolean {
  return ms > LONG_MS * tasks;
}

/** When the first block began that was spawned from another one, by that one's name. */
function firstChildren(blocks: readonly PlacedBlock[]): Map<string, number> {
  const first = new Map<string, number>();
  for (const { parent, from } of blocks) {
    if (parent !== "") first.set(parent, Math.min(first.get(parent) ?? Infinity, from));
  }
  return first;
}

/** How much of its time a worker ran tasks. */
function loadOf(
  blocks: readonly PlacedBlock[],
  firstChild: ReadonlyMap<string, number>,
  grid: Grid,
): Float64Array {
  const steps = new Steps(grid);
  const thin: PlacedBlock[] = [];
  for (const block of blocks) {
    const { from, to, ms, waited } = block;
    const lasted = Math.max(to - from, 1e-3);
    if (waited && ms < lasted * SOLID) thin.push(block);
    else steps.add(from, from + lasted, Math.min(1, ms / lasted));
  }
  const solid = integralOf(clamped(steps.values()), grid.width);
  for (const { worker, id, from, to, ms } of thin) {
    // What it did before it had spawned anything came first; who knows when it did the rest.
    const spawned = Math.min(to, firstChild.get(`${worker}:${id}`) ?? from);
    const before = Math.min(ms, spawned - from);
    steps.add(from, from + before, 1);
    const free = to - spawned - between(grid, solid, spawned, to);
    if (free > 0) steps.add(spawned, to, Math.min(1, (ms - before) / Math.max(free, 1e-3)));
  }
  return clamped(steps.values());
}

function clamped(values: Float64Array): Float64Array {
  for (let i = 0; i < values.length; i++) values[i] = Math.min(1, values[i]!);
  return values;
}

/**
 * How many tasks are known and have not begun, by when those of each block were spawned and by what
 * the samples tell: each of the two may know of tasks that were not there yet.
 */
function queueOf(model: RunModel, grid: Grid, begun: Float64Array): Float64Array {
  const measured = model.blocks.filter(({ waitMs }) => waitMs !== undefined);
  const isMeasured = measured.length * 2 >= model.blocks.length;
  const queue = new Float64Array(grid.bins);
  const known = knownAt(model, grid, isMeasured);
  let started = 0;
  for (let i = 0; i < queue.length; i++) {
    started += begun[i]!;
    queue[i] = Math.max(0, known[i]! - started);
  }
  if (!isMeasured) return queue;
  // A map has been spawned when it was called, but its inputs may come one by one.
  const steps = new Steps(grid);
  for (const { from, waitMs, tasks } of measured) steps.add(from - waitMs!, from, tasks);
  const waiting = steps.values();
  for (let i = 0; i < queue.length; i++) queue[i] = Math.min(queue[i]!, waiting[i]!);
  return queue;
}

/**
 * How many tasks had been spawned, as far as the samples tell.
 *
 * @param isEven whether what became known between two samples did so little by little
 */
function knownAt(model: RunModel, grid: Grid, isEven: boolean): Float64Array {
  const known = new Float64Array(grid.bins);
  // Blocks that are not kept any more have begun tasks, too.
  const kept = model.blocks.reduce((sum, { tasks }) => sum + tasks, 0);
  const missing = Math.max(0, model.totals.ran - kept);
  const { samples } = model.series;
  const toldBy = (i: number) => {
    const sample = samples[i];
    return sample === undefined ? 0 : sample.queued + sample.done + sample.failed - missing;
  };
  let next = 0;
  for (let i = 0; i < known.length; i++) {
    const at = grid.from + i * grid.width;
    while (next < samples.length && samples[next]!.at <= at) next++;
    const before = next > 0 ? samples[next - 1]!.at : grid.from;
    const part = isEven && next < samples.length
      ? (at - before) / Math.max(1e-3, samples[next]!.at - before)
      : 0;
    const told = toldBy(next - 1);
    known[i] = Math.max(0, told + part * Math.max(0, toldBy(next) - told));
  }
  return known;
}

/** The same by samples alone. */
function samplesOver(model: RunModel, grid: Grid) {
  const [load, queue, begun] = [0, 1, 2].map(() => new Float64Array(grid.bins));
  const { samples } = model.series;
  let next = 0;
  for (let i = 0; i < grid.bins; i++) {
    const at = grid.from + i * grid.width;
    while (next < samples.length - 1 && samples[next]!.at < at) next++;
    const sample = samples[next];
    if (sample === undefined) continue;
    load![i] = sample.busy;
    queue![i] = Math.max(0, sample.queued - sample.busy);
    const ended = sample.done + sample.failed;
    const before = samples[next - 1];
    begun![i] = ended > (before ? before.done + before.failed : 0) ? 1 : 0;
  }
  return scaled(model, grid, {
    load: load!,
    queue: queue!,
    begun: begun!,
    open: new Float64Array(grid.bins),
    stretches: new Float64Array(grid.bins),
    originLoad: new Float64Array(grid.bins),
  });
}

/** The samples are too few to be right, but it is known how long the tasks took together. */
function scaled<T extends { load: Float64Array }>(model: RunModel, grid: Grid, over: T): T {
  const sum = over.load.reduce((all, load) => all + load, 0) * grid.width;
  const workers = Math.max(1, model.workers.size);
  for (let i = 0; i < over.load.length && sum > 0; i++) {
    over.load[i] = Math.min(workers, over.load[i]! * model.totals.ms / sum);
  }
  return over;
}
