/**
 * A dashboard of a run that is played while the test looks at it.
 *
 * @module
 */

import { serveDashboard } from "../../telemetry/dashboard/serve.ts";
import type { Dashboard } from "../../telemetry/dashboard/serve.ts";
import { RunModel } from "../../telemetry/run_model.ts";
import type { RunEvent } from "../../telemetry/events.ts";
import { LIMITS } from "../../wire/limits.ts";
import { playedRun } from "../telemetry/played_run.ts";
import type { Play } from "../telemetry/played_run.ts";

/** What is looked at. */
export interface Playing {
  readonly url: string;
  readonly model: RunModel;
  readonly dashboard: Dashboard;
  /** Lets something happen besides. */
  tell(event: RunEvent): void;
  /** Resolved when all has been played. */
  readonly played: Promise<void>;
}

/**
 * Plays while a test runs.
 *
 * @param ago how many milliseconds of it are past at once
 * @param port 0 for any
 */
export async function whilePlaying(
  play: Play,
  test: (playing: Playing) => Promise<void>,
  { ago = 0, port = 0 } = {},
): Promise<void> {
  const model = new RunModel({ blocks: 20_000 });
  const dashboard = serveDashboard({ model, port });
  const stop = new AbortController();
  const tell = (event: RunEvent) => {
    model.receive(event);
    dashboard.changed();
  };
  const played = playOn(play, Date.now() - ago, model, tell, stop.signal);
  try {
    await test({ url: dashboard.url, model, dashboard, tell, played });
  } finally {
    stop.abort();
    await played;
    await dashboard.end();
  }
}

async function playOn(
  play: Play,
  startedAt: number,
  model: RunModel,
  tell: (event: RunEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  let sampledAt = 0;
  for (const event of playedRun({ ...play, startedAt })) {
    while (event.at > Date.now() && !signal.aborted) {
      await new Promise((done) => setTimeout(done, 20));
    }
    if (signal.aborted) return;
    if (event.at - sampledAt >= LIMITS.sampleMs) model.sample(sampledAt = event.at);
    tell(event);
  }
}
