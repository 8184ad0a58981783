/**
 * A run as a trace for ui.perfetto.dev (or chrome://tracing), in the JSON of Chrome's trace events: a
 * process for each host, a thread for each worker, a slice for each block, arrows from tasks to those
 * that they spawned, and curves of what waited and of memory.
 *
 * Slices of one thread may lie in each other but not overlap otherwise, as tasks that wait do. Such
 * a block is an asynchronous slice, and a short one on its thread shows where it began, from which
 * its arrows leave.
 *
 * @module
 */

import type { PlacedBlock, RunModel, WorkerFacts } from "./run_model.ts";

/** An event of the format; times are in microseconds since the run began. */
interface TraceEvent {
  readonly ph: "M" | "X" | "b" | "e" | "s" | "f" | "C" | "i";
  readonly pid: number;
  readonly tid?: number;
  readonly ts: number;
  readonly name: string;
  readonly cat?: string;
  readonly dur?: number;
  readonly id?: number;
  readonly bp?: "e";
  readonly s?: "g" | "t";
  readonly args?: Readonly<Record<string, unknown>>;
}

/** The process of what concerns all hosts. */
const RUN = 1;
/** Events in one piece of text. */
const CHUNK = 500;
/** The least that a slice takes, for an arrow to have something to leave from, in microseconds. */
const LEAST_US = 1;

/** The text of a trace, in pieces: all of it may be some hundred megabytes. */
export function* traceOf(model: RunModel): Generator<string, void, undefined> {
  const places = placesOf(model);
  const facts = {
    displayTimeUnit: "ms",
    otherData: { program: model.program, began: isoOf(model.startedAt) },
  };
  yield `${JSON.stringify(facts).slice(0, -1)},"traceEvents":[\n`;
  let pieces: string[] = [];
  let isFirst = true;
  for (const events of [namesOf(model, places), eventsOf(model, places)]) {
    for (const event of events) {
      pieces.push(JSON.stringify(event));
      if (pieces.length < CHUNK) continue;
      yield (isFirst ? "" : ",\n") + pieces.join(",\n");
      [pieces, isFirst] = [[], false];
    }
  }
  if (pieces.length > 0) yield (isFirst ? "" : ",\n") + pieces.join(",\n");
  yield "\n]}\n";
}

function isoOf(at: number): string {
  return at > 0 && at < 8.64e15 ? new Date(at).toISOString() : "";
}

/** Where a worker is shown. */
interface Place {
  readonly pid: number;
  readonly tid: number;
}

interface Places {
  readonly begin: number;
  readonly hosts: ReadonlyMap<string, number>;
  readonly workers: ReadonlyMap<string, Place>;
}

function placesOf(model: RunModel): Places {
  const hosts = new Map<string, number>();
  const workers = new Map<string, Place>();
  const add = (name: string, host: string) => {
    if (!hosts.has(host)) hosts.set(host, RUN + 1 + hosts.size);
    workers.set(name, { pid: hosts.get(host)!, tid: workers.size + 1 });
  };
  for (const { name, host } of model.workers.values()) add(name, host);
  let begin = model.startedAt || Infinity;
  for (const { worker, from } of model.blocks) {
    if (!workers.has(worker)) add(worker, "");
    // Clocks may say that something began before the run.
    if (model.startedAt === 0) begin = Math.min(begin, from);
  }
  return { begin: Number.isFinite(begin) ? begin : 0, hosts, workers };
}

/** A time in microseconds, to a tenth. */
function usOf(places: Places, at: number): number {
  return Math.max(0, Math.round((at - places.begin) * 10_000) / 10);
}

/** What everything is called. */
function* namesOf(model: RunModel, { hosts, workers }: Places): Generator<TraceEvent> {
  const meta = (pid: number, tid: number, name: string, args: Record<string, unknown>) =>
    ({ ph: "M", pid, tid, ts: 0, name, args }) as const;
  yield meta(RUN, 0, "process_name", { name: `run of ${model.program || "a program"}` });
  yield meta(RUN, 0, "process_sort_index", { sort_index: 0 });
  for (const [host, pid] of hosts) {
    yield meta(pid, 0, "process_name", { name: host || "(unknown host)" });
    yield meta(pid, 0, "process_sort_index", { sort_index: pid });
  }
  for (const [name, { pid, tid }] of workers) {
    const process = model.workers.get(name)?.pid ?? 0;
    const shown = process > 0 ? `${name} (pid ${process})` : name;
    yield meta(pid, tid, "thread_name", { name: shown });
    yield meta(pid, tid, "thread_sort_index", { sort_index: tid });
  }
}

