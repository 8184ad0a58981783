/**
 * Why a run was not as many times as fast as it had workers, in words.
 *
 * The workers' time, their number times that of the run, is divided: what tasks needed is useful, and
 * the rest has causes, each with its share, what happened and what to do about it. All shares add up
 * to all of the time. How that is found stands in the files of `causes/`.
 *
 * @module
 */

import { accountOf } from "./causes/accounting.ts";
import type { Cause, Evidence, Found } from "./causes/cause.ts";
import { criticalPath, slowestTasks } from "./causes/critical_path.ts";
import type { CriticalPath } from "./causes/critical_path.ts";
import { idleCauses, otherNotes } from "./causes/idle.ts";
import { runningCauses, waitingTasksNote } from "./causes/running.ts";
import { slowPlaces } from "./causes/slow_places.ts";
import { timelineOf } from "./causes/timeline.ts";
import type { Timeline } from "./causes/timeline.ts";
import { fewCauses, tailCauses } from "./causes/waiting.ts";
import { count, duration, percent, times } from "./causes/words.ts";
import type { PlacedBlock, RunModel } from "./run_model.ts";

/** See the module's text. */
export interface RunCauses {
  /** Milliseconds that were looked at, and workers that should have been there. */
  readonly wallMs: number;
  readonly workers: number;
  /** The share of the workers' time that tasks needed. */
  readonly useful: number;
  /** The share in which they ran, needed or not. */
  readonly utilisation: number;
  /** How many times as fast the run was as one worker would have been. */
  readonly speedUp: number;
  /** The largest first. */
  readonly causes: readonly Cause[];
  /** The most important in a sentence or two, and what to do about it; that may be nothing. */
  readonly headline: string;
  readonly remedy: string;
  /** What else there is to know. */
  readonly notes: readonly string[];
  readonly criticalPath: CriticalPath | undefined;
  /** How workers and tasks stood over time, if anything has happened. */
  readonly timeline: Timeline | undefined;
  readonly slowest: readonly PlacedBlock[];
}

/** A run that spends so much of its time on tasks is as it should be. */
const FINE = 0.85;
/** A run that spends so much of its time on starting is too short for its workers. */
const MOSTLY_STARTING = 0.6;
/** Slow tasks that are named. */
const SLOWEST = 20;

/** Finds the causes. */
export function causesOf(model: RunModel): RunCauses {
  const evidence = evidenceOf(model);
  const path = evidence?.path;
  const slowest = slowestTasks(model.blocks, SLOWEST);
  if (evidence === undefined || evidence.account.capacityMs <= 0) {
    return {
      ...{ wallMs: 0, workers: 0, useful: 0, utilisation: 0, speedUp: 0, causes: [], remedy: "" },
      ...{ headline: "Nothing has happened in this run.", notes: [], criticalPath: path, slowest },
      timeline: undefined,
    };
  }
  const { account: { ms, capacityMs }, wallMs, workers } = evidence;
  const { causes, usefulMs } = dividedUp(evidence);
  const useful = usefulMs / capacityMs;
  return {
    wallMs,
    workers,
    useful,
    utilisation: ms.running / capacityMs,
    speedUp: usefulMs / wallMs,
    causes,
    ...headlineOf(evidence, causes, useful),
    notes: notesOf(evidence, causes),
    criticalPath: path,
    timeline: evidence.over,
    slowest,
  };
}

function evidenceOf(model: RunModel): Evidence | undefined {
  const over = timelineOf(model);
  if (over === undefined) return undefined;
  const { grid: { from, to } } = over;
  const account = accountOf(over, model);
  const parents = new Map<string, number>();
  for (const { parent, from } of model.blocks) {
    if (parent !== "") parents.set(parent, Math.min(parents.get(parent) ?? Infinity, from));
  }
  const { ran: tasks } = model.totals;
  return {
    model,
    over,
    account,
    slow: slowPlaces(model),
    path: criticalPath(model.blocks),
    wallMs: to - from,
    from,
    workers: Math.max(1, Math.round(account.capacityMs / (to - from))),
    tasks,
    meanMs: model.totals.ms / Math.max(1, tasks),
    parents,
  };
}

