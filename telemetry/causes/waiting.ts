/**
 * Workers that waited though others ran tasks: for which, and why there was nothing else to do.
 *
 * @module
 */

import type { PlacedBlock } from "../run_model.ts";
import type { Evidence, Found } from "./cause.ts";
import { nameOf } from "./critical_path.ts";
import { between } from "./grid.ts";
import { count, counted, duration, listed, taskName, times } from "./words.ts";

/** How much workers waited for a block. */
interface Blamed {
  readonly block: PlacedBlock;
  /** Milliseconds of workers. */
  readonly ms: number;
}

/** For one task, when workers have waited for it in this much of the time in question. */
const ONE = 0.4;
/** For a few tasks, when they have waited for these so much. */
const SOME = 0.6;
const MOST_NAMED = 3;
/** A task that takes so many times as long as the others do on average stands out. */
const STANDS_OUT = 2.5;

/** Causes of the time in which the last tasks ran. */
export function tailCauses(evidence: Evidence, ms: number): Found[] {
  const { account: { tailBlame }, slow } = evidence;
  if (ms <= 0) return [];
  const blamed = blamedIn(evidence, tailBlame);
  const there = blamed.filter(({ block }) =>
    slow.some(({ workers, label }) => workers.has(block.worker) && label === block.label)
  );
  if (sumOf(there) > ms * 0.5) {
    // It is told of with everything else that was slow there.
    return [{ kind: "slowPlace", ms, text: "", remedy: "" }];
  }
  const huge = hugeTasks(evidence, blamed, ms);
  if (huge !== undefined) return [{ ...huge, ms }];
  return [{ ...(unevenEnd(evidence, blamed, ms) ?? manyEnds(evidence, ms)), ms }];
}

/** Causes of the time in which there were tasks, and not enough. */
export function fewCauses(evidence: Evidence): Found[] {
  const { account: { ms: { few: ms }, fewBlame, phases } } = evidence;
  if (ms <= 0) return [];
  const blamed = blamedIn(evidence, fewBlame);
  const serial = serialTask(evidence, blamed, ms);
  if (serial !== undefined) return [{ ...serial, ms }];
  const lonely = phases.filter(({ tasks }) => tasks < evidence.workers);
  if (
    evidence.tasks < evidence.workers || (lonely.length <= 2 && lonely.length === phases.length)
  ) {
    return [{ ...fewTasks(evidence), ms }];
  }
  const huge = hugeTasks(evidence, blamed, ms) ?? hugeUnseen(evidence);
  return [{ ...(huge ?? oneAtATime(evidence)), ms }];
}

/** The same as far as it shows where nobody looked at single tasks. */
function hugeUnseen({ model, over, wallMs }: Evidence): Found | undefined {
  if (over.exact) return undefined;
  for (const { label, ran, ms, maxMs } of model.functions.values()) {
    const usual = (ms - maxMs) / Math.max(1, ran - 1);
    if (maxMs < wallMs * 0.3 || maxMs < usual * STANDS_OUT) continue;
    const others = ran > 1 ? `, the others ${duration(usual)} on average` : "";
    return {
      kind: "hugeTask",
      ms: 0,
      text: `waiting for one task of ${taskName({ label, inputs: "" })}: it ran ` +
        `${duration(maxMs)}${others}.`,
      remedy: "Split it up, or give it to the workers first, with a higher priority " +
        "(withOptions({ priority })).",
    };
  }
  return undefined;
}

function blamedIn({ model, over }: Evidence, blame: Float64Array): Blamed[] {
  const blamed: Blamed[] = [];
  for (const block of model.blocks) {
    const { from, to, ms } = block;
    const share = Math.min(1, ms / Math.max(1e-3, to - from));
    const waited = share * between(over.grid, blame, from, to);
    if (waited > 0) blamed.push({ block, ms: waited });
  }
  return blamed.sort((a, b) => b.ms - a.ms);
}

function sumOf(blamed: readonly Blamed[]): number {
  return blamed.reduce((sum, { ms }) => sum + ms, 0);
}

