/**
 * Whatever shows a run: it takes in the run's events, and has them shown on the terminal, on the
 * dashboard, in the log's last lines, and in the files of `--profile`.
 *
 * @module
 */

import type { RunEvent } from "../telemetry/events.ts";
import { getLogger } from "../telemetry/logging.ts";
import { RunModel } from "../telemetry/run_model.ts";
import { statsOf } from "../telemetry/stats.ts";
import type { RunStats } from "../telemetry/stats.ts";
import { summaryLines } from "../telemetry/summary.ts";
import type { Dashboard } from "../telemetry/dashboard/serve.ts";
import { LIMITS } from "../wire/limits.ts";
import { setInterval, setTimeout } from "../wire/timers.ts";
import type { DashboardAddress } from "./dashboard_option.ts";
import type { Output } from "./output.ts";
import { profileFiles } from "./profile_folder.ts";
import type { Screen } from "./screen.ts";

/** What is to be shown, and where. */
export interface ObservationOptions {
  readonly program: string;
  /** Workers planned. */
  readonly workers: number;
  readonly dashboard: DashboardAddress | undefined;
  /** The folder for the trace and the report. */
  readonly profile: string | undefined;
  /** Whether to tell how far the run has come; undefined to decide by what stderr is. */
  readonly progress: boolean | undefined;
  readonly verbosity: number;
  readonly stderr: Output;
  /** The terminal, if stderr is one. */
  readonly screen: Screen | undefined;
}

/** See the module's text. */
export interface Observation {
  readonly model: RunModel;
  /** Whether each stretch of work is to be told. */
  readonly watched: boolean;
  /** Takes in what has happened. */
  onEvent(event: RunEvent): void;
  /** How the run stands. */
  stats(): Promise<RunStats>;
  /** The run is over: whatever there is to be told of it is told. */
  end(code: number, reason: string): Promise<void>;
}

/**
 * Begins to show a run.
 *
 * @throws {Error} when the dashboard cannot be served; the message says why
 */
export async function observe(options: ObservationOptions): Promise<Observation> {
  const { dashboard: address, profile, program, workers } = options;
  const blocks = profile !== undefined
    ? LIMITS.profiledBlocks
    : address !== undefined
    ? LIMITS.shownBlocks
    : 0;
  const model = new RunModel({ blocks });
  model.receive({ kind: "started", at: Date.now(), program, workers });
  const dashboard = address && await serve(address, model, options.stderr);
  const sampling = setInterval(() => {
    model.sample(Date.now());
    dashboard?.changed();
  }, LIMITS.sampleMs);
  Deno.unrefTimer(sampling);
  const progress = showProgress(model, options);
  return {
    model,
    watched: blocks > 0,
    onEvent(event) {
      model.receive(event);
      dashboard?.changed();
    },
    stats: () => Promise.resolve(statsOf(model, Date.now())),
    async end(code, reason) {
      clearInterval(sampling);
      await progress.stop();
      model.receive({ kind: "ended", at: Date.now(), code, reason });
      if (options.verbosity > 0) tellSummary(model);
      if (profile !== undefined) await writeProfile(profile, model);
      await dashboard?.end();
      await options.stderr.flush();
    },
  };
}

async function serve(
  { host, port, anyPort }: DashboardAddress,
  model: RunModel,
  stderr: Output,
): Promise<Dashboard> {
  // Loaded when it is needed, as all that few runs need.
  const { serveDashboard } = await import("../telemetry/dashboard/serve.ts");
  const { metricsOf, metricsFormatFor, METRICS_TYPE } = await import("../telemetry/metrics.ts");
  const metrics = (request: Request) => {
    const format = metricsFormatFor(request.headers.get("accept"));
    const text = metricsOf(model, Date.now(), format);
    return new Response(text, { headers: { "content-type": METRICS_TYPE[format] } });
  };
  const pages = { "/metrics": metrics };
  const dashboard = serveDashboard({ model, host, port, anyPort, pages });
  const text = `scoop: the dashboard is at ${dashboard.url}\n`;
  void stderr.write(new TextEncoder().encode(text), dashboard);
  return dashboard;
}

/** On a terminal, a few lines that change; in a log, a line now and then. */
function showProgress(
  model: RunModel,
  { progress, verbosity, screen }: ObservationOptions,
): { stop(): Promise<void> } {
  if (progress === false || verbosity < 0) return { async stop() {} };
  // Loaded when it is needed: most runs are over before.
  const lines = () => import("../telemetry/progress.ts");
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;
  const every = (milliseconds: number, afterMs: number, show: () => Promise<void>) => {
    const next = async () => {
      try {
        if (model.totals.spawned > 0) await show();
      } catch (error) {
        // The run goes on as well without it.
        return getLogger("progress").debug("there is no progress to see: {error}", { error });
      }
      if (!stopped) wait(milliseconds);
    };
    const wait = (milliseconds: number) => {
      timer = setTimeout(next, milliseconds);
      Deno.unrefTimer(timer);
    };
    wait(afterMs);
  };
  if (screen !== undefined) {
    every(LIMITS.progressMs, LIMITS.progressAfterMs, async () => {
      const { progressLines, widthOf } = await lines();
      if (!stopped) await screen.draw(progressLines(model, Date.now()), widthOf);
    });
  } else if (progress || verbosity > 0) {
    const log = getLogger("progress");
    every(LIMITS.progressLineMs, LIMITS.progressLineMs, async () => {
      const { progressText } = await lines();
      // Whoever has asked for it sees it without -v, too.
      const level = progress ? "warning" : "info";
      if (!stopped) log[level]("{text}", { text: progressText(model, Date.now()) });
    });
  }
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await screen?.clear();
    },
  };
}

function tellSummary(model: RunModel): void {
  const log = getLogger("launch");
  for (const text of summaryLines(statsOf(model, Date.now()))) log.info("{text}", { text });
}

/** Writes the trace and the report. What goes wrong is told, and does not fail the run. */
async function writeProfile(folder: string, model: RunModel): Promise<void> {
  const log = getLogger("launch");
  try {
    const [{ traceOf }, { reportOf }] = await Promise.all([
      import("../telemetry/trace.ts"),
      import("../telemetry/report/report.ts"),
    ]);
    const [traceFile, reportFile] = profileFiles(folder);
    const trace = await Deno.open(traceFile, {
      write: true,
      create: true,
      truncate: true,
    });
    await ReadableStream.from(traceOf(model)).pipeThrough(new TextEncoderStream())
      .pipeTo(trace.writable);
    await Deno.writeTextFile(reportFile, reportOf(model));
    log.info("wrote {reportFile}, and {traceFile} for ui.perfetto.dev", { reportFile, traceFile });
  } catch (error) {
    log.warning("cannot write the report to {folder}: {error}", { folder, error });
  }
}
