/**
 * Workers that waited though no task ran, or though there were tasks to run.
 *
 * @module
 */

import type { WorkerFacts } from "../run_model.ts";
import type { Evidence, Found } from "./cause.ts";
import { bytes, counted, duration, listed, percent, taskName } from "./words.ts";

/** Milliseconds that a byte takes on its way, packing and unpacking included: 200 MB/s. */
const MS_PER_BYTE = 5e-6;
/** A task below this is short beside what it costs to give it out, in milliseconds. */
const TINY_MS = 0.25;
/** So many a second, or the machinery had nothing to do. */
const BUSY_RATE = 2_000;
/** The same of large values that are no bytes, but text, numbers and objects, as processor time. */
const MOST_MS_PER_BYTE = 60e-6;

/** Causes of the time in which workers waited for tasks that were known, or for any. */
export function idleCauses(evidence: Evidence): Found[] {
  const { account: { ms } } = evidence;
  const found: Found[] = [];
  const rest = { ...ms };
  const machinery = tinyTasks(evidence) ?? largeData(evidence);
  if (machinery !== undefined) {
    found.push(machinery);
    rest.dispatch = rest.between = 0;
  }
  if (rest.dispatch > 0) found.push({ ...dispatch(evidence), ms: rest.dispatch });
  const silent = rest.before + rest.between + rest.after;
  if (silent > 0) found.push(withoutTasks(evidence, rest));
  if (ms.suspended > 0) found.push(suspended(ms.suspended));
  if (ms.starting + ms.ending > 0) found.push(starting(evidence, ms.starting + ms.ending));
  if (ms.lost > 0) found.push(lost(evidence, ms.lost));
  return found;
}

/** Milliseconds that the machinery could account for. */
function machineryMs({ account: { ms } }: Evidence): number {
  return ms.dispatch + ms.held + ms.between + ms.few;
}

function tinyTasks(evidence: Evidence): Found | undefined {
  const { account: { ms }, model, tasks, meanMs, wallMs } = evidence;
  const cost = machineryMs(evidence);
  const rate = tasks / Math.max(1, wallMs) * 1_000;
  if (meanMs > TINY_MS || rate < BUSY_RATE || tasks < 500) return undefined;
  // One that is awaited before the next is no matter of the machinery.
  if (meanOutstanding(evidence) < 4 || cost < ms.running * 0.2) return undefined;
  const cpu = sumOf(model.workers.values(), ({ cpuMs }) => cpuMs);
  const label = largest(evidence, ({ ran }) => ran);
  return {
    kind: "tinyTasks",
    ms: cost,
    text: `giving out tasks rather than running them: ${counted(tasks, "task")} of only ` +
      `${duration(meanMs)} on average; together they took ${duration(model.totals.ms)}, and the ` +
      `workers ${duration(cpu)} of processor time.`,
    remedy:
      `Give each task of ${taskName({ label, inputs: "" })} more to do: let it compute a range ` +
      "of inputs, some milliseconds of work at least, and prefer map to single submits.",
  };
}

/** Tasks that were known and had no outcome, on average while there were any. */
function meanOutstanding({ model: { series: { samples } } }: Evidence): number {
  const some = samples.filter(({ queued }) => queued > 0);
  return some.reduce((sum, { queued }) => sum + queued, 0) / Math.max(1, some.length);
}