/** One task, or a few, that everybody waits for. */
function hugeTasks(evidence: Evidence, blamed: readonly Blamed[], all: number) {
  const most = blamed.slice(0, MOST_NAMED).filter(({ ms, block }, _, [worst]) =>
    block.tasks === 1 && ms > all * 0.1 && ms > worst!.ms * 0.3 && standsOut(evidence, block)
  );
  if (sumOf(most) < all * (most.length === 1 ? ONE : SOME) || most.length === 0) return undefined;
  const blocks = most.map(({ block }) => block);
  const first = blocks[0]!;
  const usual = usualMs(evidence, blocks);
  const others = usual === undefined
    ? ""
    : `; the other tasks of ${taskName({ ...first, inputs: "" })} took ${
      duration(usual)
    } on average`;
  const last = othersEnd(evidence, blocks);
  const end = last > 0 ? `, while all others were over ${duration(last)} after the start` : "";
  const began = Math.min(...blocks.map(({ from }) => from)) - evidence.from;
  const late = last > 0 && began > last * 0.3 && began > evidence.wallMs * 0.1;
  const each = blocks.map((block) =>
    `${taskName(block)} ran ${duration(block.ms)} on ${block.worker}`
  );
  const which = blocks.length === 1 ? "it" : "them";
  const late1 = late
    ? ` Began ${
      duration(began)
    } after the start, ${which} could have been first: put ${which} first in the list, or give ${which} a higher priority (withOptions({ priority })).`
    : ` More workers do not help as long as ${which === "it" ? "it stays" : "they stay"} whole.`;
  return {
    kind: "hugeTask" as const,
    ms: 0,
    text: `waiting for ${blocks.length === 1 ? "one task" : `${blocks.length} tasks`}: ` +
      `${listed(each)}${end}${others}.`,
    remedy: `Split ${which} up.${late1}`,
  };
}

function standsOut({ model, wallMs, tasks }: Evidence, block: PlacedBlock): boolean {
  const others = (model.totals.ms - block.ms) / Math.max(1, tasks - 1);
  return block.ms > wallMs * 0.1 && block.ms > others * STANDS_OUT;
}

/** What tasks of the same function take, those left out; undefined when there is no other one. */
function usualMs({ model }: Evidence, except: readonly PlacedBlock[]): number | undefined {
  const { label } = except[0]!;
  const alike = model.functions.get(label);
  if (alike === undefined) return undefined;
  const mine = except.filter((block) => block.label === label);
  const left = alike.ran - mine.length;
  const ms = alike.ms - mine.reduce((sum, block) => sum + block.ms, 0);
  return left > 0 ? Math.max(0, ms) / left : undefined;
}

/** Milliseconds from the start to the end of all other tasks, but of those that wait for these. */
function othersEnd({ model, from }: Evidence, blocks: readonly PlacedBlock[]): number {
  const begin = Math.min(...blocks.map((block) => block.from));
  let end = 0;
  for (const block of model.blocks) {
    if (blocks.includes(block) || (block.waited && block.to >= begin)) continue;
    // What came after them was another story.
    if (block.from < Math.max(...blocks.map(({ to }) => to))) end = Math.max(end, block.to);
  }
  return end > 0 ? end - from : 0;
}

/** One worker, or some, have several tasks left. */
function unevenEnd(evidence: Evidence, blamed: readonly Blamed[], all: number) {
  const byWorker = [...Map.groupBy(blamed, ({ block }) => block.worker)]
    .map(([worker, its]) => ({
      worker,
      ms: sumOf(its),
      // Without what just touches it.
      blocks: its.filter(({ ms }) => ms > all * 0.005).map(({ block }) => block),
    }))
    .sort((a, b) => b.ms - a.ms);
  const worst: typeof byWorker = [];
  let sum = 0;
  for (const one of byWorker) {
    if (sum >= all * SOME) break;
    worst.push(one);
    sum += one.ms;
  }
  const blocks = worst.flatMap(({ blocks }) => blocks);
  const tasks = blocks.reduce((count, { tasks }) => count + tasks, 0);
  if (sum < all * SOME || worst.length > Math.max(1, evidence.workers / 2)) return undefined;
  if (tasks < worst.length * 2 || isMany(evidence)) return undefined;
  const { label } = blocks[0]!;
  return {
    kind: "uneven" as const,
    ms: 0,
    text: `waiting for ${listed(worst.map(({ worker }) => worker))}, which had ` +
      `${counted(tasks, "task")} of ${
        taskName({ label, inputs: "" })
      } left when the others had none.`,
    remedy: "Tasks that travel together stay together: with a smaller chunkSize " +
      "(withOptions({ chunkSize: 1 })), or without one, they are divided more evenly.",
  };
}