/** Everything that has a time, in its order. */
function eventsOf(model: RunModel, places: Places): TraceEvent[] {
  const events: TraceEvent[] = [];
  const stems = new Map<string, TraceEvent>();
  for (const [worker, blocks] of Map.groupBy(model.blocks, ({ worker }) => worker)) {
    slicesOf(blocks, places.workers.get(worker)!, places, (event, block) => {
      events.push(event);
      if (event.ph === "X") stems.set(`${worker}:${block.id}`, event);
    });
  }
  arrows(model.blocks, stems, events);
  for (const worker of model.workers.values()) losses(worker, places, events);
  curves(model, places, events);
  // Of those at one time, what ends comes before what begins.
  const rank = ({ ph }: TraceEvent) => ph === "e" ? 0 : ph === "s" || ph === "f" ? 2 : 1;
  return events.sort((a, b) => a.ts - b.ts || rank(a) - rank(b) || (b.dur ?? 0) - (a.dur ?? 0));
}

/** The slices of one worker. */
function slicesOf(
  blocks: readonly PlacedBlock[],
  place: Place,
  places: Places,
  add: (event: TraceEvent, block: PlacedBlock) => void,
): void {
  const sorted = [...blocks].sort((a, b) => a.from - b.from || b.to - a.to);
  let until = 0;
  sorted.forEach((block, i) => {
    const ts = usOf(places, block.from);
    const end = Math.max(ts, usOf(places, block.to));
    const next = i + 1 < sorted.length ? usOf(places, sorted[i + 1]!.from) : Infinity;
    const isApart = ts >= until && end <= next;
    const common = { ...place, name: block.label || "(no name)", cat: "task" };
    const args = argsOf(block);
    if (isApart) {
      until = end;
      return add({ ph: "X", ...common, ts, dur: round(end - ts), args }, block);
    }
    // The number of a block is its own worker's.
    const id = place.tid * 1e9 + block.id;
    add({ ph: "b", ...common, ts, id, args }, block);
    add({ ph: "e", ...common, ts: Math.max(end, ts + LEAST_US), id }, block);
    // Where it began, unless something else was there.
    const stem = Math.min(end, next, ts + Math.max(LEAST_US, block.ms * 1_000));
    if (ts < until) return;
    until = stem;
    add({ ph: "X", ...common, ts, dur: round(stem - ts), args: { ...args, waited: true } }, block);
  });
}

function round(us: number): number {
  return Math.round(us * 10) / 10;
}

function argsOf({ tasks, failed, ms, inputs, waitMs }: PlacedBlock): Record<string, unknown> {
  return {
    tasks,
    "held the processor (ms)": Math.round(ms * 1_000) / 1_000,
    ...(failed > 0 ? { failed } : {}),
    ...(inputs === "" ? {} : { inputs }),
    ...(waitMs === undefined ? {} : { "waited before (ms)": Math.round(waitMs * 1_000) / 1_000 }),
  };
}

/** From each block to those that were spawned in it. */
function arrows(
  blocks: readonly PlacedBlock[],
  stems: ReadonlyMap<string, TraceEvent>,
  events: TraceEvent[],
): void {
  let last = 0;
  for (const { worker, id: block, parent } of blocks) {
    const [from, to] = [stems.get(parent), stems.get(`${worker}:${block}`)];
    // An arrow that leads back comes from clocks that disagree.
    if (from === undefined || to === undefined || from === to || from.ts > to.ts) continue;
    const id = ++last;
    // A slice's end is not in it.
    const at = Math.max(from.ts, Math.min(to.ts, round(from.ts + from.dur! - 0.1)));
    const common = { name: "spawned", cat: "spawned", id };
    events.push({ ph: "s", ...common, pid: from.pid, tid: from.tid!, ts: at });
    events.push({ ph: "f", bp: "e", ...common, pid: to.pid, tid: to.tid!, ts: to.ts });
  }
}

/** What has become of workers. */
function losses(
  { name, state, goneAt, reason, replacedBy }: WorkerFacts,
  places: Places,
  events: TraceEvent[],
): void {
  if (state !== "lost" || goneAt === undefined) return;
  const place = places.workers.get(name)!;
  const by = replacedBy === "" ? "" : `, ${replacedBy} replaces it`;
  const shown = `${name} was lost`;
  const args = { reason: reason + by };
  events.push({
    ph: "i",
    ...place,
    s: "t",
    ts: usOf(places, goneAt),
    name: shown,
    cat: "loss",
    args,
  });
}

/** What is known of all of the run, over its time. */
function curves({ series, happenings }: RunModel, places: Places, events: TraceEvent[]): void {
  for (const { at, queued, busy, rss } of series.samples) {
    const ts = usOf(places, at);
    const curve = (name: string, args: Record<string, number>) =>
      events.push({ ph: "C", pid: RUN, ts, name, args });
    curve("tasks without an outcome", { tasks: queued });
    curve("busy workers", { workers: Math.round(busy * 100) / 100 });
    curve("memory (MB)", { MB: Math.round(rss / 1e4) / 100 });
  }
  for (const { at, kind, text } of happenings) {
    if (kind === "joined" || kind === "left") continue;
    events.push({ ph: "i", pid: RUN, tid: 0, s: "g", ts: usOf(places, at), name: text, cat: kind });
  }
}
