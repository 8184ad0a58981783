/**
 * A run as metrics, for Prometheus and whatever else reads its text or OpenMetrics.
 *
 * How many lines there are is bounded: functions beyond the first ones are counted together, and of
 * workers those are told that are there.
 *
 * @module
 */

import { Histogram, upperBound } from "./histogram.ts";
import type { FunctionFacts, RunModel } from "./run_model.ts";

/** In which of the two texts metrics are told. */
export type MetricsFormat = "openmetrics" | "prometheus";

/** The content type of each. */
export const METRICS_TYPE: Readonly<Record<MetricsFormat, string>> = {
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
};

/** What somebody wants who sends such an `Accept`: OpenMetrics is for those who ask for it. */
export function metricsFormatFor(accept: string | null): MetricsFormat {
  const wanted = (accept ?? "").split(",").some((range) => {
    const [type, ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    return type === "application/openmetrics-text" &&
      !parameters.some((p) => /^q=0(\.0*)?$/.test(p));
  });
  return wanted ? "openmetrics" : "prometheus";
}

/** Functions that are told apart, those that were known first. */
const MOST_FUNCTIONS = 50;
/** Workers and brokers that are told apart. */
const MOST_PROCESSES = 512;
/** Where what is beyond is counted. */
const OTHERS = "(others)";
/** Buckets of a histogram of ours for each that is told: four times as long is told apart. */
const BUCKETS_EACH = 8;
/** Buckets that are told: the last one ends at 19 hours. */
const TOLD_BUCKETS = 19;

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [value: number, labels?: Labels];

/** A family of metrics. */
interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge" | "info" | "histogram";
  readonly help: string;
  readonly samples: readonly Sample[];
  readonly histograms?: readonly { labels: Labels; histogram: Histogram; sumMs: number }[];
}

/** The text of a run's metrics at `now`, in milliseconds since 1970. */
export function metricsOf(
  model: RunModel,
  now: number,
  format: MetricsFormat = "openmetrics",
): string {
  const functions = functionsOf(model);
  const families = [
    ...runFamilies(model, now),
    ...taskFamilies(functions),
    ...workerFamilies(model),
    ...brokerFamilies(model),
  ];
  const lines = families.flatMap((family) => linesOf(family, format));
  return lines.join("\n") + (format === "openmetrics" ? "\n# EOF\n" : "\n");
}

function linesOf(
  { name, type, help, samples, histograms }: Family,
  format: MetricsFormat,
): string[] {
  if (samples.length === 0 && !histograms?.length) return [];
  const suffix = type === "counter" ? "_total" : type === "info" ? "_info" : "";
  const isOpen = format === "openmetrics";
  const told = isOpen ? name : name + suffix;
  return [
    `# HELP ${told} ${help}`,
    `# TYPE ${told} ${!isOpen && type === "info" ? "gauge" : type}`,
    ...samples.map(([value, labels]) => lineOf(name + suffix, labels ?? {}, value)),
    ...(histograms ?? []).flatMap((each) => histogramLines(name, each)),
  ];
}

function histogramLines(
  name: string,
  { labels, histogram, sumMs }: { labels: Labels; histogram: Histogram; sumMs: number },
): string[] {
  const lines: string[] = [];
  let sum = 0;
  for (let i = 0, next = 0; i < TOLD_BUCKETS; i++) {
    const last = i * BUCKETS_EACH;
    for (; next <= last; next++) sum += histogram.counts[next] ?? 0;
    const le = canonical(upperBound(last) / 1_000);
    lines.push(lineOf(`${name}_bucket`, { ...labels, le }, sum));
  }
  lines.push(lineOf(`${name}_bucket`, { ...labels, le: "+Inf" }, histogram.total));
  lines.push(lineOf(`${name}_count`, labels, histogram.total));
  lines.push(lineOf(`${name}_sum`, labels, sumMs / 1_000));
  return lines;
}

/** A bound as OpenMetrics wants it written: an exponent has two digits at least. */
function canonical(value: number): string {
  const exact = Number(value.toPrecision(12));
  if (exact >= 1e-4) return Number.isInteger(exact) ? exact.toFixed(1) : String(exact);
  return exact.toExponential().replace(/e-(\d)$/, "e-0$1");
}