function largeData(evidence: Evidence): Found | undefined {
  const { account: { ms }, model, tasks, meanMs, workers } = evidence;
  const { totals } = model;
  const cost = machineryMs(evidence);
  const moved = Math.max(totals.bytesOut, totals.bytesIn);
  const each = moved / Math.max(1, tasks);
  const aside = sumOf(
    model.workers.values(),
    (w) => Math.max(0, w.cpuMs - w.busyMs - w.startCpuMs),
  );
  const packing = Math.max(moved * MS_PER_BYTE, Math.min(moved * MOST_MS_PER_BYTE, aside));
  const explained = packing * workers;
  // On a busy machine all takes longer; that data costs more than the work is said by itself.
  const isMost = each * MS_PER_BYTE > meanMs / 2;
  if (each < 32_768 || cost < ms.running * 0.1) return undefined;
  if (explained < cost * (isMost ? 0.05 : 0.3)) return undefined;
  const label = largest(evidence, ({ bytesIn, bytesOut }) => bytesIn + bytesOut);
  return {
    kind: "largeData",
    ms: cost,
    text: `moving data: ${bytes(moved)} of arguments and results went between processes, ` +
      `${bytes(each)} for each task of ${duration(meanMs)}, most of it for ` +
      `${taskName({ label, inputs: "" })}.`,
    remedy:
      "Send less: what all tasks need once as a shared constant (shared.setConst), the name of " +
      "a file or a range of it rather than its contents, results already reduced (mapReduce); " +
      "typed arrays travel faster than arrays of objects.",
  };
}

function dispatch(evidence: Evidence): Omit<Found, "ms"> {
  const { account: { ms, behindOriginMs }, model, wallMs } = evidence;
  if (behindOriginMs > ms.dispatch * 0.5) {
    return {
      kind: "busyOrigin",
      text: "waiting for tasks that the origin still held, since it was running a task itself.",
      remedy:
        "Make the tasks shorter, or let the longest ones be spawned by a task rather than by " +
        "the program.",
    };
  }
  const own = ownMs(evidence);
  if (own > wallMs * 0.3) {
    return {
      kind: "busyOrigin",
      text: "waiting for tasks that were known but not given out, since the program kept the " +
        `origin's processor for itself (${duration(own)} of ${duration(wallMs)}).`,
      remedy: "Let the program await now and then while it computes, or make a task of what it " +
        "computes.",
    };
  }
  const late = Math.max(0, ...[...model.brokers.values()].map(({ lagMs }) => lagMs));
  const lag = late > 50 ? ` A broker was late by up to ${duration(late)}.` : "";
  const gone = [...model.brokers.values()].filter(({ state }) => state === "lost");
  const loss = gone.length > 0 ? ` ${listed(gone.map(({ name }) => name))} was lost.` : "";
  return {
    kind: "dispatch",
    text: `waiting for tasks that were on their way.${lag}${loss}`,
    remedy: "Longer tasks make less of each way; on a slow network, a broker on each side of it " +
      "(several hosts with -b) keeps tasks near their workers.",
  };
}

/** Processor time of the origin that its tasks did not take. */
function ownMs({ model }: Evidence): number {
  const origin = [...model.workers.values()].find((worker) => worker.origin);
  if (origin === undefined) return 0;
  return Math.max(0, origin.cpuMs - origin.busyMs - origin.startCpuMs);
}

function withoutTasks(
  evidence: Evidence,
  { before, between, after }: { before: number; between: number; after: number },
): Found {
  const { account: { silentMs }, model, wallMs, workers } = evidence;
  const ms = before + between + after;
  const own = ownMs(evidence);
  const parts = [
    ["before the first task", before],
    ["between tasks", between],
    ["after the last task", after],
  ].flatMap(([when, spent]) =>
    Number(spent) > ms * 0.05 ? [`${duration(Number(spent) / workers)} ${when}`] : []
  );
  if (model.totals.retried > 0 && own < silentMs * 0.5 && between > ms * 0.5) {
    return {
      kind: "inVain",
      ms,
      text: `without any task to run: ${counted(model.totals.retried, "attempt")} failed, and ` +
        `before they were made again there was a pause (${duration(between / workers)} in all).`,
      remedy:
        "See why they fail; a pause can be made shorter (retries: { delay }), and with more " +
        "tasks at a time there is something else to do meanwhile.",
    };
  }
  const did = own > silentMs * 0.5
    ? `computed by itself on the origin (${duration(own)} of processor time)`
    : own < silentMs * 0.1
    ? "waited for something, such as a file, the network or a timer"
    : `was at work by itself (${duration(own)} of processor time)`;
  return {
    kind: "program",
    ms,
    text: `without any task to run: the program ${did} (${parts.join(", ")}, of ` +
      `${duration(wallMs)} in all).`,
    remedy: "Make tasks of what the program does by itself there, or let it spawn the next tasks " +
      "before it works on the results of the last ones.",
  };
}