/** Whether workers waited at the ends of many phases, rather than of one. */
function isMany(evidence: Evidence): boolean {
  const ends = endsOf(evidence);
  const sum = ends.reduce((all, ms) => all + ms, 0);
  return ends.length >= 3 && ends.every((ms) => ms < sum * SOME);
}

/** How much they waited in each phase, where they did. */
function endsOf({ account: { phases, tailBlame }, over: { grid } }: Evidence): number[] {
  const each = phases.map(({ from, to }) => between(grid, tailBlame, from, to));
  const most = each.reduce((max, ms) => Math.max(max, ms), 0);
  return each.filter((ms) => ms > most * 0.05);
}

/** The last tasks of one phase, or of many. */
function manyEnds(evidence: Evidence, ms: number): Found {
  const { workers, tasks, meanMs } = evidence;
  if (isMany(evidence)) {
    const ends = endsOf(evidence);
    const each = ms / ends.length / Math.max(1, workers);
    return {
      kind: "rounds",
      ms: 0,
      text: `waiting at the end of each of ${count(ends.length)} rounds for its last tasks, ` +
        `${
          duration(each)
        } each time: a round begins only when all tasks of the one before are over.`,
      remedy: "Take results as they come (mapAsCompleted) and spawn the next tasks meanwhile, or " +
        "make the rounds larger and their tasks shorter.",
    };
  }
  const each = times(tasks / workers);
  return {
    kind: "uneven",
    ms: 0,
    text:
      `waiting for the last tasks: ${counted(tasks, "task")} of ${duration(meanMs)} on average ` +
      `are only ${each} for each of ${count(workers)} workers, and they do not end together.`,
    remedy: "Divide the work into more and shorter tasks, and put the longest ones first.",
  };
}

function fewTasks({ tasks, workers }: Evidence): Found {
  return {
    kind: "fewTasks",
    ms: 0,
    text: `waiting since there was nothing for them: ${counted(tasks, "task")} ` +
      `for ${count(workers)} workers.`,
    remedy: `Divide the work into more tasks (some ${count(workers * 4)} or more), or use fewer ` +
      "workers.",
  };
}

/** A task that runs alone, and then spawns. */
function serialTask(evidence: Evidence, blamed: readonly Blamed[], all: number) {
  const found = blamed.slice(0, MOST_NAMED).filter(({ block, ms }) =>
    ms > all * 0.2 && evidence.parents.has(nameOf(block))
  );
  if (sumOf(found) < all * ONE) return undefined;
  const { block } = found[0]!;
  const before = Math.min(block.ms, evidence.parents.get(nameOf(block))! - block.from);
  return {
    kind: "serialTask" as const,
    ms: 0,
    text: `waiting for ${taskName(block)}, which computed ${duration(block.ms)} by itself ` +
      `(${duration(Math.max(0, before))} of it before it spawned its first task) while there was ` +
      "little else to do.",
    remedy:
      "Let it spawn its tasks first, and compute what is left afterwards; or make tasks of what " +
      "it computes.",
  };
}

function oneAtATime(evidence: Evidence): Found {
  const { account: { ms, silentMs }, wallMs, path, tasks, workers } = evidence;
  const atOnce = ms.running / Math.max(1, wallMs - silentMs);
  const chain = path !== undefined && path.length > 2 && path.ms > wallMs * 0.5
    ? ` The longest chain, of ${
      counted(path.length, "task")
    } of which each was spawned by the one ` +
      `before it, took ${duration(path.ms)} by itself.`
    : "";
  return {
    kind: "oneAtATime",
    ms: 0,
    text: `waiting since too few tasks were known at a time: of ${count(tasks)} in all, ` +
      `${times(atOnce)} ran at once for ${count(workers)} workers.${chain}`,
    remedy: "Spawn tasks that do not need each other's results together (map, or several submits " +
      "before the first await) rather than awaiting each before the next; an input that comes " +
      "slowly can be read ahead.",
  };
}