function lineOf(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}`;
}

function escaped(text: string): string {
  return text.toWellFormed().replaceAll("\\", "\\\\").replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}

function runFamilies(model: RunModel, now: number): Family[] {
  const { state, startedAt, program, planned, totals } = model;
  const end = state.kind === "ended" ? state.at : now;
  const gauge = (name: string, help: string, value: number): Family => ({
    name: `scoop_${name}`,
    type: "gauge",
    help,
    samples: [[value]],
  });
  return [
    {
      name: "scoop_run",
      type: "info",
      help: "The program, and how its run stands: starting, running or ended.",
      samples: [[1, { program, state: state.kind }]],
    },
    gauge(
      "run_start_time_seconds",
      "When the run began, in seconds since 1970.",
      startedAt / 1_000,
    ),
    gauge(
      "run_duration_seconds",
      "How long the run has taken.",
      startedAt > 0 ? Math.max(0, end - startedAt) / 1_000 : 0,
    ),
    gauge("workers_planned", "Workers that the run should have.", planned),
    gauge("tasks_outstanding", "Tasks that are known and have no outcome yet.", model.outstanding),
    gauge("task_max_seconds", "The longest that a task has taken.", totals.maxMs / 1_000),
  ];
}

/** The functions that are told apart, and all others as one. */
function functionsOf(model: RunModel): FunctionFacts[][] {
  const all = [...model.functions.values()];
  const first = all.slice(0, MOST_FUNCTIONS).filter(({ label }) => label !== OTHERS);
  const rest = all.filter((facts) => !first.includes(facts));
  return [...first.map((facts) => [facts]), ...(rest.length > 0 ? [rest] : [])];
}

function taskFamilies(functions: readonly (readonly FunctionFacts[])[]): Family[] {
  const labelled = functions.map((all) => ({
    all,
    labels: { function: all.length === 1 ? all[0]!.label : OTHERS },
  }));
  const counter = (name: string, help: string, of: (facts: FunctionFacts) => number): Family => ({
    name: `scoop_${name}`,
    type: "counter",
    help,
    samples: labelled.map(({ all, labels }) => [all.reduce((sum, f) => sum + of(f), 0), labels]),
  });
  return [
    counter("tasks_spawned", "Tasks that are known.", (f) => f.spawned),
    counter("tasks_done", "Tasks that have returned.", (f) => f.done),
    counter("tasks_failed", "Tasks that have failed.", (f) => f.failed),
    counter(
      "tasks_retried",
      "Attempts that were made again, since a task threw.",
      (f) => f.retried,
    ),
    counter("tasks_dropped", "Tasks that were cancelled or given up.", (f) => f.dropped),
    counter("tasks_run", "Attempts that were made, wherever that was.", (f) => f.ran),
    counter("tasks_thrown", "Attempts that threw, or took too long.", (f) => f.threw),
    counter("sent_bytes", "Arguments and results sent to other processes.", (f) => f.bytesOut),
    counter("received_bytes", "Arguments and results from other processes.", (f) => f.bytesIn),
    durations(
      "task_run_seconds",
      "How long tasks held a processor.",
      labelled,
      (f) => f.run,
      (f) => f.ms,
    ),
    durations(
      "task_wait_seconds",
      "How long a sample of the tasks waited from being spawned to beginning.",
      labelled,
      (f) => f.wait,
      (f) => f.wait.sum,
    ),
  ];
}

function durations(
  name: string,
  help: string,
  labelled: readonly { all: readonly FunctionFacts[]; labels: Labels }[],
  of: (facts: FunctionFacts) => Histogram,
  sumOf: (facts: FunctionFacts) => number,
): Family {
  const histograms = labelled.map(({ all, labels }) => ({
    labels,
    histogram: joined(all.map(of)),
    sumMs: all.reduce((sum, facts) => sum + sumOf(facts), 0),
  }));
  return { name: `scoop_${name}`, type: "histogram", help, samples: [], histograms };
}

function joined(histograms: readonly Histogram[]): Histogram {
  const [first] = histograms;
  if (histograms.length === 1) return first!;
  const sum = new Histogram();
  for (const histogram of histograms) sum.addPairs(histogram.pairs());
  return sum;
}

function workerFamilies(model: RunModel): Family[] {
  const all = [...model.workers.values()];
  const there = all.filter(({ state }) => state === "joined").slice(0, MOST_PROCESSES);
  const each = (of: (worker: typeof all[number]) => number): Sample[] =>
    there.map((worker) => [of(worker), {
      worker: worker.name,
      host: worker.host,
      broker: worker.broker,
    }]);
  const gauge = (name: string, help: string, samples: Sample[]): Family => ({
    name: `scoop_${name}`,
    type: "gauge",
    help,
    samples,
  });
  const sum = (of: (worker: typeof all[number]) => number) =>
    all.reduce((all, worker) => all + of(worker), 0);
  const lost = all.filter(({ state }) => state === "lost").length;
  return [
    gauge("workers", "Workers that are there.", [[all.filter((w) => w.state === "joined").length]]),
    { ...gauge("workers_lost", "Workers that were lost.", [[lost]]), type: "counter" },
    {
      ...gauge("busy_seconds", "Time in which tasks held processors.", [[
        sum((w) => w.busyMs) / 1e3,
      ]]),
      type: "counter",
    },
    {
      ...gauge("cpu_seconds", "Processor time of all workers.", [[sum((w) => w.cpuMs) / 1e3]]),
      type: "counter",
    },
    gauge(
      "worker_busy_ratio",
      "The share of its time in which tasks held it.",
      each((w) => w.busy),
    ),
    gauge("worker_memory_bytes", "Memory of its process.", each((w) => w.rss)),
    gauge("worker_lag_seconds", "How late its event loop was.", each((w) => w.lagMs / 1_000)),
    gauge("worker_running_tasks", "Tasks that it has begun.", each((w) => w.running)),
    gauge("worker_queued_tasks", "Tasks that wait in it.", each((w) => w.queued)),
  ];
}

function brokerFamilies(model: RunModel): Family[] {
  const there = [...model.brokers.values()].filter(({ state }) => state === "there")
    .slice(0, MOST_PROCESSES);
  const family = (
    name: string,
    type: "gauge" | "counter",
    help: string,
    of: (broker: typeof there[number]) => number,
  ): Family => ({
    name: `scoop_broker_${name}`,
    type,
    help,
    samples: there.map((broker) => [of(broker), { broker: broker.name }]),
  });
  return [
    family("workers", "gauge", "Its workers.", (b) => b.workers),
    family("queued_bundles", "gauge", "Bundles that wait in it.", (b) => b.queuedBundles),
    family("lag_seconds", "gauge", "How late its event loop was.", (b) => b.lagMs / 1_000),
    family("memory_bytes", "gauge", "Memory of its process.", (b) => b.rss),
    family("given_bundles", "counter", "Bundles that it gave to workers.", (b) => b.given),
    family("lent_bundles", "counter", "Bundles that it gave to other brokers.", (b) => b.lent),
  ];
}