function suspended(ms: number): Found {
  return {
    kind: "suspended",
    ms,
    text:
      "with tasks that had begun and waited for something that was no task: a lock, a message, " +
      "a timer.",
    remedy: "Look at what they await; spawn more of them, so that others run meanwhile.",
  };
}

function starting(evidence: Evidence, ms: number): Found {
  const { model, wallMs, from } = evidence;
  const all = [...model.workers.values()].sort((a, b) => a.joinedAt - b.joinedAt);
  const [first, last] = [all[0], all.at(-1)];
  const missing = Math.max(0, model.planned - all.length);
  const never = missing > 0 ? ` ${counted(missing, "worker")} never joined.` : "";
  const late = first === undefined || last === undefined
    ? "no worker joined."
    : last.joinedAt - first.joinedAt > 0.3 * (last.joinedAt - from) && all.length > 1
    ? `the first worker joined after ${duration(first.joinedAt - from)}, the last ` +
      `(${last.name} on ${last.host}) after ${duration(last.joinedAt - from)}, in a run of ` +
      `${duration(wallMs)}.`
    : `the workers joined ${duration(last.joinedAt - from)} after the start, in a run of ` +
      `${duration(wallMs)}.`;
  const ending = evidence.account.ms.ending / evidence.workers;
  const end = ending > wallMs * 0.1 ? ` Ending took ${duration(ending)}.` : "";
  return {
    kind: "starting",
    ms,
    text: `starting: ${late}${never}${end}`,
    remedy: "So short a run gains little by many workers: use fewer, or give one run more to do. " +
      "What the program does when it is imported, each worker does, too: move it into " +
      "`if (import.meta.main)`.",
  };
}

function lost({ model, from }: Evidence, ms: number): Found {
  const gone = [...model.workers.values()].filter(({ state }) => state === "lost");
  const each = gone.map(({ name, goneAt, reason }) =>
    `${name} after ${duration((goneAt ?? from) - from)}${reason === "" ? "" : ` (${reason})`}`
  );
  return {
    kind: "lost",
    ms,
    text:
      `on lost workers: ${counted(gone.length, "worker")} lost, ${listed(each)}; what they had ` +
      "begun ran again elsewhere, and their places were empty for a while.",
    remedy:
      "Find out why they ended: their last output, the system's log (memory), the task that " +
      "they had.",
  };
}

function largest(
  { model }: Evidence,
  of: (facts: { ran: number; bytesIn: number; bytesOut: number }) => number,
): string {
  const all = [...model.functions.values()];
  return all.reduce(
    (best, facts) => best === undefined || of(facts) > of(best) ? facts : best,
    all[0],
  )
    ?.label ?? "";
}

function sumOf(workers: Iterable<WorkerFacts>, of: (worker: WorkerFacts) => number): number {
  let sum = 0;
  for (const worker of workers) sum += of(worker);
  return sum;
}

/** What memory and failures have to say. */
export function otherNotes({ model }: Evidence): string[] {
  const notes: string[] = [];
  const { totals, series: { samples } } = model;
  if (totals.failed > 0) {
    const part = totals.failed / Math.max(1, totals.failed + totals.done);
    notes.push(`${counted(totals.failed, "task")} failed (${percent(part)} of all).`);
  }
  // Of each worker: that there are more of them is no growth.
  const each = samples.flatMap(({ rss, workers }) => workers > 0 ? [rss / workers] : []);
  const [early, most] = [each[Math.floor(each.length / 10)] ?? 0, Math.max(0, ...each)];
  if (most > 500e6 && most > early * 3) {
    notes.push(`Memory grew from ${bytes(early)} to ${bytes(most)} for each worker.`);
  }
  return notes;
}