/** Every cause once, with what is left for the tasks. */
function dividedUp(evidence: Evidence): { causes: Cause[]; usefulMs: number } {
  const { account: { ms, capacityMs } } = evidence;
  const idle = idleCauses(evidence);
  // What tasks on their way explain is not explained by too few of them.
  const hasFew = !idle.some(({ kind }) => kind === "tinyTasks" || kind === "largeData");
  const waiting = hasFew
    ? [...tailCauses(evidence, ms.tail + ms.held), ...fewCauses(evidence)]
    : tailCauses(evidence, ms.tail);
  let usefulMs = ms.running;
  const running = runningCauses(evidence).map((found) => {
    const taken = Math.min(usefulMs, Math.max(0, found.ms));
    usefulMs -= taken;
    return { ...found, ms: taken };
  });
  const byKind = new Map<string, Found>();
  // Who tells of the same in more words, or of more time, is heard.
  for (const found of [...running, ...waiting, ...idle]) {
    const known = byKind.get(found.kind);
    const best = known === undefined || known.text === "" ||
        (found.text !== "" && found.ms > known.ms)
      ? found
      : known;
    byKind.set(found.kind, { ...best, ms: found.ms + (known?.ms ?? 0) });
  }
  const causes = [...byKind.values()].filter(({ ms }) => ms > 0).sort((a, b) => b.ms - a.ms)
    .map(({ kind, ms, text, remedy }) => ({ kind, ms, part: ms / capacityMs, text, remedy }));
  return { causes, usefulMs };
}

/** The first sentence of a cause. */
export function sentenceOf({ part, text }: Pick<Cause, "part" | "text">): string {
  return `${percent(part)} of the workers' time was spent ${text}`;
}

function headlineOf(
  evidence: Evidence,
  causes: readonly Cause[],
  useful: number,
): Pick<RunCauses, "headline" | "remedy"> {
  const { tasks, workers, wallMs } = evidence;
  if (tasks === 0) {
    return {
      headline: `No task has ended in this run of ${duration(wallMs)}: the program did all by ` +
        "itself on the origin.",
      remedy: "Spawn tasks with map or submit, and every worker takes part.",
    };
  }
  if (useful >= FINE) {
    const headline = workers === 1
      ? `The run is fine: its only worker spent ${percent(useful)} of its time on tasks.`
      : `The run is fine: ${percent(useful)} of the workers' time went into tasks, so ` +
        `${count(workers)} workers were ${times(useful * workers)} times as fast as one.`;
    const remedy = workers === 1 ? "More workers (-n) make it faster." : "";
    return { headline, remedy };
  }
  // What starting takes is the same for a longer run: anything else is more worth knowing.
  const weight = ({ kind, part }: Cause) =>
    kind === "starting" && part < MOSTLY_STARTING ? part / 3 : part;
  const [first] = [...causes].sort((a, b) => weight(b) - weight(a));
  if (first === undefined) return { headline: "", remedy: "" };
  return { headline: sentenceOf(first), remedy: first.remedy };
}

function notesOf(evidence: Evidence, causes: readonly Cause[]): string[] {
  const { model, path, wallMs, workers } = evidence;
  const notes: string[] = [];
  if (path !== undefined && path.length > 1 && path.ms > wallMs * 0.5 && workers > 1) {
    notes.push(
      `The longest chain of tasks takes ${
        duration(path.ms)
      } by itself: no number of workers makes ` +
        "the run shorter than that.",
    );
  }
  if (!causes.some(({ kind }) => kind === "noProcessor")) {
    const note = waitingTasksNote(evidence);
    if (note !== undefined) notes.push(note);
  }
  notes.push(...otherNotes(evidence));
  if (!evidence.over.exact && evidence.tasks > 0) {
    notes.push(
      "Nobody looked at each stretch of work (--profile does), so the shares are estimates.",
    );
  } else if (model.blocksSeen > model.blocks.length) {
    notes.push(`Only the last ${duration(wallMs)} of the run were looked at.`);
  }
  return notes;
}
